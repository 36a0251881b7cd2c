import { createHash } from 'node:crypto';
import type { ByteString } from '../../grammar/bytes.js';
import { toByteString, toBytes } from './binary.js';
import { md4 } from './md4.js';

/** A hash of Dovecot's hash-method.c by the name used in templates. */
export interface Digest {
  readonly name: string;
  readonly size: number;
  hash(data: ByteString): ByteString;
}

function openssl(name: string, size: number): Digest {
  return { name, size, hash: (data) => createHash(name).update(toBytes(data)).digest('binary') };
}

/** "Hash" that is the length of its input, 8 bytes, most significant first. */
const LENGTH: Digest = {
  name: 'size',
  size: 8,
  hash: (data) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(data.length));
    return toByteString(bytes);
  },
};

const DIGESTS: ReadonlyMap<string, Digest> = new Map(
  [
    { name: 'md4', size: 16, hash: (data: ByteString) => toByteString(md4(toBytes(data))) },
    openssl('md5', 16),
    openssl('sha1', 20),
    openssl('sha256', 32),
    openssl('sha384', 48),
    openssl('sha512', 64),
    openssl('sha3-256', 32),
    openssl('sha3-512', 64),
    LENGTH,
  ].map((digest) => [digest.name, digest]),
);

export function digestByName(name: ByteString): Digest | null {
  return DIGESTS.get(name) ?? null;
}

export const DIGEST_NAMES: readonly string[] = [...DIGESTS.keys()];

/** Each round hashes the salt and the result of the round before. */
export function hashRounds(digest: Digest, data: ByteString, salt: ByteString, rounds: number): ByteString {
  let value = data;
  for (let round = 0; round < rounds; round++) value = digest.hash(salt + value);
  return value;
}
