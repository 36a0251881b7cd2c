import type { TLSSocket } from 'node:tls';
import { fromUtf8 } from '../../grammar/bytes.js';
import type { ClientCertificate } from '../proxy/login-client.js';
import type { CertificateRequest } from './session-tls.js';

/** OpenSSL's long names where Node has short ones. */
const NODE_NAMES: Readonly<Record<string, string>> = {
  commonName: 'CN',
  countryName: 'C',
  localityName: 'L',
  stateOrProvinceName: 'ST',
  organizationName: 'O',
  organizationalUnitName: 'OU',
  userId: 'UID',
};

/** What a client's certificate says of it. Dovecot lib-ssl-iostream/iostream-openssl.c openssl_iostream_get_peer_name */
export function clientCertificate(
  secure: TLSSocket,
  { nameField, refuseAll }: CertificateRequest,
): ClientCertificate {
  const certificate = secure.getPeerX509Certificate();
  if (certificate === undefined) return { state: 'none', user: '' };
  if (refuseAll || !isVerified(secure)) return { state: 'invalid', user: '' };
  const { subject } = certificate.toLegacyObject();
  const value: unknown = Reflect.get(subject, NODE_NAMES[nameField] ?? nameField);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  // A NUL would end the name where it is a C string.
  const user = typeof first === 'string' && !first.includes('\0') ? fromUtf8(first) : '';
  return { state: 'valid', user };
}

/** Node tells the result only of sockets that its own server accepted; this asks as that server does. */
function isVerified(secure: TLSSocket): boolean {
  const handle: unknown = Reflect.get(secure, '_handle');
  if (typeof handle !== 'object' || handle === null) return false;
  const verifyError: unknown = Reflect.get(handle, 'verifyError');
  if (typeof verifyError !== 'function') return false;
  const problem: unknown = Reflect.apply(verifyError, handle, []);
  return problem === null || problem === undefined;
}
