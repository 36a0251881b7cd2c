import type { SecureContext } from 'node:tls';
import type { ByteString } from '../../grammar/bytes.js';
import type { BackendTlsContext } from './tls-context.js';

/** TLS of one session, both ways. */
export interface SessionTls {
  /** For a server name of the client; null where the configuration has no certificate. */
  contextFor(localName: ByteString): SecureContext | null;
  backendContext(): BackendTlsContext;
}
