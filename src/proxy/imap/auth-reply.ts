import type { ByteString } from '../../../grammar/bytes.js';
import type { AuthAnswer } from '../../auth/answer.js';
import type { AuthFailCode, LoginClient } from '../login-client.js';

const AUTH_FAILED = 'Authentication failed.';

/** `YYYY-MM-DD HH:MM:SS` in local time. */
function timestamp(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** How a failed authentication is told to an IMAP client, and remembered for the log. */
export interface AuthRefusal {
  readonly text: ByteString;
  readonly code: AuthFailCode;
}

function withAlert(reason: ByteString): ByteString {
  return reason.startsWith('[') ? `NO ${reason}` : `NO [ALERT] ${reason}`;
}

/** Dovecot client-common-auth.c client_auth_handle_reply, imap-login/client-authenticate.c */
export function refusalOf(answer: AuthAnswer, client: LoginClient): AuthRefusal {
  const reason = answer.fields.find((field) => field.name === 'reason')?.value ?? null;
  if (answer.result === 'tempfail' || answer.code === 'temp_fail') {
    const { hostname } = client.environment;
    const when = `[${hostname}:${timestamp(client.environment.now())}]`;
    return { text: `NO [UNAVAILABLE] Temporary authentication failure. ${when}`, code: 'temp_fail' };
  }
  switch (answer.code) {
    case 'authz_fail':
      return {
        text: `NO [AUTHORIZATIONFAILED] ${reason ?? 'Authorization failed'}`,
        code: 'authorization_failed',
      };
    case 'pass_expired':
      return { text: `NO [EXPIRED] ${reason ?? AUTH_FAILED}`, code: 'password_expired' };
    case 'user_disabled':
    case null: {
      const text = reason === null ? `NO [AUTHENTICATIONFAILED] ${AUTH_FAILED}` : withAlert(reason);
      return { text, code: answer.code === null ? 'none' : 'user_disabled' };
    }
  }
}
