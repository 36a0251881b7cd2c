import type { ByteString } from '../../../grammar/bytes.js';
import { digest } from '../../passwords/digests.js';
import { equalBytes } from '../../passwords/equality.js';
import {
  cString,
  failed,
  type Mechanism,
  type MechanismEnvironment,
  type MechanismStep,
  MISMATCH,
  type ProofStep,
} from './mechanism.js';

const DIGEST_LENGTH = 16;

/** RFC 1939 section 7: the POP3 server has sent the challenge in its greeting. Dovecot mech-apop.c */
export class ApopMechanism implements Mechanism {
  readonly takesNul = true;
  readonly #isOurs: (challenge: ByteString) => boolean;
  #challenge: ByteString = '';
  #digest: ByteString = '';

  constructor({ isOwnChallenge }: MechanismEnvironment) {
    this.#isOurs = isOwnChallenge ?? (() => false);
  }

  /** Challenge, NUL, name, NUL, the digest's 16 bytes. */
  start(initial: ByteString | null): MechanismStep {
    if (initial === null || initial === '') return failed('no initial response');
    const first = initial.indexOf('\0');
    const second = initial.indexOf('\0', first + 1);
    if (first === -1 || second === -1 || initial.length !== second + 1 + DIGEST_LENGTH)
      return failed('malformed data');
    this.#challenge = initial.slice(0, first);
    this.#digest = initial.slice(second + 1);
    if (!this.#isOurs(this.#challenge)) return failed('invalid challenge');
    const user = initial.slice(first + 1, second);
    return { kind: 'credentials', identity: { user, authorizationId: null }, scheme: 'PLAIN' };
  }

  next(): MechanismStep {
    return failed('malformed data');
  }

  credentials(raw: ByteString): ProofStep {
    const matches = equalBytes(digest('md5', cString(this.#challenge) + raw), this.#digest);
    // Dovecot says nothing here.
    return matches ? { kind: 'proved', data: '' } : { ...MISMATCH, kind: 'refuted', log: null };
  }
}
