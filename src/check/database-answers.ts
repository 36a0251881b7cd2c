import type { ByteString } from '../../grammar/bytes.js';

/** What a real database (or a fixture) said when `check` asked it. */
export interface DatabaseAnswer {
  /** Which block: its place in the list of all passdbs, then all userdbs. */
  readonly block: number;
  /** The setting in question: `connect`, `password_query`, `base`, ... */
  readonly setting: string;
  /** `mysql db1/mail`, `fixture mail.sql`. */
  readonly label: string;
  readonly answer:
    | { readonly kind: 'unreachable'; readonly message: ByteString }
    | { readonly kind: 'refused'; readonly message: ByteString }
    | { readonly kind: 'accepted'; readonly columns: readonly ByteString[] | null };
}
