import type { ByteString } from '../../grammar/bytes.js';
import type { Series } from '../knowledge/versions.js';
import { base64Of } from '../variables/binary.js';
import { cramMd5Context, digestMd5 } from './digests.js';
import { lookUpScheme, sameScheme } from './schemes.js';
import { scramKeys } from './scram.js';
import { decodePassword, splitScheme } from './stored-password.js';

/** What a mechanism that needs the stored password itself asks for (CRAM-MD5, SCRAM, DIGEST-MD5, ...). */
export interface CredentialsQuestion {
  readonly series: Series;
  readonly stored: ByteString;
  readonly defaultScheme: ByteString;
  /** Scheme of the mechanism; '' takes any. */
  readonly wanted: ByteString;
  /** Name as the client sent it: DIGEST-MD5 hashes it. */
  readonly user: ByteString;
  /** For the salt of SCRAM. */
  randomBytes(count: number): Uint8Array;
}

export type Credentials =
  | { readonly kind: 'credentials'; readonly scheme: ByteString; readonly raw: ByteString }
  /** SCHEME_NOT_AVAILABLE, with the line that Dovecot logs; `raw`: what is stored, in a scheme that does not fit. */
  | {
      readonly kind: 'unavailable';
      readonly level: 'error' | 'info';
      readonly message: ByteString;
      readonly raw?: ByteString;
    };

const SCRAM_ITERATIONS = 4096;
const SCRAM_SALT_BYTES = 16;

/** The stored password in the scheme that is wanted; only a plain one can be converted (Dovecot passdb.c). */
export async function requestedCredentials(question: CredentialsQuestion): Promise<Credentials> {
  const { series, wanted } = question;
  const stored = splitScheme(question.stored);
  const name = stored.scheme ?? question.defaultScheme;
  const decoded = decodePassword(series, name, stored.data);
  if (decoded.kind === 'unknown-scheme')
    return { kind: 'unavailable', level: 'error', message: `Unknown scheme ${name}` };
  if (decoded.kind === 'invalid') {
    const message = `Password data is not valid for scheme ${name}: ${decoded.reason}`;
    return { kind: 'unavailable', level: 'error', message };
  }
  const { raw } = decoded;
  if (wanted === '') return { kind: 'credentials', scheme: name.split('.', 1)[0] ?? name, raw };
  if (sameScheme(name, wanted)) return { kind: 'credentials', scheme: wanted, raw };
  if (!sameScheme(name, 'PLAIN')) {
    const message = `Requested ${wanted} scheme, but we have only ${name}`;
    return { kind: 'unavailable', level: 'info', message, raw };
  }
  const made = await generate(question, raw);
  if (made !== null) return { kind: 'credentials', scheme: wanted, raw: made };
  return { kind: 'unavailable', level: 'error', message: `Requested unknown scheme ${wanted}`, raw };
}

/** A plain password in the scheme of a mechanism; null for a scheme that no mechanism asks for. */
async function generate(question: CredentialsQuestion, plaintext: ByteString): Promise<ByteString | null> {
  const verifier = lookUpScheme(question.series, question.wanted)?.scheme.verifier;
  switch (verifier) {
    case 'plain':
      return plaintext;
    case 'cram-md5':
      return cramMd5Context(plaintext);
    case 'digest-md5':
      return digestMd5(question.user, plaintext);
    case 'scram-sha-1':
    case 'scram-sha-256': {
      const salt = Buffer.from(question.randomBytes(SCRAM_SALT_BYTES)).toString('latin1');
      const algorithm = verifier === 'scram-sha-1' ? 'sha1' : 'sha256';
      const { storedKey, serverKey } = await scramKeys(algorithm, plaintext, salt, SCRAM_ITERATIONS);
      const fields = [salt, storedKey, serverKey].map((field) => base64Of(field, { url: false, pad: true }));
      return [String(SCRAM_ITERATIONS), ...fields].join(',');
    }
    default:
      return null;
  }
}
