// Where Dovecot would block or run out of memory, an expansion stops with an error that says so.

/** Nested `%{if;%{if;...}}` and `%{md5:md5:...}` of 2.3: Dovecot recurses until its stack ends. */
export const MAX_NESTING = 32;

/** Bytes that padding may add; Dovecot has no limit below 2 GB. */
export const MAX_PADDING = 1 << 24;

/** Bytes of a value or a result. */
export const MAX_LENGTH = 1 << 26;

/** Hash rounds of one expansion: more would hold up the auth process for seconds. */
export const MAX_ROUNDS = 1_000_000;
