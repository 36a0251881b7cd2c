import type { ByteString } from '../../../grammar/bytes.js';
import type { BackendConnection } from '../backend-connection.js';
import type { Destination } from '../destination.js';
import type { AttachableDialogue } from '../login-attempt.js';
import type { LoginClient } from '../login-client.js';
import type { ProxyFailureClass } from '../login-decision.js';
import { sanitize } from '../sanitize.js';
import { BackendExchange } from '../sasl/backend-exchange.js';
import { decodeBase64, encodeBase64 } from '../sasl/sasl-server.js';
import { xclientCommand } from '../xclient.js';
import { parseReferral, proxyRefusal } from './replies.js';

/** What the dialogue needs of the client's side. */
export interface Pop3ClientSide {
  /** Sends one line to the client. */
  reply(line: ByteString): void;
  /** The backend took the login. */
  loggedIn(line: ByteString): void;
  /** The login failed for good; the client may try again. */
  loginFailed(): void;
}

type State = 'banner' | 'starttls' | 'xclient' | 'login1' | 'login2';

/** Logs in at a POP3 backend. Dovecot pop3-login/pop3-proxy.c */
export class Pop3BackendDialogue implements AttachableDialogue {
  readonly #client: LoginClient;
  readonly #side: Pop3ClientSide;
  readonly #destination: Destination;
  #connection: BackendConnection | null = null;
  #state: State = 'banner';
  /** The greeting said that XCLIENT is welcome: no CAPA is needed. */
  #trusting = false;
  #exchange: BackendExchange | null = null;

  constructor(client: LoginClient, destination: Destination, side: Pop3ClientSide) {
    this.#client = client;
    this.#destination = destination;
    this.#side = side;
  }

  attach(connection: BackendConnection): void {
    this.#connection = connection;
  }

  reset(): void {
    this.#state = 'banner';
    this.#trusting = false;
    this.#exchange = null;
  }

  state(): ByteString {
    return this.#state;
  }

  failed(failure: ProxyFailureClass, reason: ByteString): void {
    const refusal = proxyRefusal(failure, reason);
    if (refusal !== null) this.#side.reply(refusal);
    this.#side.loginFailed();
  }

  #fail(failure: ProxyFailureClass, reason: ByteString): void {
    this.#connection?.fail(failure, reason);
  }

  line(line: ByteString): void {
    const accepted = line.startsWith('+OK');
    switch (this.#state) {
      case 'banner':
        if (accepted) this.#banner(line.slice(3));
        else this.#fail('protocol', `Invalid banner: ${sanitize(line, 160)}`);
        return;
      case 'starttls':
        if (!accepted) {
          this.#fail('remote', `STLS failed: ${sanitize(line, 160)}`);
          return;
        }
        this.#connection?.startTls();
        this.#sendLogin();
        return;
      case 'xclient':
        if (accepted) this.#state = this.#exchange === null ? 'login1' : 'login2';
        else this.#fail('remote', `XCLIENT failed: ${sanitize(line, 160)}`);
        return;
      case 'login1':
        if (!accepted) break;
        this.#state = 'login2';
        this.#connection?.send(`PASS ${this.#destination.password ?? ''}\r\n`);
        return;
      case 'login2':
        if (line.startsWith('+ ') && this.#exchange !== null) {
          this.#challenge(this.#exchange, line.slice(2));
          return;
        }
        if (!accepted) break;
        this.#side.loggedIn(line);
        return;
    }
    this.#refused(line);
  }

  #banner(rest: ByteString): void {
    this.#trusting = rest.startsWith(' [XCLIENT]');
    if (this.#destination.tls !== 'starttls') {
      this.#sendLogin();
      return;
    }
    this.#state = 'starttls';
    this.#connection?.send('STLS\r\n');
  }

  #sendLogin(): void {
    const announced = this.#trusting && !this.#destination.notTrusted;
    if (announced) this.#connection?.send(xclientCommand(this.#client, this.#destination));
    if (this.#destination.mechanism === null) {
      this.#state = announced ? 'xclient' : 'login1';
      this.#connection?.send(`USER ${this.#destination.user}\r\n`);
      return;
    }
    this.#state = announced ? 'xclient' : 'login2';
    this.#exchange = new BackendExchange(this.#client, this.#destination);
    const first = this.#exchange.first();
    if (first.kind === 'failed') {
      this.#fail('internal', first.reason);
      return;
    }
    const initial = first.data === '' ? '=' : encodeBase64(first.data);
    this.#connection?.send(`AUTH ${this.#exchange.mechanism} ${initial}\r\n`);
  }

  #challenge(exchange: BackendExchange, encoded: ByteString): void {
    const challenge = decodeBase64(encoded);
    if (challenge === null) {
      this.#fail('protocol', 'Invalid base64 data in AUTH response');
      return;
    }
    const answer = exchange.next(challenge);
    if (answer.kind === 'failed') this.#fail('protocol', answer.reason);
    else this.#connection?.send(`${encodeBase64(answer.data)}\r\n`);
  }

  /** The backend's words go to the client as they are. */
  #refused(line: ByteString): void {
    const text = line.slice('-ERR '.length);
    if (!line.startsWith('-ERR ')) {
      this.#side.reply('-ERR Authentication failed.');
      this.#fail('auth', line);
    } else if (text.startsWith('[SYS/TEMP]')) {
      this.#fail('auth_tempfail', text);
    } else {
      const target = this.#client.series === '2.4' ? parseReferral(text) : null;
      if (target !== null) {
        this.#connection?.redirect(target);
        return;
      }
      this.#side.reply(line);
      this.#fail('auth', text);
    }
  }
}
