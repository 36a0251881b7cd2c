import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { ByteString } from '../../../grammar/bytes.js';
import type { SaslClient, SaslCredentials, SaslStep } from './sasl-client.js';

export type ScramHash = 'sha1' | 'sha256';

const NONCE_LENGTH = 64;
/** Dovecot lib-auth/auth-scram.h SCRAM_MAX_ITERATE_COUNT */
const MAX_ITERATIONS = 128 * 4096;

/** RFC 5802 5.1: `,` and `=` in names. */
function escapeName(name: ByteString): ByteString {
  return name.replace(/[,=]/g, (character) => (character === ',' ? '=2C' : '=3D'));
}

function bytes(text: ByteString): Buffer {
  return Buffer.from(text, 'latin1');
}

/** SCRAM without channel binding. RFC 5802, RFC 7677, Dovecot 2.4.1 lib-auth/auth-scram-client.c */
export class ScramClient implements SaslClient {
  readonly #hash: ScramHash;
  readonly #password: ByteString;
  readonly #gs2Header: ByteString;
  readonly #firstBare: ByteString;
  readonly #clientNonce: ByteString;
  #state: 'first' | 'server_first' | 'final' | 'server_final' | 'end' = 'first';
  #final: ByteString = '';
  #serverSignature: ByteString = '';

  constructor(hash: ScramHash, credentials: SaslCredentials, randomBytes: (count: number) => Uint8Array) {
    this.#hash = hash;
    this.#password = credentials.password;
    this.#clientNonce = [...randomBytes(NONCE_LENGTH)]
      .map((byte) => String.fromCharCode((byte % 93) + 33).replace(',', '~'))
      .join('');
    this.#gs2Header = `n,${credentials.authzid === '' ? '' : `a=${escapeName(credentials.authzid)}`},`;
    this.#firstBare = `n=${escapeName(credentials.authid)},r=${this.#clientNonce}`;
  }

  output(): SaslStep {
    switch (this.#state) {
      case 'first':
        this.#state = 'server_first';
        return { kind: 'output', data: this.#gs2Header + this.#firstBare };
      case 'final':
        this.#state = 'server_final';
        return { kind: 'output', data: this.#final };
      default:
        return { kind: 'output', data: '' };
    }
  }

  input(challenge: ByteString): ByteString | null {
    switch (this.#state) {
      case 'first':
        return challenge === '' ? null : 'Server sent non-empty initial response';
      case 'server_first':
        return this.#serverFirst(challenge);
      case 'server_final':
        return this.#checkServerFinal(challenge);
      default:
        return "Server didn't finish authentication";
    }
  }

  #serverFirst(message: ByteString): ByteString | null {
    const [nonce, salt, iterations] = message.split(',');
    if (nonce === undefined || salt === undefined || iterations === undefined)
      return 'Invalid first server message';
    if (nonce.startsWith('m')) return 'Mandatory extension(s) not supported';
    if (!nonce.startsWith('r=')) return 'Invalid nonce field in first server message';
    if (!nonce.slice(2).startsWith(this.#clientNonce)) return 'Incorrect nonce in first server message';
    if (!salt.startsWith('s=')) return 'Invalid salt field in first server message';
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(salt.slice(2)))
      return 'Invalid base64 encoding for salt field in first server message';
    if (!/^i=\d{1,10}$/.test(iterations)) return 'Invalid iteration count field in first server message';
    const count = Number(iterations.slice(2));
    if (count < 1 || count > MAX_ITERATIONS) return 'Iteration count out of range in first server message';
    this.#computeFinal(message, nonce.slice(2), Buffer.from(salt.slice(2), 'base64'), count);
    this.#state = 'final';
    return null;
  }

  /** RFC 5802 3: SaltedPassword, ClientProof, ServerSignature. */
  #computeFinal(serverFirst: ByteString, nonce: ByteString, salt: Buffer, iterations: number): void {
    const size = this.#hash === 'sha1' ? 20 : 32;
    const hmac = (key: Buffer, text: ByteString) => createHmac(this.#hash, key).update(bytes(text)).digest();
    const salted = pbkdf2Sync(bytes(this.#password), salt, iterations, size, this.#hash);
    const clientKey = hmac(salted, 'Client Key');
    const storedKey = createHash(this.#hash).update(clientKey).digest();
    const withoutProof = `c=${bytes(this.#gs2Header).toString('base64')},r=${nonce}`;
    const authMessage = `${this.#firstBare},${serverFirst},${withoutProof}`;
    const signature = hmac(storedKey, authMessage);
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), authMessage).toString('base64');
    this.#final = `${withoutProof},p=${proof.toString('base64')}`;
  }

  #checkServerFinal(message: ByteString): ByteString | null {
    const [field = ''] = message.split(',');
    if (field.startsWith('e=')) return `Server returned error value \`${field.slice(2)}'`;
    if (!field.startsWith('v=')) return 'Invalid verifier field in final server message';
    if (field.slice(2) !== this.#serverSignature) return 'Incorrect verifier field in final server message';
    this.#state = 'end';
    return null;
  }
}
