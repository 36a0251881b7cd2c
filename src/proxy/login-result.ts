import type { ByteString } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import type { AuthFailCode, LoginClient } from './login-client.js';

/** What a client is told about a login that never reached a backend; each protocol has its words for them. */
export type LoginResult =
  | 'aborted'
  | 'auth_failed'
  /** With the passdb's own words. */
  | 'auth_failed_reason'
  | 'authz_failed'
  | 'temp_fail'
  | 'pass_expired'
  | 'ssl_required'
  | 'mech_invalid'
  | 'mech_ssl_required'
  | 'login_disabled'
  | 'invalid_base64';

const AUTH_FAILED = 'Authentication failed.';

/** `YYYY-MM-DD HH:MM:SS` in local time. */
function timestamp(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** How a failed authentication is told to a client, and remembered for the log. */
export interface AuthRefusal {
  readonly result: LoginResult;
  readonly text: ByteString;
  readonly code: AuthFailCode;
}

/** Dovecot client-common-auth.c client_auth_handle_reply */
export function refusalOf(answer: AuthAnswer, client: LoginClient): AuthRefusal {
  const reason = answer.fields.find((field) => field.name === 'reason')?.value ?? null;
  if (answer.result === 'tempfail' || answer.code === 'temp_fail') {
    const { hostname } = client.environment;
    const when = `[${hostname}:${timestamp(client.environment.now())}]`;
    return { result: 'temp_fail', text: `Temporary authentication failure. ${when}`, code: 'temp_fail' };
  }
  switch (answer.code) {
    case 'authz_fail':
      return {
        result: 'authz_failed',
        text: reason ?? 'Authorization failed',
        code: 'authorization_failed',
      };
    case 'pass_expired':
      return { result: 'pass_expired', text: reason ?? AUTH_FAILED, code: 'password_expired' };
    case 'user_disabled':
    case null: {
      const code = answer.code === null ? 'none' : 'user_disabled';
      if (reason === null) return { result: 'auth_failed', text: AUTH_FAILED, code };
      return { result: 'auth_failed_reason', text: reason, code };
    }
  }
}
