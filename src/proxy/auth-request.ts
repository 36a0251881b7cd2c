import type { ByteString } from '../../grammar/bytes.js';
import type { AuthRequest } from '../auth/request.js';
import type { LoginClient } from './login-client.js';

/** Who a client says it is; a SASL exchange in the auth process finds that out itself. */
export type Credentials = Pick<AuthRequest, 'user' | 'authorizationId' | 'password'>;

export const NO_CREDENTIALS: Credentials = { user: '', authorizationId: '', password: null };

/** What the auth process is asked. Dovecot sasl-server.c sasl_server_auth_request_info_fill */
export function authRequest(client: LoginClient, credentials: Credentials): AuthRequest {
  const certificateUser = userOfCertificate(client);
  const { user, authorizationId, password } = credentials;
  // One shape for all: an object that is put together of others is slow to make.
  const request: AuthRequest = {
    user,
    authorizationId,
    password,
    mode: 'verify',
    mechanism: client.mechanism,
    protocol: client.protocol,
    localIp: client.localIp,
    localPort: client.localPort,
    remoteIp: client.remoteIp,
    remotePort: client.remotePort,
    realLocalIp: client.real.realLocalIp,
    realLocalPort: client.real.realLocalPort,
    realRemoteIp: client.real.realRemoteIp,
    realRemotePort: client.real.realRemotePort,
    localName: client.localName,
    clientId: client.clientId,
    session: client.session(),
    secured: client.securedForAuth,
    validClientCertificate: client.certificate.state === 'valid',
    forward: client.forwardFields,
    login: true,
  };
  return certificateUser === '' ? request : { ...request, certificateUser };
}

/** auth_ssl_username_from_cert: a front end's word counts before the certificate that was seen here. */
function userOfCertificate(client: LoginClient): ByteString {
  if (!client.settings.certificates.nameUser) return '';
  return client.real.haproxy?.certificateName || client.certificate.user;
}
