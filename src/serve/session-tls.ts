import type { SecureContext } from 'node:tls';
import type { ByteString } from '../../grammar/bytes.js';
import type { BackendTlsContext } from './tls-context.js';

/** How certificates of clients are looked at. */
export interface CertificateRequest {
  /** ssl_cert_username_field, 2.4 ssl_server_cert_username_field */
  readonly nameField: ByteString;
  /** No certificate is valid: a CRL is required and there is none. */
  readonly refuseAll: boolean;
}

/** TLS of one session, both ways. */
export interface SessionTls {
  /** For a server name of the client; null where the configuration has no certificate. */
  contextFor(localName: ByteString): SecureContext | null;
  backendContext(): BackendTlsContext;
  /** null: clients are not asked for a certificate. */
  certificateRequest(): CertificateRequest | null;
}
