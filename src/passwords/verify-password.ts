import type { ByteString } from '../../grammar/bytes.js';
import type { Series } from '../knowledge/versions.js';
import { asciiLower, cString } from '../variables/ascii.js';
import { verifyArgon2 } from './argon2.js';
import { cramMd5Context, digest, digestMd5 } from './digests.js';
import { equalBytes } from './equality.js';
import { otpEntry, parseOtp } from './otp.js';
import { verifyPbkdf2 } from './pbkdf2.js';
import type { Scheme } from './schemes.js';
import { verifyScram } from './scram.js';
import { decodePassword, splitScheme } from './stored-password.js';
import { verifyBcrypt } from './unix-crypt/bcrypt.js';
import { crypt } from './unix-crypt/crypt.js';
import { md5Crypt } from './unix-crypt/md5-crypt.js';
import type { PasswordVerdict } from './verify.js';

export interface PasswordCheck {
  readonly series: Series;
  /** As the database has it, with or without `{SCHEME}`. */
  readonly stored: ByteString;
  /** Scheme of a stored password that names none. */
  readonly defaultScheme: ByteString;
  readonly plaintext: ByteString;
  /** Name as the client sent it: DIGEST-MD5 hashes it. */
  readonly user: ByteString;
  /** 2.4 auth_allow_weak_schemes; 2.3 allows all. */
  readonly allowWeakSchemes: boolean;
}

/** Result of one scheme; `reason` without Dovecot's words around it. */
type Check =
  | { readonly kind: 'checked'; readonly matches: boolean }
  | { readonly kind: 'invalid'; readonly reason: string }
  | { readonly kind: 'weak'; readonly reason: string };

const MISMATCH: Check = { kind: 'checked', matches: false };

function checked(matches: boolean): Check {
  return { kind: 'checked', matches };
}

function invalid(reason: string): Check {
  return { kind: 'invalid', reason };
}

/**
 * Compares a password with a stored one (Dovecot auth-request.c auth_request_password_verify); at once for schemes that
 * take no time. Rejects never.
 */
export function verifyPassword(check: PasswordCheck): PasswordVerdict | Promise<PasswordVerdict> {
  const stored = splitScheme(cString(check.stored));
  const schemeName = stored.scheme ?? check.defaultScheme;
  const decoded = decodePassword(check.series, schemeName, stored.data);
  switch (decoded.kind) {
    case 'unknown-scheme':
      return { kind: 'unknown-scheme', message: `Unknown scheme ${schemeName}` };
    case 'invalid':
      return {
        kind: 'invalid',
        message: `Password data is not valid for scheme ${schemeName}: ${decoded.reason}`,
      };
    case 'decoded': {
      const weakAllowed = check.series === '2.3' || check.allowWeakSchemes;
      const one = { ...check, plaintext: cString(check.plaintext), allowWeakSchemes: weakAllowed };
      const result = verifyScheme(one, decoded.scheme, decoded.raw);
      return result instanceof Promise ? result.then(verdictOf) : verdictOf(result);
    }
  }
}

function verdictOf(result: Check): PasswordVerdict {
  if (result.kind === 'checked') return { kind: result.matches ? 'match' : 'mismatch' };
  return { kind: result.kind, message: `Invalid password in passdb: ${result.reason}` };
}

function weak(name: string): Check {
  return { kind: 'weak', reason: `Weak password scheme '${name}' used and refused` };
}

function verifyScheme(check: PasswordCheck, scheme: Scheme, raw: ByteString): Check | Promise<Check> {
  const { plaintext } = check;
  if (scheme.weak && !check.allowWeakSchemes) return weak(scheme.name);
  switch (scheme.verifier) {
    case 'plain':
      return checked(equalBytes(plaintext, raw));
    case 'plain-trunc':
      return verifyTruncated(plaintext, raw);
    case 'sha1':
    case 'sha256':
    case 'sha512':
      return checked(equalBytes(digest(scheme.verifier, plaintext), raw));
    case 'plain-md4':
      return checked(equalBytes(digest('md4', plaintext), raw));
    case 'plain-md5':
      return checked(equalBytes(digest('md5', plaintext), raw));
    case 'digest-md5':
      return checked(equalBytes(digestMd5(check.user, plaintext), raw));
    case 'cram-md5':
      return checked(equalBytes(cramMd5Context(plaintext), raw));
    case 'salted-md5':
      return verifySalted('md5', 16, scheme.name, plaintext, raw);
    case 'salted-sha1':
      return verifySalted('sha1', 20, scheme.name, plaintext, raw);
    case 'salted-sha256':
      return verifySalted('sha256', 32, scheme.name, plaintext, raw);
    case 'salted-sha512':
      return verifySalted('sha512', 64, scheme.name, plaintext, raw);
    case 'md5':
      return verifyMd5(check, raw);
    case 'md5-crypt':
      return md5Crypt(plaintext, raw).then((text) => checked(equalBytes(text, raw)));
    case 'crypt':
      return verifyCrypt(check, raw);
    case 'blf-crypt':
      return verifyBcrypt(plaintext, raw);
    case 'argon2':
      return verifyArgon2(plaintext, raw).then(checked);
    case 'pbkdf2':
      return verifyPbkdf2(plaintext, raw);
    case 'scram-sha-1':
      return verifyScram('SCRAM-SHA-1', plaintext, raw);
    case 'scram-sha-256':
      return verifyScram('SCRAM-SHA-256', plaintext, raw);
    case 'otp':
      return verifyOtp(plaintext, raw);
  }
}

async function verifyOtp(plaintext: ByteString, raw: ByteString): Promise<Check> {
  const state = parseOtp(raw);
  if (state === null) return invalid('Invalid OTP data in passdb');
  return checked(asciiLower(await otpEntry(state, plaintext)) === asciiLower(raw));
}

/** `LENGTH-PASSWORD`: a password cut at LENGTH matches all that begin with it. */
function verifyTruncated(plaintext: ByteString, raw: ByteString): Check {
  const prefix = /^([0-9]*)-/.exec(raw);
  if (prefix === null) return invalid('PLAIN-TRUNC missing length: prefix');
  const kept = raw.slice(prefix[0].length);
  const length = Number(prefix[1]);
  if (kept.length === length && plaintext.length >= length)
    return checked(equalBytes(kept, plaintext.slice(0, length)));
  return checked(equalBytes(kept, plaintext));
}

/** Digest of password and salt, followed by the salt. */
function verifySalted(
  algorithm: 'md5' | 'sha1' | 'sha256' | 'sha512',
  size: number,
  name: string,
  plaintext: ByteString,
  raw: ByteString,
): Check {
  if (raw.length <= size) return invalid(`${name} password is too short`);
  return checked(equalBytes(digest(algorithm, plaintext + raw.slice(size)), raw.slice(0, size)));
}

/** MD5-CRYPT, or PLAIN-MD5 in hexadecimal. */
async function verifyMd5(check: PasswordCheck, raw: ByteString): Promise<Check> {
  if (raw.startsWith('$1$')) return checked(equalBytes(await md5Crypt(check.plaintext, raw), raw));
  const decoded = decodePassword(check.series, 'PLAIN-MD5', raw);
  if (decoded.kind !== 'decoded') return invalid('Not a valid MD5-CRYPT or PLAIN-MD5 password');
  return checked(equalBytes(digest('md5', check.plaintext), decoded.raw));
}

/** crypt(3) of any method (Dovecot password-scheme-crypt.c crypt_verify). */
async function verifyCrypt(check: PasswordCheck, raw: ByteString): Promise<Check> {
  if (raw.length > 4 && raw.startsWith('$2') && raw.charAt(3) === '$')
    return verifyBcrypt(check.plaintext, raw);
  if (raw === '') return MISMATCH;
  if (raw.length > 1 && !check.allowWeakSchemes) {
    if (!raw.startsWith('$')) return weak('DES-CRYPT');
    if (raw.charAt(1) === '1') return weak('MD5-CRYPT');
  }
  const outcome = await crypt(check.plaintext, raw);
  switch (outcome.kind) {
    case 'hash':
      return checked(equalBytes(outcome.text, raw));
    case 'refused':
      return MISMATCH;
    case 'unsupported':
      return invalid(`dvproxy does not know the crypt() method ${outcome.method}`);
  }
}
