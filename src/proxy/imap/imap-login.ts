import type { ByteString } from '../../../grammar/bytes.js';
import type { AuthAnswer } from '../../auth/answer.js';
import { BackendConnection } from '../backend-connection.js';
import { decideLogin } from '../decide-login.js';
import type { Destination } from '../destination.js';
import type { LoginClient } from '../login-client.js';
import type { LoginDecision } from '../login-decision.js';
import { sanitize } from '../sanitize.js';
import {
  createSaslServer,
  decodeBase64,
  encodeBase64,
  type SaslIdentity,
  type SaslServer,
  type SaslServerStep,
} from '../sasl/sasl-server.js';
import type { SessionAction } from '../session-event.js';
import { astring, type ImapArgument } from './argument-parser.js';
import { refusalOf } from './auth-reply.js';
import { ImapBackendDialogue } from './backend-dialogue.js';
import type { CommandReader } from './command-reader.js';
import { loginReply } from './login-reply.js';
import { referralUrl } from './referral-url.js';

/** What a login asks of the session around it. */
export interface ImapLoginSide {
  act(action: SessionAction): void;
  send(text: ByteString): void;
  /** With the tag of the command. */
  reply(text: ByteString): void;
  usedCapability(): boolean;
  /** Ends the connection. */
  close(reason: ByteString): void;
  /** It is over without success: commands may follow. */
  finished(): void;
  /** It succeeded; `fromBackend` was read behind the backend's last line. */
  relay(fromBackend: ByteString): void;
}

const NO_MAILBOXES = 'This server is a proxy and has no mailbox for this user.';
const UNAVAILABLE = 'NO [UNAVAILABLE] Account is temporarily unavailable.';
const SERVERBUG = 'NO [SERVERBUG] Account is temporarily unavailable.';

/** LOGIN and AUTHENTICATE, from the client's credentials to the backend's answer. Dovecot client-common-auth.c */
export class ImapLogin {
  readonly #client: LoginClient;
  readonly #side: ImapLoginSide;
  #sasl: SaslServer | null = null;
  #password: ByteString | null = null;
  #dialogue: ImapBackendDialogue | null = null;
  /** The last connection: its counts are wanted until the relay ends. */
  backend: BackendConnection | null = null;

  constructor(client: LoginClient, side: ImapLoginSide) {
    this.#client = client;
    this.#side = side;
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

  #cleartextAllowed(): boolean {
    const client = this.#client;
    return client.secured || (client.settings.login.allowCleartext && client.tlsMode !== 'required');
  }

  /** Dovecot imap-login-client.c is_login_cmd_disabled */
  loginDisabled(): boolean {
    if (this.#client.secured) return !this.#client.settings.mechanisms.includes('PLAIN');
    return !this.#cleartextAllowed();
  }

  /** All mechanisms here send the password in clear. Dovecot sasl-server.c sasl_server_get_advertised_mechs */
  offeredMechanisms(): readonly ByteString[] {
    return this.#cleartextAllowed() ? this.#client.settings.mechanisms : [];
  }

  #logVerbose(message: ByteString): void {
    if (!this.#client.settings.login.authVerbose) return;
    this.#side.act({ kind: 'log', level: 'info', text: this.#client.logLine(message) });
  }

  /** LOGIN; false where its arguments are not two strings. */
  login(parameters: readonly ImapArgument[]): boolean {
    const user = astring(parameters[0]);
    const password = astring(parameters[1]);
    if (user === null || password === null || parameters.length !== 2) return false;
    if (!this.#cleartextAllowed()) {
      this.#refuseCleartextLogin(user);
      return true;
    }
    if (this.#begin('PLAIN')) this.#request({ user, authorizationId: '', password });
    return true;
  }

  /** Dovecot client-common-auth.c client_check_plaintext_auth */
  #refuseCleartextLogin(user: ByteString): void {
    const word = this.#cleartextWord();
    this.#logVerbose(`Login failed: ${word} authentication disabled`);
    this.#client.user ??= user;
    this.#alertExposed();
    this.#side.reply(
      `NO [PRIVACYREQUIRED] ${word} authentication disallowed on non-secure (SSL/TLS) connections.`,
    );
    this.#client.attempts += 1;
  }

  #cleartextWord(): ByteString {
    return this.#client.series === '2.3' ? 'Plaintext' : 'Cleartext';
  }

  #alertExposed(): void {
    const word = this.#client.series === '2.3' ? 'Plaintext' : 'cleartext';
    this.#side.send(
      `* BAD [ALERT] ${word} authentication not allowed without SSL/TLS, but your client did it anyway. ` +
        'If anyone was listening, the password was exposed.\r\n',
    );
  }

  /** AUTHENTICATE with what stands behind the mechanism on its line. */
  authenticate(mechanism: ByteString, initial: ByteString): void {
    this.#client.mechanism = mechanism;
    if (!this.#begin(mechanism)) return;
    const sasl = createSaslServer(this.#client.mechanism);
    if (sasl === null) return;
    this.#sasl = sasl;
    // `=` is an empty initial response. RFC 4959 3
    const decoded = initial === '' || initial === '=' ? '' : decodeBase64(initial);
    if (decoded === null) {
      this.#invalidBase64('initial response');
      return;
    }
    this.#continueSasl(sasl.start(initial === '' ? null : decoded));
  }

  /** Checks that an attempt may be made at all. Dovecot sasl-server.c sasl_server_auth_begin */
  #begin(mechanism: ByteString): boolean {
    const client = this.#client;
    if (!client.secured && client.tlsMode === 'required') {
      this.#logVerbose('Login failed: SSL required for authentication');
      client.attempts += 1;
      this.#side.reply(
        client.series === '2.3'
          ? 'NO [PRIVACYREQUIRED] Authentication not allowed until SSL/TLS is enabled.'
          : 'NO [PRIVACYREQUIRED] Authentication disallowed on non-secure (SSL/TLS) connections.',
      );
      return false;
    }
    client.beginAttempt(mechanism);
    client.lastFailure = 'none';
    if (!client.settings.mechanisms.includes(client.mechanism)) {
      this.#logFailedMechanism('Unsupported authentication mechanism.');
      client.lastFailure = 'invalid_mech';
      this.#side.reply('NO [ALERT] Unsupported authentication mechanism.');
      return false;
    }
    if (this.#cleartextAllowed()) return true;
    const text =
      client.series === '2.3'
        ? 'Plaintext authentication disabled.'
        : 'Cleartext authentication disallowed on non-secure (SSL/TLS) connections.';
    if (client.series === '2.4') this.#alertExposed();
    this.#logFailedMechanism(text);
    client.lastFailure = 'cleartext_auth_disabled';
    this.#side.reply(`NO [PRIVACYREQUIRED] ${text}`);
    return false;
  }

  #logFailedMechanism(reason: ByteString): void {
    this.#logVerbose(`Authenticate ${sanitize(this.#client.mechanism, 64)} failed: ${reason}`);
  }

  #continueSasl(step: SaslServerStep): void {
    switch (step.kind) {
      case 'challenge':
        this.#side.send(`+ ${encodeBase64(step.data)}\r\n`);
        this.#client.waitingForClient = true;
        break;
      case 'done':
        this.#client.waitingForClient = false;
        this.#request(step.identity);
        break;
      case 'failed':
        this.#client.waitingForClient = false;
        this.#logAuth(step.log);
        this.#side.reply('NO [AUTHENTICATIONFAILED] Authentication failed.');
        break;
    }
  }

  /** A line of the auth process about a request without a user. */
  #logAuth(text: ByteString): void {
    const client = this.#client;
    if (!client.settings.login.authVerbose) return;
    const mechanism = client.mechanism.toLowerCase();
    const session = client.session();
    const prefix =
      client.series === '2.3'
        ? `${mechanism}(?,${client.remoteIp},<${session}>): `
        : `(?,${client.remoteIp},sasl:${mechanism})<${session}>: `;
    this.#side.act({ kind: 'log_auth', level: 'info', prefix, text });
  }

  #invalidBase64(where: ByteString): void {
    const text = `Invalid base64 data in ${where}`;
    this.#client.waitingForClient = false;
    this.#client.lastFailure = 'invalid_base64';
    this.#logAuth(text);
    this.#side.reply(`BAD ${text}`);
  }

  /** A line of the SASL exchange, if there is a whole one. */
  clientLine(reader: CommandReader): boolean {
    const line = reader.saslLine();
    if (line === null) return false;
    if (line === 'too_large') {
      this.#side.close('Authentication response too large');
      return true;
    }
    if (line.text === '*') {
      this.#abort();
    } else {
      const decoded = decodeBase64(line.text);
      if (decoded === null) this.#invalidBase64('continued response');
      else if (this.#sasl !== null) this.#continueSasl(this.#sasl.next(decoded));
    }
    if (!this.active) this.#side.finished();
    return true;
  }

  /** The connection ends in the middle of it. */
  abandon(): void {
    const client = this.#client;
    const pending = client.waitingForClient || client.authenticating;
    if (pending && client.series === '2.4') this.#logFailedMechanism('Aborted');
    this.backend?.abandon();
  }

  #abort(): void {
    const client = this.#client;
    client.waitingForClient = false;
    client.abortedByClient = true;
    if (client.series === '2.4') this.#logFailedMechanism('Aborted');
    this.#side.reply('BAD Authentication aborted by client.');
  }

  #request(identity: SaslIdentity): void {
    const client = this.#client;
    client.authenticating = true;
    this.#side.act({ kind: 'pause_client' });
    this.#side.act({
      kind: 'authenticate',
      request: {
        ...identity,
        mode: 'verify',
        mechanism: client.mechanism,
        protocol: client.protocol,
        localIp: client.localIp,
        localPort: client.localPort,
        remoteIp: client.remoteIp,
        remotePort: client.remotePort,
        realLocalIp: client.real.realLocalIp,
        realLocalPort: client.real.realLocalPort,
        realRemoteIp: client.real.realRemoteIp,
        realRemotePort: client.real.realRemotePort,
        localName: client.localName,
        clientId: client.clientId,
        session: client.session(),
        secured: client.securedForAuth,
        validClientCertificate: false,
        forward: client.forwardFields,
        login: true,
      },
    });
    this.#password = identity.password;
  }

  /** The auth process has decided. */
  answered(answer: AuthAnswer): void {
    const client = this.#client;
    if (!client.authenticating) return;
    client.authenticating = false;
    if (answer.user !== '') client.user = answer.user;
    client.originalUser = answer.fields.find((field) => field.name === 'original_user')?.value ?? null;
    client.authUser = answer.fields.find((field) => field.name === 'auth_user')?.value ?? null;
    const password = this.#password;
    this.#password = null;
    if (answer.result !== 'ok') {
      const refusal = refusalOf(answer, client);
      client.lastFailure = refusal.code;
      this.#side.reply(refusal.text);
      this.#side.finished();
      return;
    }
    client.successes += 1;
    client.answer = answer;
    const { login } = client.settings;
    const decision = decideLogin(answer, {
      version: login.version,
      protocol: 'imap',
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
        this.#side.reply(`NO [CONTACTADMIN] ${NO_MAILBOXES}`);
        break;
      case 'nologin':
        client.lastFailure = 'login_disabled';
        this.#side.reply(`NO [CONTACTADMIN] ${decision.reason}`);
        break;
      case 'referral': {
        client.lastFailure = 'login_disabled';
        client.referred = client.series === '2.4';
        const url = referralUrl(decision.user, client.mechanism, decision.host, decision.port);
        this.#side.reply(`NO [REFERRAL ${url}] ${decision.reason}`);
        break;
      }
      case 'failed':
        this.#log('error', decision.log);
        if (decision.cause === 'temporary') {
          this.#side.reply('NO [UNAVAILABLE] Temporary authentication failure.');
        } else {
          client.proxyFailure = decision.failureClass;
          this.#side.reply(decision.failureClass === 'remote_config' ? SERVERBUG : UNAVAILABLE);
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
      this.#side.reply(UNAVAILABLE);
      this.#side.finished();
      return;
    }
    const dialogue = new ImapBackendDialogue(client, destination, {
      reply: (text) => this.#side.reply(text),
      untagged: (line) => this.#side.send(`${line}\r\n`),
      loggedIn: (rest, capability) => this.#loggedIn(rest, capability),
      usedCapability: this.#side.usedCapability(),
      loginFailed: () => this.#side.finished(),
    });
    const backend = new BackendConnection(client, destination, destination.ip, dialogue, (action) =>
      this.#side.act(action),
    );
    dialogue.attach(backend);
    this.#dialogue = dialogue;
    this.backend = backend;
    backend.start();
  }

  #loggedIn(rest: ByteString, known: ByteString | null): void {
    const reply = loginReply(rest, known, this.#side.usedCapability());
    if (reply.untagged !== null) this.#side.send(`${reply.untagged}\r\n`);
    this.#side.reply(reply.tagged);
    const fromBackend = this.backend?.detach() ?? '';
    this.#side.relay(fromBackend);
  }
}
