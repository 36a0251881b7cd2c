import { fromUtf8 } from '../../grammar/bytes.js';
import type { ClientCertificate } from '../proxy/login-client.js';
import type { TlsPeer } from './connection.js';
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
  { certificate, verifyProblem }: Pick<TlsPeer, 'certificate' | 'verifyProblem'>,
  { nameField, refuseAll }: CertificateRequest,
): ClientCertificate {
  if (certificate === null) return { state: 'none', user: '' };
  if (refuseAll || verifyProblem !== null) return { state: 'invalid', user: '' };
  const value: unknown = Reflect.get(certificate.subject, NODE_NAMES[nameField] ?? nameField);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  // A NUL would end the name where it is a C string.
  const user = typeof first === 'string' && !first.includes('\0') ? fromUtf8(first) : '';
  return { state: 'valid', user };
}
