import type { ByteString } from '../../../grammar/bytes.js';
import type { Referral } from '../login-attempt.js';
import type { LoginClient } from '../login-client.js';
import type { ProxyFailureClass } from '../login-decision.js';
import type { LoginResult } from '../login-result.js';
import { formatAuthority, parseAuthority } from '../referral-authority.js';
import { sieveString } from './arguments.js';

export function no(text: ByteString, code: ByteString | null = null): ByteString {
  return `NO ${code === null ? '' : `(${code}) `}${sieveString(text)}`;
}

/** The answer to a login that is refused. Dovecot pigeonhole managesieve-login/client-authenticate.c */
export function loginRefusal(result: LoginResult, text: ByteString): ByteString {
  switch (result) {
    case 'temp_fail':
      return no(text, 'TRYLATER');
    case 'ssl_required':
      return no(text, 'ENCRYPT-NEEDED');
    case 'aborted':
    case 'auth_failed':
    case 'auth_failed_reason':
    case 'authz_failed':
    case 'pass_expired':
    case 'mech_invalid':
    case 'mech_ssl_required':
    case 'login_disabled':
    case 'invalid_base64':
      return no(text);
  }
}

const UNAVAILABLE = 'Account is temporarily unavailable.';

/** The answer to a proxied login that failed; null where it was sent already. Dovecot pigeonhole managesieve-proxy.c */
export function proxyRefusal(failure: ProxyFailureClass, reason: ByteString): ByteString | null {
  switch (failure) {
    case 'connect':
    case 'internal':
    case 'remote':
    case 'protocol':
    case 'auth_redirect':
      return no(UNAVAILABLE, 'TRYLATER');
    case 'internal_config':
    case 'remote_config':
      return no(UNAVAILABLE);
    case 'auth_tempfail':
      return no(reason, 'TRYLATER');
    case 'auth':
      return null;
  }
}

/** Dovecot pigeonhole 0.5.19 client-authenticate.c, 2.4.1 lib-managesieve/managesieve-url.c managesieve_url_create */
export function referralReply(client: LoginClient, { user, host, port, reason }: Referral): ByteString {
  if (client.series === '2.3') {
    const place = port === null ? host : `${host}:${port}`;
    return no(reason, `REFERRAL sieve://${user};AUTH=${client.mechanism}@${place}`);
  }
  const authority = formatAuthority(user, host, port);
  const at = authority.lastIndexOf('@');
  const escaped = authority.slice(0, at).replaceAll(';', '%3B').replaceAll(':', '%3A');
  return no(reason, `REFERRAL sieve://${escaped}${authority.slice(at)}`);
}

/** `user@host[:port]` from a backend's response code; a quoted URL is none. observed 2.4.1 */
export function parseReferral(code: ByteString): ByteString | null {
  const url = /^REFERRAL sieve:\/\/(.*)$/i.exec(code)?.[1];
  const authority = url === undefined ? null : parseAuthority(url);
  if (authority === null || !/^(\/|$)/.test(authority.rest)) return null;
  return authority.target;
}
