import type { ByteString } from '../../../grammar/bytes.js';
import type { AuthAnswer } from '../answer.js';
import { info, type MechanismEnvironment, type MechanismStep } from './mechanism.js';

export type OAuth2Name = 'XOAUTH2' | 'OAUTHBEARER';

/** RFC 7628 section 3.2.2 */
type Status =
  | 'invalid_token'
  | 'invalid_request'
  | 'request_not_supported'
  | 'insufficient_scope'
  | 'internal_failure';

/** RFC 6750 section 3.1, what XOAUTH2 tells instead of the status. */
const CODES: Readonly<Record<Status, number>> = {
  invalid_token: 401,
  invalid_request: 400,
  request_not_supported: 400,
  insufficient_scope: 403,
  internal_failure: 500,
};

function json(fields: readonly (readonly [name: string, value: ByteString])[]): ByteString {
  const text = fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',');
  return `{${text}}`;
}

/** Which failures OAUTHBEARER and XOAUTH2 explain to the client, and how. Dovecot mech-oauth2.c of both versions */
export class OAuth2Failure {
  readonly #name: OAuth2Name;
  readonly #environment: MechanismEnvironment;

  constructor(name: OAuth2Name, environment: MechanismEnvironment) {
    this.#name = name;
    this.#environment = environment;
  }

  /** A response that is refused as it stands. 2.3 fails without an explanation. */
  refused(log: ByteString | null, status: Status, code: number = CODES[status]): MechanismStep {
    const entry = log === null ? null : info(log);
    if (this.#environment.series === '2.3') return { kind: 'failed', log: entry };
    return { kind: 'failed', log: entry, reply: this.#explained(status, code) };
  }

  /** What the client is told of the chain's answer. */
  reply(answer: AuthAnswer): ByteString | null {
    if (this.#environment.series === '2.3') return this.#reply23(answer);
    if (answer.passdbResult === null) return this.#explained('invalid_request', 400);
    switch (answer.passdbResult) {
      case 'internal_failure':
        return this.#explained('internal_failure', 500);
      case 'user_disabled':
      case 'pass_expired':
        return this.#explained('insufficient_scope', 403);
      case 'password_mismatch':
        return this.#explained('invalid_token', 401);
      default:
        return null;
    }
  }

  #reply23({ result, passdbResult }: AuthAnswer): ByteString | null {
    // Refused before the chain, an internal failure, or a right password that a rule refuses: nothing is told.
    if (result !== 'fail' || passdbResult === null || passdbResult === 'ok') return null;
    return this.#name === 'XOAUTH2'
      ? json([
          ['status', '401'],
          ['schemes', 'bearer'],
          ['scope', 'mail'],
        ])
      : json([['status', 'invalid_token']]);
  }

  #explained(status: Status, code: number): ByteString {
    const rest = [
      ['scope', 'mail'],
      ['openid-configuration', this.#environment.openidConfigurationUrl ?? ''],
    ] as const;
    return this.#name === 'XOAUTH2'
      ? json([['schemes', 'bearer'], ['status', String(code)], ...rest])
      : json([['status', status], ...rest]);
  }
}

/** The token of `Bearer TOKEN`, or null. Dovecot oauth2.c: oauth2_valid_token */
export function bearerToken(value: ByteString): ByteString | null {
  const token = /^bearer ([^\r\n]+)$/i.exec(value)?.[1];
  return token ?? null;
}
