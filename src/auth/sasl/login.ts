import type { ByteString } from '../../../grammar/bytes.js';
import type { Mechanism, MechanismStep } from './mechanism.js';

/** Two prompts; an empty initial response is none. Dovecot mech-login.c */
export class LoginMechanism implements Mechanism {
  readonly takesNul = false;
  #user: ByteString | null = null;

  start(initial: ByteString | null): MechanismStep {
    return initial === null || initial === '' ? { kind: 'challenge', data: 'Username:' } : this.next(initial);
  }

  next(response: ByteString): MechanismStep {
    if (this.#user === null) {
      this.#user = response;
      return { kind: 'name', user: response, challenge: 'Password:' };
    }
    return {
      kind: 'login',
      identity: { user: this.#user, authorizationId: null },
      password: response,
    };
  }
}
