import type { ByteString } from '../../../grammar/bytes.js';
import type { Referral } from '../login-attempt.js';
import type { ProxyFailureClass } from '../login-decision.js';
import type { LoginResult } from '../login-result.js';
import { formatAuthority, parseAuthority } from '../referral-authority.js';

/** The answer to a login that is refused. Dovecot pop3-login/client-authenticate.c pop3_client_auth_result */
export function loginRefusal(result: LoginResult, text: ByteString): ByteString {
  switch (result) {
    case 'temp_fail':
      return `-ERR [SYS/TEMP] ${text}`;
    case 'aborted':
      return `-ERR ${text}`;
    case 'auth_failed':
    case 'auth_failed_reason':
    case 'authz_failed':
    case 'pass_expired':
    case 'ssl_required':
    case 'mech_invalid':
    case 'mech_ssl_required':
    case 'login_disabled':
    case 'invalid_base64':
      return text.startsWith('[') ? `-ERR ${text}` : `-ERR [AUTH] ${text}`;
  }
}

const UNAVAILABLE = 'Account is temporarily unavailable.';

/** The answer to a proxied login that failed; null where the backend's own words were sent. Dovecot pop3-proxy.c */
export function proxyRefusal(failure: ProxyFailureClass, reason: ByteString): ByteString | null {
  switch (failure) {
    case 'connect':
    case 'internal':
    case 'remote':
    case 'protocol':
    case 'auth_redirect':
      return `-ERR [SYS/TEMP] ${UNAVAILABLE}`;
    case 'internal_config':
    case 'remote_config':
      return `-ERR ${UNAVAILABLE}`;
    case 'auth_tempfail':
      return `-ERR ${reason}`;
    case 'auth':
      return null;
  }
}

/** 2.4 only; 2.3 shows the reason alone. Dovecot 2.4.1 pop3-login/client-authenticate.c pop3_client_send_referral */
export function referralReply({ user, host, port }: Referral): ByteString {
  return `-ERR [REFERRAL/${formatAuthority(user, host, port)}] Referral`;
}

/** `user@host[:port]` from a backend's `[REFERRAL/...]`; null where it is none that can be followed. */
export function parseReferral(text: ByteString): ByteString | null {
  if (!text.startsWith('[REFERRAL/')) return null;
  const authority = parseAuthority(text.slice('[REFERRAL/'.length));
  return authority?.rest.startsWith(']') === true ? authority.target : null;
}
