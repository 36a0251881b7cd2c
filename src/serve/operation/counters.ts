import type { AuthAnswer } from '../../auth/answer.js';
import type { ServedProtocol } from '../../proxy/login-protocols.js';

/** How a login ended, for the counters. */
type LoginResult = 'ok' | 'refused' | 'tempfail';

/** Counts since the process began; numbers only, so that those of several processes add up. */
export interface Counts {
  /** Accepted connections by protocol. */
  readonly connections: Readonly<Record<string, number>>;
  /** Answers of the auth process by `PROTOCOL RESULT`. */
  readonly logins: Readonly<Record<string, number>>;
  /** Tries to connect by `IP:PORT RESULT`. */
  readonly backends: Readonly<Record<string, number>>;
  /** Bytes given to backends and to clients after the login. */
  readonly bytes: { readonly to_backends: number; readonly to_clients: number };
}

export const NO_COUNTS: Counts = {
  connections: {},
  logins: {},
  backends: {},
  bytes: { to_backends: 0, to_clients: 0 },
};

/** Counts what the sessions of one process do. */
export class Counters {
  readonly #connections: Record<string, number> = {};
  readonly #logins: Record<string, number> = {};
  readonly #backends: Record<string, number> = {};
  #toBackends = 0;
  #toClients = 0;

  connected(protocol: ServedProtocol): void {
    this.#connections[protocol] = (this.#connections[protocol] ?? 0) + 1;
  }

  answered(protocol: ServedProtocol, { result }: Pick<AuthAnswer, 'result'>): void {
    const key = `${protocol} ${LOGIN_RESULTS[result]}`;
    this.#logins[key] = (this.#logins[key] ?? 0) + 1;
  }

  /** `name`: `IP:PORT`. */
  backend(name: string, result: 'connected' | 'failed'): void {
    const key = `${name} ${result}`;
    this.#backends[key] = (this.#backends[key] ?? 0) + 1;
  }

  relayed(toBackend: number, toClient: number): void {
    this.#toBackends += toBackend;
    this.#toClients += toClient;
  }

  get counts(): Counts {
    return {
      connections: { ...this.#connections },
      logins: { ...this.#logins },
      backends: { ...this.#backends },
      bytes: { to_backends: this.#toBackends, to_clients: this.#toClients },
    };
  }
}

const LOGIN_RESULTS: Readonly<Record<AuthAnswer['result'], LoginResult>> = {
  ok: 'ok',
  fail: 'refused',
  tempfail: 'tempfail',
};

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    connections: addRecords(a.connections, b.connections),
    logins: addRecords(a.logins, b.logins),
    backends: addRecords(a.backends, b.backends),
    bytes: {
      to_backends: a.bytes.to_backends + b.bytes.to_backends,
      to_clients: a.bytes.to_clients + b.bytes.to_clients,
    },
  };
}

function addRecords(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum = { ...a };
  for (const [key, count] of Object.entries(b)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}
