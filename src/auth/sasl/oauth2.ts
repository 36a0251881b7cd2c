import type { ByteString } from '../../../grammar/bytes.js';
import type { AuthAnswer } from '../answer.js';
import {
  type Mechanism,
  type MechanismEnvironment,
  type MechanismStep,
  startWith,
  unescapeName,
} from './mechanism.js';
import { bearerToken, OAuth2Failure, type OAuth2Name } from './oauth2-failure.js';

type Header =
  | { readonly kind: 'user'; readonly user: ByteString | null }
  | { readonly kind: 'refused'; readonly step: MechanismStep };

/**
 * OAUTHBEARER (RFC 7628) and XOAUTH2: 2.3 lets the chain check the token as a password, 2.4 asks its oauth2 database
 * and then the chain for the user. Dovecot mech-oauth2.c
 */
export class OAuth2Mechanism implements Mechanism {
  readonly takesNul = false;
  readonly #name: OAuth2Name;
  readonly #environment: MechanismEnvironment;
  readonly #failure: OAuth2Failure;

  constructor(name: OAuth2Name, environment: MechanismEnvironment) {
    this.#name = name;
    this.#environment = environment;
    this.#failure = new OAuth2Failure(name, environment);
  }

  start(initial: ByteString | null): MechanismStep {
    return startWith(initial, (response) => this.next(response));
  }

  next(response: ByteString): MechanismStep {
    const is24 = this.#environment.series === '2.4';
    if (is24 && response === '') return this.#failure.refused(null, 'invalid_token');
    const fields = response.split('\x01');
    const header = this.#name === 'XOAUTH2' ? userField(fields) : this.#gs2Header(fields[0] ?? '');
    if (header.kind === 'refused') return header.step;
    let token: ByteString | null = null;
    for (const field of fields) {
      if (!field.startsWith('auth=')) continue;
      token = bearerToken(field.slice('auth='.length));
      if (token === null) return this.#failure.refused('Invalid continued data', 'invalid_token');
    }
    const { user } = header;
    if (user === null || token === null) return this.#incomplete(user, token !== null);
    const identity = { user, authorizationId: null };
    return is24 ? { kind: 'token', identity, token } : { kind: 'login', identity, password: token };
  }

  failureReply(answer: AuthAnswer): ByteString | null {
    return this.#failure.reply(answer);
  }

  #incomplete(user: ByteString | null, hasToken: boolean): MechanismStep {
    const step = this.#incompleteStep(hasToken);
    return user === null || step.kind !== 'failed' ? step : { ...step, user };
  }

  #incompleteStep(hasToken: boolean): MechanismStep {
    const bearer = this.#name === 'OAUTHBEARER';
    if (this.#environment.series === '2.3') {
      const log = bearer ? 'Missing username or token' : 'Username or token missing';
      return this.#failure.refused(log, 'invalid_token');
    }
    if (!hasToken) return this.#failure.refused('Missing token', 'invalid_token');
    return this.#failure.refused('Missing username', bearer ? 'invalid_request' : 'invalid_token', 401);
  }

  /** RFC 5801 section 4 */
  #gs2Header(header: ByteString): Header {
    const refused = (...[log, status]: Parameters<OAuth2Failure['refused']>): Header => ({
      kind: 'refused',
      step: this.#failure.refused(log, status),
    });
    if (header === '') return refused('Invalid continued data', 'invalid_token');
    let user: ByteString | null = null;
    for (const part of header.split(',')) {
      switch (part[0]) {
        case undefined:
        case 'n':
        case 'y':
          break;
        case 'f':
          return refused('Client requested non-standard mechanism', 'request_not_supported');
        case 'p':
          return refused('Client requested and used channel-binding', 'request_not_supported');
        case 'a': {
          const name = part[1] === '=' ? unescapeName(part.slice(2)) : null;
          if (name === null) return refused('Invalid username escaping', 'invalid_request');
          user = name;
          break;
        }
        default:
          return refused('Invalid gs2-header in request', 'invalid_request');
      }
    }
    return { kind: 'user', user };
  }
}

function userField(fields: readonly ByteString[]): Header {
  const field = fields.findLast((each) => each.startsWith('user='));
  return { kind: 'user', user: field === undefined ? null : field.slice('user='.length) };
}
