import type { ByteString } from '../../../grammar/bytes.js';
import { hmacMd5Hex } from '../../passwords/digests.js';
import { equalBytes } from '../../passwords/equality.js';
import {
  failed,
  type Mechanism,
  type MechanismEnvironment,
  type MechanismStep,
  MISMATCH,
  type ProofStep,
} from './mechanism.js';

const CONTEXT_LENGTH = 32;
const DIGITS = 16;

/** RFC 2195. Dovecot mech-cram-md5.c */
export class CramMd5Mechanism implements Mechanism {
  readonly takesNul = false;
  readonly #challenge: ByteString;
  #response: ByteString = '';

  constructor({ system }: MechanismEnvironment) {
    const digits = [...system.randomBytes(DIGITS)].map((byte) => byte % 10).join('');
    this.#challenge = `<${digits}.${Math.floor(system.now() / 1000)}@${system.hostname}>`;
  }

  /** An initial response is not looked at. */
  start(): MechanismStep {
    return { kind: 'challenge', data: this.#challenge };
  }

  next(response: ByteString): MechanismStep {
    // A name may hold spaces, a digest none.
    const space = response.lastIndexOf(' ');
    if (space <= 0) return failed('missing digest');
    this.#response = response.slice(space + 1);
    const user = response.slice(0, space);
    return { kind: 'credentials', identity: { user, authorizationId: null }, scheme: 'CRAM-MD5' };
  }

  credentials(raw: ByteString): ProofStep {
    if (raw.length !== CONTEXT_LENGTH)
      return { kind: 'refuted', log: { level: 'error', text: 'invalid credentials length' } };
    const expected = hmacMd5Hex(raw, this.#challenge);
    // What stands behind 32 digits is not compared.
    const matches = equalBytes(expected, this.#response.slice(0, expected.length));
    return matches ? { kind: 'proved', data: '' } : MISMATCH;
  }
}
