// Names that `%{...}` of 2.4 knows, apart from what does the work: who checks an expression needs no more than these.

/** All filters of 2.4.1. */
export const FILTER_NAMES = [
  'lookup',
  'literal',
  'calculate',
  'concat',
  'upper',
  'lower',
  'hash',
  'md5',
  'sha1',
  'sha256',
  'sha384',
  'sha512',
  'base64',
  'unbase64',
  'hex',
  'unhex',
  'hexlify',
  'unhexlify',
  'default',
  'reverse',
  'truncate',
  'substr',
  'ldap_dn',
  'if',
  'regexp',
  'lenumber',
  'benumber',
  'index',
  'username',
  'domain',
  'list',
  'lfill',
  'rfill',
  'text',
  'encrypt',
  'decrypt',
  'safe',
] as const;
export type FilterName = (typeof FILTER_NAMES)[number];

/** Prefixes (`%{PREFIX:KEY}`) that Dovecot answers itself. */
export const BUILT_IN_PREFIXES = [
  'process',
  'system',
  'dovecot',
  'env',
  'event',
  'date',
  'time',
  'generate',
] as const;
export type BuiltInPrefix = (typeof BUILT_IN_PREFIXES)[number];
