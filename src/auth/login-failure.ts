import { createHash } from 'node:crypto';
import type { ByteString } from '../../grammar/bytes.js';
import type { WalkState } from './walk-state.js';

/** Dovecot auth-request.c: auth_request_append_password */
const DEFAULT_PASSWORD_LENGTH = 1024;

/** Logs `unknown user` or `Password mismatch`, with the given password where auth_verbose_passwords wants it. */
export function logLoginFailure(state: WalkState, message: ByteString): void {
  const [kind = '', most] = state.settings.verbosePasswords.split(':');
  if (kind === '' || kind === 'no') {
    state.log('info', message);
    return;
  }
  const given = state.request.mode === 'verify' ? state.request.password : null;
  const trying = state.hasNextPassdb ? ' - trying the next passdb' : '';
  const text = `${message} ${given === null ? '' : shown(given, kind, most)}${trying}`;
  // Dovecot auth-request.c: auth_request_log_login_failure, "make sure this gets logged"
  state.record({ level: 'info', text, scope: 'passdb', forced: true });
}

function shown(given: ByteString, kind: string, most: string | undefined): ByteString {
  const length = most === undefined ? DEFAULT_PASSWORD_LENGTH : Number(most);
  if (kind === 'plain') return `(given password: ${given.slice(0, length)})`;
  const sha1 = createHash('sha1').update(given, 'latin1').digest('hex');
  return `(SHA1 of given password: ${sha1.slice(0, length)})`;
}
