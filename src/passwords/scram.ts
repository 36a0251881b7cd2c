import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import type { ByteString } from '../../grammar/bytes.js';
import { bytesOfBase64 } from '../variables/binary.js';
import { parseUint } from '../variables/numbers.js';
import { equalBytes } from './equality.js';

/** Dovecot auth-scram.h */
const MIN_ITERATIONS = 4096;
const MAX_ITERATIONS = 2 ** 31 - 1;

export interface ScramKeys {
  readonly iterations: number;
  readonly salt: ByteString;
  /** As it stands in the entry, for the server's first message. */
  readonly saltBase64: ByteString;
  readonly storedKey: ByteString;
  readonly serverKey: ByteString;
}

type ScramEntry =
  | ({ readonly kind: 'keys' } & ScramKeys)
  | { readonly kind: 'invalid'; readonly reason: string };

/** Reads `ITERATIONS,SALT,STOREDKEY,SERVERKEY` (Dovecot password-scheme-scram.c scram_scheme_parse). */
export function parseScram(scheme: 'SCRAM-SHA-1' | 'SCRAM-SHA-256', entry: ByteString): ScramEntry {
  const size = scheme === 'SCRAM-SHA-1' ? 20 : 32;
  const fields = entry.split(',');
  const [count = '', saltBase64 = '', stored = '', server = ''] = fields;
  if (fields.length !== 4) return { kind: 'invalid', reason: `Invalid ${scheme} passdb entry format` };
  const iterations = parseUint(count);
  if (iterations === null || iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS)
    return { kind: 'invalid', reason: `Invalid ${scheme} iteration count in passdb` };
  const storedKey = bytesOfBase64(stored, false);
  if (!storedKey.complete || storedKey.bytes.length !== size)
    return { kind: 'invalid', reason: `Invalid ${scheme} StoredKey in passdb` };
  const serverKey = bytesOfBase64(server, false);
  if (!serverKey.complete || serverKey.bytes.length !== size)
    return { kind: 'invalid', reason: `Invalid ${scheme} ServerKey in passdb` };
  return {
    kind: 'keys',
    iterations,
    salt: bytesOfBase64(saltBase64, false).bytes,
    saltBase64,
    storedKey: storedKey.bytes,
    serverKey: serverKey.bytes,
  };
}

/** ClientKey, StoredKey and ServerKey of a password (RFC 5802 section 3). */
export async function scramKeys(
  algorithm: 'sha1' | 'sha256',
  plaintext: ByteString,
  salt: ByteString,
  iterations: number,
): Promise<{
  readonly clientKey: ByteString;
  readonly storedKey: ByteString;
  readonly serverKey: ByteString;
}> {
  const salted = await promisify(pbkdf2)(
    Buffer.from(plaintext, 'latin1'),
    Buffer.from(salt, 'latin1'),
    iterations,
    algorithm === 'sha1' ? 20 : 32,
    algorithm,
  );
  const clientKey = createHmac(algorithm, salted).update('Client Key').digest();
  return {
    clientKey: clientKey.toString('latin1'),
    storedKey: createHash(algorithm).update(clientKey).digest().toString('latin1'),
    serverKey: createHmac(algorithm, salted).update('Server Key').digest().toString('latin1'),
  };
}

export async function verifyScram(
  scheme: 'SCRAM-SHA-1' | 'SCRAM-SHA-256',
  plaintext: ByteString,
  entry: ByteString,
): Promise<{ kind: 'checked'; matches: boolean } | { kind: 'invalid'; reason: string }> {
  const parsed = parseScram(scheme, entry);
  if (parsed.kind === 'invalid') return parsed;
  const algorithm = scheme === 'SCRAM-SHA-1' ? 'sha1' : 'sha256';
  const { storedKey } = await scramKeys(algorithm, plaintext, parsed.salt, parsed.iterations);
  return { kind: 'checked', matches: equalBytes(storedKey, parsed.storedKey) };
}
