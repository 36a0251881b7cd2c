import type { ByteString } from '../../grammar/bytes.js';
import type { AuthFailCode, LoginClient } from './login-client.js';
import type { ProxyFailureClass } from './login-decision.js';

/** 2.3: what stands behind `Disconnected: REASON `. Dovecot 2.3.19.1 client-common.c client_get_extra_disconnect_reason */
function detail23(client: LoginClient): ByteString {
  const seconds = client.secondsSince(client.firstAuthMs);
  if (client.attempts === 0) {
    return client.bannerSent || client.tls === 'handshaking'
      ? `(no auth attempts in ${client.secondsSince(client.createdMs)} secs)`
      : '';
  }
  if ((client.waitingForClient || client.unanswered) && client.attempts === 1)
    return `(client didn't finish SASL auth, waited ${seconds} secs)`;
  if (client.authenticating && client.attempts === 1)
    return `(disconnected while authenticating, waited ${seconds} secs)`;
  if (client.abortedByClient && client.attempts === 1) return '(aborted authentication)';
  if (client.proxyFailure === 'auth' || client.proxyFailure === 'auth_tempfail')
    return '(proxy dest auth failed)';
  if (client.successes > 0) return `(internal failure, ${client.successes} successful auths)`;
  return failureDetail23(client.lastFailure, client.attempts, seconds);
}

function failureDetail23(failure: AuthFailCode, attempts: number, seconds: number): ByteString {
  switch (failure) {
    case 'authorization_failed':
      return `(authorization failed, ${attempts} attempts in ${seconds} secs)`;
    case 'temp_fail':
      return '(auth service reported temporary failure)';
    case 'user_disabled':
      return '(user disabled)';
    case 'password_expired':
      return '(password expired)';
    case 'invalid_base64':
      return '(sent invalid base64 in response)';
    case 'login_disabled':
      return '(login disabled)';
    case 'invalid_mech':
      return '(tried to use unsupported auth mechanism)';
    case 'cleartext_auth_disabled':
      return '(tried to use disallowed plaintext auth)';
    case 'none':
    case 'anonymous_auth_disabled':
      return `(auth failed, ${attempts} attempts in ${seconds} secs)`;
  }
}

/** Texts of 2.4 for its failure codes. Dovecot 2.4.1 client-common.c client_auth_fail_code_reasons */
const FAILURES_24: Readonly<Record<Exclude<AuthFailCode, 'none'>, ByteString>> = {
  authorization_failed: 'authorization failed',
  temp_fail: 'auth service reported temporary failure',
  user_disabled: 'user disabled',
  password_expired: 'password expired',
  invalid_base64: 'sent invalid base64 in response',
  login_disabled: 'login disabled',
  invalid_mech: 'tried to use unsupported auth mechanism',
  cleartext_auth_disabled: 'tried to use disallowed cleartext auth',
  anonymous_auth_disabled: 'anonymous logins disabled',
};

const PROXY_FAILURES_24: Readonly<Record<ProxyFailureClass, readonly [code: ByteString, text: ByteString]>> =
  {
    connect: ['connect_failed', 'connection failed'],
    internal: ['internal_failure', 'internal failure'],
    internal_config: ['internal_failure', 'internal failure'],
    remote: ['remote_failure', 'remote failure'],
    remote_config: ['remote_failure', 'remote failure'],
    protocol: ['protocol_failure', 'protocol failure'],
    auth: ['auth_failed', 'authentication failure'],
    auth_tempfail: ['auth_temp_failed', 'temporary authentication failure'],
    auth_redirect: ['redirected', 'redirected'],
  };

interface Detail24 {
  readonly code: ByteString;
  readonly text: ByteString;
}

/** What happened last, in the order of importance that 2.4 has. */
function lastEvent24(client: LoginClient): Detail24 {
  if (client.abortedByClient) return { code: 'auth_aborted_by_client', text: 'auth aborted by client' };
  if (client.waitingForClient || client.unanswered)
    return { code: 'auth_waiting_client', text: "client didn't finish SASL auth" };
  if (client.referred) return { code: 'auth_nologin_referral', text: 'auth referral' };
  if (client.proxyFailure !== null) {
    const [code, text] = PROXY_FAILURES_24[client.proxyFailure];
    return { code: `proxy_dest_${code}`, text: `proxy dest ${text}` };
  }
  if (client.lastFailure !== 'none')
    return { code: client.lastFailure, text: FAILURES_24[client.lastFailure] };
  return client.successes > 0
    ? { code: 'internal_failure', text: 'internal failure' }
    : { code: 'auth_failed', text: 'auth failed' };
}

/** Dovecot 2.4.1 client-common.c client_get_extra_disconnect_reason */
function detail24(client: LoginClient): Detail24 | null {
  if (client.tls === 'handshaking')
    return { code: 'tls_handshake_not_finished', text: 'disconnected during TLS handshake' };
  if (client.shuttingDown === 'process_full') {
    const text = 'client_limit and process_limit was hit and this login session was killed.';
    return { code: 'process_full', text };
  }
  if (client.shuttingDown === 'shutting_down')
    return { code: 'shutting_down', text: 'The process is shutting down so the login is aborted.' };
  if (client.attempts === 0) {
    if (!client.bannerSent) return null;
    const seconds = client.secondsSince(client.createdMs);
    return { code: 'no_auth_attempts', text: `no auth attempts in ${seconds} secs` };
  }
  const last = lastEvent24(client);
  const counted =
    client.successes > 0
      ? `${client.successes}/${client.attempts} successful auths`
      : `${client.attempts} attempts`;
  return {
    code: last.code,
    text: `${last.text}, ${counted} in ${client.secondsSince(client.firstAuthMs)} secs`,
  };
}

/** The message about a connection that ends before its login is through. */
export function disconnectMessage(client: LoginClient, reason: ByteString): ByteString {
  if (client.series === '2.3') {
    const detail = detail23(client);
    return `Disconnected: ${reason}${detail === '' ? '' : ` ${detail}`}`;
  }
  const detail = detail24(client);
  return detail === null
    ? `Login aborted: ${reason}`
    : `Login aborted: ${reason} (${detail.text}) (${detail.code})`;
}
