import type { ByteString } from '../../../grammar/bytes.js';
import { cString, type Mechanism, type MechanismStep, startWith } from './mechanism.js';

/** RFC 4422 appendix A: the name is that of the client's certificate. Dovecot mech-external.c */
export class ExternalMechanism implements Mechanism {
  readonly takesNul = false;

  start(initial: ByteString | null): MechanismStep {
    return startWith(initial, (response) => this.next(response));
  }

  next(response: ByteString): MechanismStep {
    const authorizationId = cString(response);
    return { kind: 'certificate', authorizationId: authorizationId === '' ? null : authorizationId };
  }
}
