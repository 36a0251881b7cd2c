import { createHash, createHmac } from 'node:crypto';
import type { ByteString } from '../../../grammar/bytes.js';
import type { Series } from '../../knowledge/versions.js';
import { equalBytes } from '../../passwords/equality.js';
import { parseScram, type ScramKeys } from '../../passwords/scram.js';
import { base64Of, bytesOfBase64, toBytes } from '../../variables/binary.js';
import {
  failed,
  info,
  type Mechanism,
  type MechanismEnvironment,
  type MechanismStep,
  MISMATCH,
  type ProofStep,
  startWith,
  unescapeName,
} from './mechanism.js';

const NONCE_LENGTH = 64;
const INITIAL = 'Invalid initial client message:';

export type ScramName = 'SCRAM-SHA-1' | 'SCRAM-SHA-256';

/**
 * RFC 5802, RFC 7677, without channel binding. Dovecot 2.3.19.1 mech-scram.c, 2.4.1 lib-auth/auth-scram-server.c:
 * the first takes the name before it looks at the nonce.
 */
export class ScramMechanism implements Mechanism {
  readonly takesNul = false;
  readonly #name: ScramName;
  readonly #series: Series;
  readonly #serverNonce: ByteString;
  #gs2Header: ByteString = '';
  #firstBare: ByteString = '';
  #clientNonce: ByteString = '';
  #serverFirst: ByteString = '';
  #keys: ScramKeys | null = null;

  constructor(name: ScramName, { series, system }: MechanismEnvironment) {
    this.#name = name;
    this.#series = series;
    this.#serverNonce = [...system.randomBytes(NONCE_LENGTH)]
      .map((byte) => String.fromCharCode((byte % 93) + 33).replace(',', '~'))
      .join('');
  }

  start(initial: ByteString | null): MechanismStep {
    return startWith(initial, (response) => this.next(response));
  }

  /** The client's first message. */
  next(message: ByteString): MechanismStep {
    const first = message.indexOf(',');
    if (first === -1) return failed(`${INITIAL} Missing first ',' in GS2 header`);
    const second = message.indexOf(',', first + 1);
    if (second === -1) return failed(`${INITIAL} Missing second ',' in GS2 header`);
    const authzid = message.slice(first + 1, second);
    this.#gs2Header = message.slice(0, second + 1);
    this.#firstBare = message.slice(second + 1);
    const [name = '', nonce] = this.#firstBare.split(',');
    if (nonce === undefined) return failed(`${INITIAL} Missing nonce field`);
    const binding = this.#bindingMistake(message.slice(0, first));
    if (binding !== null) return failed(binding);
    let authorizationId: ByteString | null = null;
    if (authzid.startsWith('a=')) {
      authorizationId = unescapeName(authzid.slice(2));
      if (authorizationId === null) return failed('authzid escaping is invalid');
    } else if (authzid !== '') return failed('Invalid authzid field');
    if (name.startsWith('m')) return failed('Mandatory extension(s) not supported');
    if (!name.startsWith('n=')) return failed('Invalid username field');
    const user = unescapeName(name.slice(2));
    if (user === null) return failed('Username escaping is invalid');
    if (!nonce.startsWith('r='))
      return { ...failed('Invalid client nonce'), ...(this.#series === '2.3' ? { user } : {}) };
    this.#clientNonce = nonce.slice(2);
    return { kind: 'credentials', identity: { user, authorizationId }, scheme: this.#name };
  }

  #bindingMistake(flag: ByteString): ByteString | null {
    if (flag.startsWith('n') || flag.startsWith('y')) return null;
    if (!flag.startsWith('p')) return 'Invalid GS2 header';
    if (this.#series === '2.4' && !/^p=./s.test(flag)) return 'Invalid GS2 header';
    return 'Channel binding not supported';
  }

  credentials(raw: ByteString): ProofStep {
    const entry = parseScram(this.#name, raw);
    if (entry.kind === 'invalid') return { kind: 'refuted', log: info(entry.reason) };
    this.#keys = entry;
    const nonce = this.#clientNonce + this.#serverNonce;
    this.#serverFirst = `r=${nonce},s=${entry.saltBase64},i=${entry.iterations}`;
    return { kind: 'challenge', data: this.#serverFirst };
  }

  /** The client's final message. */
  proof(message: ByteString): ProofStep {
    const keys = this.#keys;
    const fields = message.split(',');
    const last = fields.at(-1) ?? '';
    const refuted = (text: ByteString): ProofStep => ({ kind: 'refuted', log: info(text) });
    if (keys === null || fields.length < 3) return refuted('Invalid final client message');
    if (fields[0] !== `c=${base64Of(this.#gs2Header, { url: false, pad: true })}`)
      return refuted('Invalid channel binding data');
    if (fields[1] !== `r=${this.#clientNonce}${this.#serverNonce}`) return refuted('Wrong nonce');
    if (!last.startsWith('p')) return refuted('Invalid ClientProof');
    const proof = bytesOfBase64(last.slice(2), false);
    if (!proof.complete) return refuted('Invalid base64 encoding');
    if (proof.bytes.length !== keys.storedKey.length) return refuted('Invalid ClientProof length');
    const withoutProof = fields.slice(0, -1).join(',');
    const authMessage = `${this.#firstBare},${this.#serverFirst},${withoutProof}`;
    const signature = this.#hmac(keys.storedKey, authMessage);
    const clientKey = toBytes(proof.bytes).map((byte, at) => byte ^ (signature[at] ?? 0));
    const storedKey = createHash(this.#algorithm).update(clientKey).digest().toString('latin1');
    if (!equalBytes(storedKey, keys.storedKey)) return MISMATCH;
    return { kind: 'proved', data: `v=${this.#hmac(keys.serverKey, authMessage).toString('base64')}` };
  }

  get #algorithm(): 'sha1' | 'sha256' {
    return this.#name === 'SCRAM-SHA-1' ? 'sha1' : 'sha256';
  }

  #hmac(key: ByteString, text: ByteString): Buffer {
    return createHmac(this.#algorithm, toBytes(key)).update(toBytes(text)).digest();
  }
}
