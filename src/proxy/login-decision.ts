import type { ByteString } from '../../grammar/bytes.js';
import type { DovecotVersion } from '../knowledge/versions.js';
import type { Destination } from './destination.js';

/** What the login process knows of its client when the auth process has answered. */
export interface LoginContext {
  readonly version: DovecotVersion;
  readonly protocol: Destination['protocol'];
  readonly localIp: string;
  readonly localPort: number;
  /** Password that the client sent; null when not known. */
  readonly clientPassword: ByteString | null;
  /** Mechanism the client used; a password that is not known is missing only where the mechanism has none to give. */
  readonly mechanism?: ByteString;
  readonly proxyTimeoutMs: number;
  readonly proxyTtl: number;
}

/** Why a login at a backend failed. Dovecot login-proxy.h login_proxy_failure_type */
export type ProxyFailureClass =
  | 'connect'
  | 'internal'
  | 'internal_config'
  | 'remote'
  | 'remote_config'
  | 'protocol'
  | 'auth'
  | 'auth_tempfail'
  | 'auth_redirect';

/**
 * What a login process does with a successful answer; the same decision for simulate and serve.
 * `warnings` and `log` are in Dovecot's words, without the process prefix.
 */
export type LoginDecision =
  | { readonly kind: 'proxy'; readonly destination: Destination; readonly warnings: readonly ByteString[] }
  | { readonly kind: 'local'; readonly warnings?: readonly ByteString[] }
  | { readonly kind: 'nologin'; readonly reason: ByteString; readonly warnings?: readonly ByteString[] }
  | {
      readonly kind: 'referral';
      readonly user: ByteString;
      readonly host: ByteString;
      readonly port: number | null;
      /** Text behind the referral; `Try this server instead.` unless the passdb has a `reason`. */
      readonly reason: ByteString;
      readonly warnings?: readonly ByteString[];
    }
  | {
      readonly kind: 'failed';
      /** `loop`: proxying to itself; `config`: fields that cannot be used; `temporary`: answered as a temporary auth failure. */
      readonly cause: 'loop' | 'config' | 'temporary';
      readonly failureClass: ProxyFailureClass;
      readonly log: ByteString;
      /** Real Dovecot would crash here: what dies. */
      readonly crash: string | null;
      readonly warnings?: readonly ByteString[];
    };
