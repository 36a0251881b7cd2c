import type { ByteString } from '../../../grammar/bytes.js';
import { failed, type Mechanism, type MechanismStep, startWith } from './mechanism.js';

/** RFC 4616: authorization id, NUL, name, NUL, password. Dovecot mech-plain.c */
export class PlainMechanism implements Mechanism {
  readonly takesNul = true;

  start(initial: ByteString | null): MechanismStep {
    return startWith(initial, (response) => this.next(response));
  }

  next(response: ByteString): MechanismStep {
    const parts = response.split('\0');
    const [authorizationId = '', user = '', password = ''] = parts;
    if (parts.length !== 3) return failed('invalid input');
    const other = authorizationId !== '' && authorizationId !== user;
    return { kind: 'login', identity: { user, authorizationId: other ? authorizationId : null }, password };
  }
}
