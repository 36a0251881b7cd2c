import type { ByteString } from '../../../grammar/bytes.js';
import type { ProxyFailureClass } from '../login-decision.js';
import type { LoginResult } from '../login-result.js';

/** The tagged answer to a login that is refused. Dovecot imap-login/client-authenticate.c imap_client_auth_result */
export function loginRefusal(result: LoginResult, text: ByteString): ByteString {
  switch (result) {
    case 'aborted':
    case 'invalid_base64':
      return `BAD ${text}`;
    case 'auth_failed':
      return `NO [AUTHENTICATIONFAILED] ${text}`;
    case 'auth_failed_reason':
    case 'mech_invalid':
      return text.startsWith('[') ? `NO ${text}` : `NO [ALERT] ${text}`;
    case 'authz_failed':
      return `NO [AUTHORIZATIONFAILED] ${text}`;
    case 'temp_fail':
      return `NO [UNAVAILABLE] ${text}`;
    case 'pass_expired':
      return `NO [EXPIRED] ${text}`;
    case 'ssl_required':
    case 'mech_ssl_required':
      return `NO [PRIVACYREQUIRED] ${text}`;
    case 'login_disabled':
      return `NO [CONTACTADMIN] ${text}`;
  }
}

const TEXT = 'Account is temporarily unavailable.';

/** The tagged answer to a proxied login that failed; null where the backend's own words were sent. Dovecot imap-proxy.c */
export function proxyRefusal(failure: ProxyFailureClass, reason: ByteString): ByteString | null {
  switch (failure) {
    case 'connect':
    case 'internal':
    case 'remote':
    case 'protocol':
    case 'auth_redirect':
      return `NO [UNAVAILABLE] ${TEXT}`;
    case 'internal_config':
    case 'remote_config':
      return `NO [SERVERBUG] ${TEXT}`;
    case 'auth_tempfail':
      return `NO ${reason}`;
    case 'auth':
      return null;
  }
}
