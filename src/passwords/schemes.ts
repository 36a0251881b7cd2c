import { nameTable } from '../../grammar/name-table.js';
import type { Series } from '../knowledge/versions.js';

type Encoding = 'none' | 'base64' | 'hex';

/** How a stored password is checked. */
type Verifier =
  | 'plain'
  | 'plain-trunc'
  | 'sha1'
  | 'sha256'
  | 'sha512'
  | 'plain-md4'
  | 'plain-md5'
  | 'digest-md5'
  | 'cram-md5'
  | 'salted-md5'
  | 'salted-sha1'
  | 'salted-sha256'
  | 'salted-sha512'
  | 'md5'
  | 'md5-crypt'
  | 'crypt'
  | 'blf-crypt'
  | 'argon2'
  | 'pbkdf2'
  | 'scram-sha-1'
  | 'scram-sha-256'
  | 'otp';

/** A password scheme (Dovecot password-scheme.c). */
export interface Scheme {
  readonly name: string;
  /** Encoding of a value whose scheme names none. */
  readonly encoding: Encoding;
  /** Bytes of the decoded value; 0 where it varies. */
  readonly length: number;
  /** Refused by 2.4 unless auth_allow_weak_schemes = yes. */
  readonly weak: boolean;
  readonly verifier: Verifier;
  readonly since: Series;
}

interface Details {
  readonly encoding?: Encoding;
  readonly length?: number;
  readonly weak?: true;
  readonly since?: Series;
}

function scheme(name: string, verifier: Verifier, details: Details = {}): Scheme {
  const { encoding = 'none', length = 0, weak = false, since = '2.3' } = details;
  return { name, verifier, encoding, length, weak, since };
}

// Dovecot 2.4.1 password-scheme.c, password-scheme-crypt.c, password-scheme-sodium.c; 2.3.19.1 alike, without `weak`.
const ALL: readonly Scheme[] = [
  scheme('MD5', 'md5', { weak: true }),
  scheme('MD5-CRYPT', 'md5-crypt', { weak: true }),
  scheme('SHA', 'sha1', { encoding: 'base64', length: 20 }),
  scheme('SHA1', 'sha1', { encoding: 'base64', length: 20 }),
  scheme('SHA256', 'sha256', { encoding: 'base64', length: 32 }),
  scheme('SHA512', 'sha512', { encoding: 'base64', length: 64 }),
  scheme('SMD5', 'salted-md5', { encoding: 'base64', weak: true }),
  scheme('SSHA', 'salted-sha1', { encoding: 'base64' }),
  scheme('SSHA256', 'salted-sha256', { encoding: 'base64' }),
  scheme('SSHA512', 'salted-sha512', { encoding: 'base64' }),
  scheme('PLAIN', 'plain'),
  scheme('CLEAR', 'plain'),
  scheme('CLEARTEXT', 'plain'),
  scheme('PLAIN-TRUNC', 'plain-trunc'),
  scheme('CRAM-MD5', 'cram-md5', { encoding: 'hex', length: 32 }),
  scheme('SCRAM-SHA-1', 'scram-sha-1'),
  scheme('SCRAM-SHA-256', 'scram-sha-256'),
  scheme('HMAC-MD5', 'cram-md5', { encoding: 'hex', length: 32, weak: true }),
  scheme('DIGEST-MD5', 'digest-md5', { encoding: 'hex', length: 16 }),
  scheme('PLAIN-MD4', 'plain-md4', { encoding: 'hex', length: 16, weak: true }),
  scheme('PLAIN-MD5', 'plain-md5', { encoding: 'hex', length: 16, weak: true }),
  scheme('LDAP-MD5', 'plain-md5', { encoding: 'base64', length: 16, weak: true }),
  scheme('OTP', 'otp'),
  scheme('PBKDF2', 'pbkdf2'),
  scheme('DES-CRYPT', 'crypt', { weak: true }),
  scheme('SHA256-CRYPT', 'crypt'),
  scheme('SHA512-CRYPT', 'crypt'),
  scheme('BLF-CRYPT', 'blf-crypt'),
  scheme('CRYPT', 'crypt'),
  scheme('ARGON2I', 'argon2'),
  scheme('ARGON2ID', 'argon2'),
  scheme('ARGON2', 'argon2', { since: '2.4' }),
];

const BY_NAME: ReadonlyMap<string, Scheme> = new Map(ALL.map((one) => [one.name, one]));

/** Schemes of a series, as `doveadm pw -l` knows them (in no particular order). */
export function schemesOf(series: Series): readonly Scheme[] {
  return ALL.filter((one) => one.since <= series);
}

/** A scheme with the encoding that a `NAME[.ENCODING]` asks for. */
export interface SchemeUse {
  readonly scheme: Scheme;
  readonly encoding: Encoding;
  /** The name had a suffix: the encoding is not guessed from the length. */
  readonly explicit: boolean;
}

const ENCODINGS: Readonly<Record<string, Encoding>> = nameTable({
  b64: 'base64',
  base64: 'base64',
  hex: 'hex',
});

/** Looks a name up, whatever its case; null for an unknown scheme or encoding. */
export function lookUpScheme(series: Series, name: string): SchemeUse | null {
  const dot = name.indexOf('.');
  const found = BY_NAME.get((dot === -1 ? name : name.slice(0, dot)).toUpperCase());
  if (found === undefined || found.since > series) return null;
  if (dot === -1) return { scheme: found, encoding: found.encoding, explicit: false };
  const encoding = ENCODINGS[name.slice(dot + 1).toLowerCase()];
  return encoding === undefined ? null : { scheme: found, encoding, explicit: true };
}

/** Whether a password of one scheme is as good as one of the other (password_scheme_is_alias). */
export function sameScheme(one: string, other: string): boolean {
  const first = one.split('.', 1)[0]?.toUpperCase() ?? '';
  const second = other.split('.', 1)[0]?.toUpperCase() ?? '';
  if (first === '' || second === '') return false;
  if (first === second) return true;
  const a = BY_NAME.get(first);
  const b = BY_NAME.get(second);
  return a !== undefined && b !== undefined && generator(a) === generator(b);
}

/** What makes a password of the scheme; Dovecot compares these functions. */
function generator({ name, verifier }: Scheme): string {
  if (verifier === 'plain-trunc') return 'plain';
  if (verifier === 'md5' || verifier === 'md5-crypt') return 'md5-crypt';
  if (name === 'CRYPT' || verifier === 'blf-crypt') return 'blowfish';
  if (verifier === 'crypt') return name;
  return verifier === 'argon2' ? name.replace(/^ARGON2$/, 'ARGON2ID') : verifier;
}
