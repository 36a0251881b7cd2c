import type { ByteString } from '../../../grammar/bytes.js';
import type { BackendConnection } from '../backend-connection.js';
import type { Destination } from '../destination.js';
import type { AttachableDialogue } from '../login-attempt.js';
import type { LoginClient } from '../login-client.js';
import type { ProxyFailureClass } from '../login-decision.js';
import { sanitize } from '../sanitize.js';
import { createSaslClient, type SaslClient } from '../sasl/sasl-client.js';
import { decodeBase64, encodeBase64 } from '../sasl/sasl-server.js';
import { idCommand } from './backend-id.js';
import { proxyRefusal } from './login-refusal.js';
import { imapString } from './quoting.js';
import { parseImapReferral } from './referral-url.js';

/** What the dialogue needs of the client's side. */
export interface ImapClientSide {
  /** Sends `TAG ` and the text to the client. */
  reply(text: ByteString): void;
  /** Sends an untagged line. */
  untagged(line: ByteString): void;
  /** The backend took the login. */
  loggedIn(rest: ByteString, capability: ByteString | null): void;
  /** The client asked for CAPABILITY before it logged in. */
  readonly usedCapability: boolean;
  /** The login failed for good; the client may try again. */
  loginFailed(): void;
}

type Sent = 'id' | 'starttls' | 'capability' | 'authenticate' | 'auth-continue' | 'login';
/** Order of the names in `state=`. Dovecot imap-proxy.c */
const SENT_ORDER: readonly Sent[] = [
  'id',
  'starttls',
  'capability',
  'authenticate',
  'auth-continue',
  'login',
];
const AUTH_FAILED = 'NO [AUTHENTICATIONFAILED] Authentication failed.';

function hasCapability(list: ByteString, name: string): boolean {
  return list.toUpperCase().split(' ').includes(name);
}

/** Logs in at an IMAP backend. Dovecot imap-login/imap-proxy.c */
export class ImapBackendDialogue implements AttachableDialogue {
  readonly #client: LoginClient;
  readonly #side: ImapClientSide;
  readonly #destination: Destination;
  #connection: BackendConnection | null = null;
  /** Survives a reconnect. Dovecot imap-proxy.c imap_proxy_reset */
  #capability: ByteString | null = null;
  #seenBanner = false;
  #saslIr = false;
  #loginDisabled = false;
  #capabilitySent = false;
  #sent = new Set<Sent>();
  #received: Sent | 'none' | 'banner' = 'none';
  #sasl: SaslClient | null = null;

  constructor(client: LoginClient, destination: Destination, side: ImapClientSide) {
    this.#client = client;
    this.#destination = destination;
    this.#side = side;
  }

  attach(connection: BackendConnection): void {
    this.#connection = connection;
  }

  reset(): void {
    this.#seenBanner = false;
    this.#saslIr = false;
    this.#loginDisabled = false;
    this.#capabilitySent = false;
    this.#sent = new Set();
    this.#received = 'none';
    this.#sasl = null;
  }

  state(): ByteString {
    return `${SENT_ORDER.filter((name) => this.#sent.has(name)).join('+')}/${this.#received}`;
  }

  failed(failure: ProxyFailureClass, reason: ByteString): void {
    const refusal = proxyRefusal(failure, reason);
    if (refusal !== null) this.#side.reply(refusal);
    this.#side.loginFailed();
  }

  #fail(failure: ProxyFailureClass, reason: ByteString): null {
    this.#connection?.fail(failure, reason);
    return null;
  }

  #write(text: ByteString | null): void {
    if (text !== null && text !== '') this.#connection?.send(text);
  }

  line(line: ByteString): void {
    if (!this.#seenBanner) {
      this.#received = 'banner';
      this.#seenBanner = true;
      this.#banner(line);
    } else if (line.startsWith('+')) {
      this.#continuation(line);
    } else if (line.startsWith('S ')) {
      this.#startTlsReply(line);
    } else if (line.startsWith('L ')) {
      this.#loginReply(line.slice(2));
    } else if (line.startsWith('C ')) {
      this.#capabilityReply(line);
    } else if (/^I /i.test(line)) {
      this.#idReply();
    } else if (/^\* CAPABILITY /i.test(line)) {
      this.#capability = line.slice('* CAPABILITY '.length);
    } else if (line.startsWith('* ')) {
      this.#untagged(line);
    } else {
      this.#connection?.logError(`Unexpected input, ignoring: ${sanitize(line, 160, this.#client.series)}`);
    }
  }

  #untagged(line: ByteString): void {
    if (/^\* ID /i.test(line) || line.startsWith('* BYE ')) return;
    if (this.#client.series === '2.4' && line.startsWith('* MULTIPLEX ')) {
      // Never asked for: x-multiplex is not sent.
      const version = line.slice('* MULTIPLEX '.length);
      const reason =
        version === '0'
          ? 'MULTIPLEX started without being requested'
          : `Unsupported MULTIPLEX version: ${version}`;
      this.#fail('protocol', reason);
      return;
    }
    this.#side.untagged(line);
  }

  #banner(line: ByteString): void {
    if (!line.startsWith('* OK ')) {
      const shown = sanitize(line, 160, this.#client.series);
      this.#fail('protocol', `Invalid banner: ${shown}`);
      return;
    }
    let text = '';
    const rest = line.slice('* OK '.length);
    if (rest.startsWith('[CAPABILITY ')) {
      const list = rest.slice('[CAPABILITY '.length).split(']', 1)[0] ?? '';
      this.#capability = list;
      this.#saslIr = hasCapability(list, 'SASL-IR');
      this.#loginDisabled = hasCapability(list, 'LOGINDISABLED');
      if (hasCapability(list, 'ID') && !this.#destination.notTrusted) {
        this.#sent.add('id');
        text = idCommand(this.#client, this.#destination.forward);
        if (this.#destination.noPipelining) {
          this.#write(text);
          return;
        }
      }
    }
    this.#write(this.#appendAfterId(text));
  }

  /** `text` with STARTTLS or the login behind it; null when that failed. */
  #appendAfterId(text: ByteString): ByteString | null {
    if (this.#destination.tls !== 'starttls') return this.#appendLogin(text);
    if (this.#capability !== null && !hasCapability(this.#capability, 'STARTTLS'))
      return this.#fail('remote_config', 'STARTTLS not supported');
    this.#sent.add('starttls');
    return `${text}S STARTTLS\r\n`;
  }

  #appendLogin(before: ByteString): ByteString | null {
    let text = before;
    if (!this.#capabilitySent && (this.#capability === null || this.#side.usedCapability)) {
      this.#capabilitySent = true;
      this.#sent.add('capability');
      text += 'C CAPABILITY\r\n';
      if (this.#destination.noPipelining) return text;
    }
    const { mechanism, user, password, tls } = this.#destination;
    if (mechanism !== null) return this.#appendAuthenticate(text, mechanism);
    if (this.#loginDisabled && tls === 'none')
      return this.#fail('remote_config', 'LOGINDISABLED advertised, but SSL/TLS not enabled');
    this.#sent.add('login');
    return `${text}L LOGIN ${imapString(user)} ${imapString(password ?? '')}\r\n`;
  }

  #appendAuthenticate(before: ByteString, mechanism: ByteString): ByteString | null {
    const { user, master, password } = this.#destination;
    const credentials = { authid: master === '' ? user : master, authzid: user, password: password ?? '' };
    const random = (count: number) => this.#client.environment.randomBytes(count);
    this.#sasl = createSaslClient(mechanism, credentials, random);
    if (this.#sasl === null) {
      const error = 'Channel binding not available';
      return this.#fail('internal', `SASL mechanism ${mechanism} init failed: ${error}`);
    }
    this.#sent.add('authenticate');
    if (!this.#saslIr) return `${before}L AUTHENTICATE ${mechanism}\r\n`;
    const first = this.#sasl.output();
    if (first.kind === 'error')
      return this.#fail('internal', `SASL mechanism ${mechanism} init failed: ${first.message}`);
    return `${before}L AUTHENTICATE ${mechanism} ${first.data === '' ? '=' : encodeBase64(first.data)}\r\n`;
  }

  #continuation(line: ByteString): void {
    // The literals of LOGIN are sent without waiting.
    if (this.#sasl === null) return;
    this.#sent.delete('authenticate');
    this.#received = 'auth-continue';
    const challenge = line.charAt(1) === ' ' ? decodeBase64(line.slice(2)) : null;
    if (challenge === null) {
      this.#fail('protocol', 'Invalid base64 data in AUTHENTICATE response');
      return;
    }
    const error = challenge.includes('\0') ? 'Unexpected NUL in input data' : this.#sasl.input(challenge);
    const output = error === null ? this.#sasl.output() : ({ kind: 'error', message: error } as const);
    if (output.kind === 'error') {
      this.#fail('protocol', `Invalid authentication data: ${output.message}`);
      return;
    }
    this.#sent.add('auth-continue');
    this.#write(`${encodeBase64(output.data)}\r\n`);
  }

  #startTlsReply(line: ByteString): void {
    this.#sent.delete('starttls');
    this.#received = 'starttls';
    if (!line.startsWith('S OK ')) {
      const shown = sanitize(line.slice(this.#client.series === '2.3' ? 5 : 2), 160, this.#client.series);
      this.#fail('remote', `STARTTLS failed: ${shown}`);
      return;
    }
    this.#connection?.startTls();
    this.#write(this.#appendLogin(''));
  }

  #capabilityReply(line: ByteString): void {
    this.#sent.delete('capability');
    this.#received = 'capability';
    if (line.startsWith('C OK ') && !this.#sent.has('authenticate') && !this.#sent.has('login'))
      this.#write(this.#appendLogin(''));
  }

  #idReply(): void {
    this.#sent.delete('id');
    this.#received = 'id';
    if (this.#destination.noPipelining) this.#write(this.#appendAfterId(''));
  }

  #loginReply(line: ByteString): void {
    this.#sent.delete('login');
    this.#received = 'login';
    if (line.startsWith('OK ')) {
      this.#side.loggedIn(line.slice(3), this.#capability);
      return;
    }
    const logged = /^NO /i.test(line) ? line.slice(3) : line;
    if (line.startsWith('NO [') && !line.startsWith('NO [AUTHENTICATIONFAILED]')) {
      this.#codedRefusal(line, logged);
    } else {
      this.#side.reply(AUTH_FAILED);
      this.#fail('auth', logged);
    }
  }

  /** A refusal with a response code other than AUTHENTICATIONFAILED. */
  #codedRefusal(line: ByteString, logged: ByteString): void {
    const code = line.slice('NO ['.length);
    if (/^UNAVAILABLE\]/i.test(code)) {
      this.#fail('auth_tempfail', logged);
      return;
    }
    if (this.#client.series === '2.4') {
      const target = parseImapReferral(code);
      if (target !== null) {
        this.#connection?.redirect(target);
        return;
      }
      if (/^SERVERBUG\]/i.test(code)) {
        this.#fail('remote', logged);
        return;
      }
    }
    this.#side.reply(line);
    this.#fail('auth', logged);
  }
}
