import type { ByteString } from '../../../grammar/bytes.js';
import { cString, type Mechanism, type MechanismStep, startWith } from './mechanism.js';

/** RFC 4505: whatever the client says is logged. Dovecot mech-anonymous.c */
export class AnonymousMechanism implements Mechanism {
  readonly takesNul = true;

  start(initial: ByteString | null): MechanismStep {
    return startWith(initial, (response) => this.next(response));
  }

  next(response: ByteString): MechanismStep {
    return { kind: 'anonymous', trace: cString(response) };
  }
}
