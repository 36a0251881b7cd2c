import type { ByteString } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import { authRequest, NO_CREDENTIALS } from './auth-request.js';
import { BackendConnection, type BackendDialogue } from './backend-connection.js';
import { decideLogin } from './decide-login.js';
import type { Destination } from './destination.js';
import type { LoginClient } from './login-client.js';
import type { LoginDecision, ProxyFailureClass } from './login-decision.js';
import { LoginGate } from './login-gate.js';
import { type LoginResult, refusalOf } from './login-result.js';
import {
  createSaslServer,
  decodeBase64,
  type SaslIdentity,
  type SaslServer,
  type SaslServerStep,
} from './sasl/sasl-server.js';
import type { SessionAction } from './session-event.js';

/** A dialogue with a backend that is told its connection before it begins. */
export interface AttachableDialogue extends BackendDialogue {
  attach(connection: BackendConnection): void;
}

export type Referral = Extract<LoginDecision, { kind: 'referral' }>;

/** What a login asks of the session around it: the protocol's words, and what comes next. */
export interface LoginSide {
  act(action: SessionAction): void;
  /** Tells the client why it is not logged in. */
  refuse(result: LoginResult, text: ByteString): void;
  /** The same for a proxied login that failed before its backend was asked. */
  proxyFailed(failure: ProxyFailureClass): void;
  refer(referral: Referral): void;
  /** Asks for the next SASL response; `data` is not encoded yet. */
  challenge(data: ByteString): void;
  /** Warns a client that sent its password in clear where that is not allowed. */
  alertExposed(): void;
  createDialogue(destination: Destination): AttachableDialogue;
  /** It is over without success: commands may follow. */
  finished(): void;
  /** It succeeded; `fromBackend` was read behind the backend's last line. */
  relay(fromBackend: ByteString): void;
}

const NO_MAILBOXES = 'This server is a proxy and has no mailbox for this user.';

/** A login of any protocol, from the client's credentials to the backend's answer. Dovecot client-common-auth.c */
export class LoginAttempt {
  readonly #client: LoginClient;
  readonly #side: LoginSide;
  readonly #gate: LoginGate;
  #sasl: SaslServer | null = null;
  #password: ByteString | null = null;
  /** Who the client says it is, where the auth process knows that before the login. */
  #named: ByteString | null = null;
  #dialogue: AttachableDialogue | null = null;
  #left = false;
  /** The last connection: its counts are wanted until the relay ends. */
  backend: BackendConnection | null = null;

  constructor(client: LoginClient, side: LoginSide) {
    this.#client = client;
    this.#side = side;
    this.#gate = new LoginGate(client, side);
  }

  /** A SASL exchange waits for a line of the client. */
  get waitsForClient(): boolean {
    return this.#client.waitingForClient;
  }

  /** Something is still to come: of the client, the auth process or the backend. */
  get active(): boolean {
    return this.#client.waitingForClient || this.#client.authenticating || this.backend?.open === true;
  }

  get backendState(): ByteString {
    return this.#dialogue?.state() ?? '';
  }

  /** See `LoginGate`. */
  checkCleartext(user: ByteString | null, exposed: boolean): boolean {
    return this.#gate.allowsCleartext(user, exposed);
  }

  /** User name and password in a command of the protocol. */
  plain(user: ByteString, password: ByteString): void {
    if (this.#gate.allows('PLAIN')) this.#request({ user, authorizationId: '', password });
  }

  /** A SASL exchange; `initial` is what stands behind the mechanism on its line, '' = nothing. */
  authenticate(mechanism: ByteString, initial: ByteString): void {
    this.#client.mechanism = mechanism;
    if (!this.#gate.allows(mechanism)) return;
    // `=` is an empty initial response. RFC 4959 3
    const decoded = initial === '' || initial === '=' ? '' : decodeBase64(initial);
    if (decoded === null) {
      this.#invalidBase64('Invalid base64 data in initial response');
      return;
    }
    this.#startSasl(initial === '' ? null : decoded);
  }

  /** A mechanism that has a command of its own, and says everything with it. */
  authenticatePrivately(mechanism: ByteString, initial: ByteString): void {
    if (this.#gate.allows(mechanism, true)) this.#startSasl(initial);
  }

  /** What only passes a password on is read here, the rest by the auth process. */
  #startSasl(initial: ByteString | null): void {
    this.#named = null;
    this.#sasl = createSaslServer(this.#client.mechanism);
    if (this.#sasl !== null) this.#continueSasl(this.#sasl.start(initial));
    else this.#ask({ kind: 'sasl_start', initial, request: authRequest(this.#client, NO_CREDENTIALS) });
  }

  #continueSasl(step: SaslServerStep): void {
    this.#client.unanswered = false;
    switch (step.kind) {
      case 'challenge':
        this.#side.challenge(step.data);
        this.#client.waitingForClient = true;
        break;
      case 'done':
        this.#client.waitingForClient = false;
        this.#request(step.identity);
        break;
      case 'failed':
        this.#client.waitingForClient = false;
        // observed 2.4.1
        this.#gate.logAuth(
          this.#client.series === '2.4' ? `${this.#client.mechanism.toLowerCase()}: ${step.log}` : step.log,
        );
        this.#side.refuse('auth_failed', 'Authentication failed.');
        break;
    }
  }

  #invalidBase64(text: ByteString, user: ByteString | null = null): void {
    this.#client.unanswered = false;
    this.#client.lastFailure = 'invalid_base64';
    this.#gate.logAuth(text, user);
    this.#side.refuse('invalid_base64', text);
  }

  /** A line of the SASL exchange. */
  saslLine(line: ByteString): void {
    if (line === '*') {
      this.#abort();
    } else {
      this.#response(line);
    }
    if (!this.active) this.#side.finished();
  }

  /** observed 2.3.19.1 (Debian deb12u7) and 2.4.1: the login process looks at its characters first. */
  #response(line: ByteString): void {
    if (!/^[A-Za-z0-9+/=]*$/.test(line)) {
      this.fail('Invalid base64 in response');
      return;
    }
    const decoded = decodeBase64(line);
    if (decoded !== null) {
      this.#respond(decoded);
      return;
    }
    const user = this.#named;
    this.drop();
    this.#invalidBase64('Invalid base64 data in continued response', user);
  }

  #respond(response: ByteString): void {
    this.#client.unanswered = false;
    if (this.#sasl !== null) {
      this.#continueSasl(this.#sasl.next(response));
      return;
    }
    this.#client.waitingForClient = false;
    this.#ask({ kind: 'sasl_continue', response });
    // The last response is the password.
    if (this.#client.mechanism === 'LOGIN') this.#password = response;
  }

  /** The connection ends in the middle of it. */
  abandon(): void {
    const client = this.#client;
    const pending = client.waitingForClient || client.authenticating || this.#left;
    if (pending && client.series === '2.4') {
      client.leavesTls();
      this.#gate.logFailed('Aborted');
    }
    this.backend?.abandon();
  }

  /** The exchange is over without an answer of its own. */
  drop(): void {
    if (this.#client.waitingForClient && this.#sasl === null) this.#side.act({ kind: 'sasl_cancel' });
    this.#client.waitingForClient = false;
    this.#sasl = null;
  }

  /** It stays without an end: the auth process is never told. */
  leave(): void {
    this.drop();
    this.#left = true;
    this.#client.unanswered = true;
  }

  /** The client's response is none: the login fails. */
  fail(text: ByteString): void {
    this.drop();
    this.#client.unanswered = true;
    this.#gate.logFailed(text);
    this.#side.refuse('auth_failed_reason', text);
  }

  #abort(): void {
    const client = this.#client;
    this.drop();
    client.abortedByClient = true;
    client.unanswered = true;
    if (client.series === '2.4') this.#gate.logFailed('Aborted');
    this.#side.refuse('aborted', 'Authentication aborted by client.');
  }

  #request(identity: SaslIdentity): void {
    this.#ask({ kind: 'authenticate', request: authRequest(this.#client, identity) });
    this.#password = identity.password;
  }

  #ask(action: Extract<SessionAction, { kind: 'authenticate' | 'sasl_start' | 'sasl_continue' }>): void {
    this.#left = false;
    this.#client.authenticating = true;
    this.#side.act({ kind: 'pause_client' });
    this.#side.act(action);
  }

  /** The auth process asks the client for more. */
  challenged(data: ByteString, user: ByteString | null): void {
    const client = this.#client;
    this.#named = user;
    if (!client.authenticating) return;
    client.authenticating = false;
    client.unanswered = false;
    client.waitingForClient = true;
    this.#side.challenge(data);
    this.#side.act({ kind: 'resume_client' });
  }

  /** The auth process has decided. */
  answered(answer: AuthAnswer): void {
    const client = this.#client;
    if (!client.authenticating) return;
    client.authenticating = false;
    client.unanswered = false;
    // An empty name is told, no name is not.
    if (answer.user !== '' || answer.reason === 'Empty username') client.user = answer.user;
    client.originalUser = answer.fields.find((field) => field.name === 'original_user')?.value ?? null;
    client.authUser = answer.fields.find((field) => field.name === 'auth_user')?.value ?? null;
    const password = this.#password;
    this.#password = null;
    if (answer.result !== 'ok') {
      const refusal = refusalOf(answer, client);
      client.lastFailure = refusal.code;
      this.#side.refuse(refusal.result, refusal.text);
      this.#side.finished();
      return;
    }
    client.successes += 1;
    client.answer = answer;
    const { login } = client.settings;
    const decision = decideLogin(answer, {
      version: login.version,
      protocol: client.protocol,
      localIp: client.localIp,
      localPort: client.localPort,
      clientPassword: password,
      mechanism: client.mechanism,
      proxyTimeoutMs: login.proxyTimeout,
      proxyTtl: client.ttl,
    });
    this.#follow(decision);
  }

  #log(level: 'info' | 'error', message: ByteString): void {
    this.#side.act({ kind: 'log', level, text: this.#client.logLine(message) });
  }

  #follow(decision: LoginDecision): void {
    const client = this.#client;
    for (const warning of decision.warnings ?? []) this.#log('error', warning);
    switch (decision.kind) {
      case 'proxy':
        this.#proxy(decision.destination);
        return;
      case 'local':
        this.#log('error', 'Login refused: the passdb gave no proxy field, and this proxy stores no mail');
        this.#side.refuse('login_disabled', NO_MAILBOXES);
        break;
      case 'nologin':
        client.lastFailure = 'login_disabled';
        this.#side.refuse('login_disabled', decision.reason);
        break;
      case 'referral':
        client.lastFailure = 'login_disabled';
        client.referred = client.series === '2.4';
        this.#side.refer(decision);
        break;
      case 'failed':
        this.#log('error', decision.log);
        if (decision.cause === 'temporary') {
          this.#side.refuse('temp_fail', 'Temporary authentication failure.');
        } else {
          client.proxyFailure = decision.failureClass;
          this.#side.proxyFailed(decision.failureClass);
        }
        break;
    }
    this.#side.finished();
  }

  #proxy(destination: Destination): void {
    const client = this.#client;
    if (destination.ip === null) {
      this.#log('error', `proxy(${client.user ?? ''}): host ${destination.host} has no address`);
      client.proxyFailure = 'internal';
      this.#side.proxyFailed('internal');
      this.#side.finished();
      return;
    }
    const dialogue = this.#side.createDialogue(destination);
    const backend = new BackendConnection(client, destination, destination.ip, dialogue, (action) =>
      this.#side.act(action),
    );
    dialogue.attach(backend);
    this.#dialogue = dialogue;
    this.backend = backend;
    backend.start();
  }

  /** The backend took it, and the client was told so. */
  succeeded(): void {
    const fromBackend = this.backend?.detach() ?? '';
    this.#side.relay(fromBackend);
  }
}
