import type { ByteString } from '../../grammar/bytes.js';

/** Where and how a login process connects for a proxied user. Dovecot login-proxy.h login_proxy_settings */
export interface Destination {
  readonly protocol: 'imap' | 'pop3' | 'lmtp' | 'submission' | 'sieve';
  /** As the passdb gave it: the name for TLS and logs. */
  readonly host: ByteString;
  /** Address to connect to; null while a name is not resolved (simulate without `--resolve`). */
  readonly ip: string | null;
  readonly port: number;
  readonly portReason: string;
  readonly tls: 'none' | 'starttls' | 'implicit';
  /** Whether the certificate must be valid and fit `host`. */
  readonly verifyCertificate: boolean;
  readonly user: ByteString;
  /** SASL authentication id when it differs from `user`; '' = none. */
  readonly master: ByteString;
  readonly password: ByteString | null;
  /** null: the protocol's own login command (IMAP LOGIN, POP3 USER/PASS). */
  readonly mechanism: ByteString | null;
  readonly timeoutMs: number;
  /** Address to bind: null = `login_source_ips` may choose, '' = none at all. */
  readonly sourceIp: string | null;
  readonly noPipelining: boolean;
  readonly notTrusted: boolean;
  readonly noAuth: boolean;
  /** 2.4 `proxy_redirect_reauth`: a backend's referral is looked up again. */
  readonly redirectReauth: boolean;
  /** Seconds of `proxy_refresh`; 0 = never. */
  readonly refreshSeconds: number;
  /** Seconds of `proxy_host_immediate_failure_after`; 0 = off. */
  readonly immediateFailureAfterSeconds: number;
  readonly forward: readonly (readonly [ByteString, ByteString | null])[];
}
