import type { ByteString } from '../../../grammar/bytes.js';
import type { Destination } from '../destination.js';
import type { LoginClient } from '../login-client.js';
import { createSaslClient, type SaslClient } from './sasl-client.js';

/** What is to be sent, or why it cannot go on. */
export type ExchangeStep =
  | { readonly kind: 'send'; readonly data: ByteString }
  | { readonly kind: 'failed'; readonly reason: ByteString };

/** A SASL login at a backend as a destination asks for it. */
export class BackendExchange {
  readonly mechanism: ByteString;
  readonly #sasl: SaslClient | null;

  constructor(client: LoginClient, { mechanism, user, master, password }: Destination, fallback = 'PLAIN') {
    this.mechanism = mechanism ?? fallback;
    const credentials = {
      authid: master === '' ? user : master,
      authzid: user,
      password: password ?? '',
    };
    this.#sasl = createSaslClient(this.mechanism, credentials, (count) =>
      client.environment.randomBytes(count),
    );
  }

  /** The first message; its failure is one of the proxy itself. */
  first(): ExchangeStep {
    if (this.#sasl === null)
      return { kind: 'failed', reason: `Unsupported SASL mechanism ${this.mechanism}` };
    const output = this.#sasl.output();
    if (output.kind === 'error')
      return { kind: 'failed', reason: `SASL mechanism ${this.mechanism} init failed: ${output.message}` };
    return { kind: 'send', data: output.data };
  }

  /** The answer to a challenge, already decoded; its failure is one of the backend. */
  next(challenge: ByteString): ExchangeStep {
    const sasl = this.#sasl;
    if (sasl === null) return { kind: 'failed', reason: 'Invalid authentication data: no exchange' };
    const error = challenge.includes('\0') ? 'Unexpected NUL in input data' : sasl.input(challenge);
    const output = error === null ? sasl.output() : ({ kind: 'error', message: error } as const);
    if (output.kind === 'error')
      return { kind: 'failed', reason: `Invalid authentication data: ${output.message}` };
    return { kind: 'send', data: output.data };
  }
}
