import type { ByteString } from '../../../grammar/bytes.js';
import { ScramClient, type ScramHash } from './scram-client.js';

export interface SaslCredentials {
  /** Authentication id. */
  readonly authid: ByteString;
  /** Authorization id. */
  readonly authzid: ByteString;
  readonly password: ByteString;
}

export type SaslStep =
  | { readonly kind: 'output'; readonly data: ByteString }
  | { readonly kind: 'error'; readonly message: ByteString };

/** One SASL exchange towards a backend. Dovecot lib-sasl/dsasl-client.c */
export interface SaslClient {
  /** What to send next: first of all, or after an input was accepted. */
  output(): SaslStep;
  /** A challenge of the server; null = accepted. */
  input(challenge: ByteString): ByteString | null;
}

const NOT_FINISHED = "Server didn't finish authentication";
const NOT_EMPTY = 'Server sent non-empty initial response';

/** A mechanism that says everything in one message. Dovecot lib-sasl/mech-plain.c, mech-external.c */
class OneMessageClient implements SaslClient {
  readonly #message: ByteString;
  readonly #afterwards: (challenge: ByteString) => ByteString | null;
  #sent = false;

  constructor(message: ByteString, afterwards: (challenge: ByteString) => ByteString | null) {
    this.#message = message;
    this.#afterwards = afterwards;
  }

  output(): SaslStep {
    this.#sent = true;
    return { kind: 'output', data: this.#message };
  }

  input(challenge: ByteString): ByteString | null {
    if (!this.#sent) return challenge === '' ? null : NOT_EMPTY;
    return this.#afterwards(challenge);
  }
}

/** Dovecot lib-sasl/mech-login.c: any two challenges, then the user name and the password. */
class LoginClient implements SaslClient {
  readonly #answers: readonly ByteString[];
  #state = 0;

  constructor(credentials: SaslCredentials) {
    this.#answers = ['', credentials.authid, credentials.password];
  }

  output(): SaslStep {
    return { kind: 'output', data: this.#answers[this.#state] ?? '' };
  }

  input(): ByteString | null {
    if (this.#state === 2) return NOT_FINISHED;
    this.#state += 1;
    return null;
  }
}

/** The status in the error of OAUTHBEARER and XOAUTH2. Dovecot lib-sasl/mech-oauthbearer.c */
function oauthFailure(challenge: ByteString): ByteString | null {
  if (challenge === '') return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(challenge, 'latin1').toString('utf8'));
  } catch {
    return 'Error parsing JSON reply: Invalid JSON';
  }
  const status: unknown =
    typeof parsed === 'object' && parsed !== null && 'status' in parsed ? parsed.status : undefined;
  if (status === undefined) return 'Error parsing JSON reply: Status value missing';
  if (typeof status !== 'string' && typeof status !== 'number')
    return 'Status field in response is not a string or a number.';
  return `Failed to authenticate: ${status}`;
}

const notFinished = () => NOT_FINISHED;

/** The exchange of a mechanism (upper case), or null where the proxy has none. */
export function createSaslClient(
  mechanism: ByteString,
  credentials: SaslCredentials,
  randomBytes: (count: number) => Uint8Array,
): SaslClient | null {
  const { authid, authzid, password } = credentials;
  switch (mechanism) {
    case 'PLAIN':
      return new OneMessageClient(`${authzid}\0${authid}\0${password}`, notFinished);
    case 'LOGIN':
      return new LoginClient(credentials);
    case 'EXTERNAL':
      return new OneMessageClient(authzid, notFinished);
    case 'ANONYMOUS':
      return new OneMessageClient(authid, (challenge) =>
        challenge === '' ? null : 'Server sent non-empty response',
      );
    case 'XOAUTH2':
      return new OneMessageClient(`user=${authid}\x01auth=Bearer ${password}\x01\x01`, oauthFailure);
    case 'OAUTHBEARER':
      return new OneMessageClient(`n,a=${authid},\x01auth=Bearer ${password}\x01\x01`, oauthFailure);
    case 'SCRAM-SHA-1':
    case 'SCRAM-SHA-256': {
      const hash: ScramHash = mechanism === 'SCRAM-SHA-1' ? 'sha1' : 'sha256';
      return new ScramClient(hash, credentials, randomBytes);
    }
    default:
      return null;
  }
}
