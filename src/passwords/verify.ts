import type { ByteString } from '../../grammar/bytes.js';

/** How a stored password and a given one compare (auth-chain.md section 6). */
export type PasswordVerdict =
  | { readonly kind: 'match' }
  | { readonly kind: 'mismatch' }
  /** `message` as Dovecot logs it, e.g. `Unknown scheme NOSUCH`. */
  | { readonly kind: 'unknown-scheme'; readonly message: ByteString }
  | { readonly kind: 'invalid'; readonly message: ByteString }
  | { readonly kind: 'weak'; readonly message: ByteString };
