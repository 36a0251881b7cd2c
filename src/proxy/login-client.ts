import type { ByteString } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import type { LoginSettings } from '../config/effective.js';
import { type Series, seriesOf } from '../knowledge/versions.js';
import type { HaproxyInfo } from './haproxy-header.js';
import type { HostStates } from './host-states.js';
import { inNetworks, parseIp, sameIp } from './ip-address.js';
import type { ProxyFailureClass } from './login-decision.js';
import type { LoginLogFormat, LogValues } from './login-log.js';
import type { LoginProtocol } from './login-protocols.js';
import { loginVariable } from './login-variables.js';
import { createSessionId } from './session-id.js';
import type { SieveSettings } from './sieve/sieve-settings.js';
import type { SubmissionSettings } from './submission/submission-settings.js';

/** A connection as it was accepted. */
export interface ClientAddresses {
  readonly localIp: string;
  readonly localPort: number;
  readonly remoteIp: string;
  readonly remotePort: number;
  readonly realLocalIp: string;
  readonly realLocalPort: number;
  readonly realRemoteIp: string;
  readonly realRemotePort: number;
  /** What the front end of a `haproxy` listener said of its client. */
  readonly haproxy?: HaproxyInfo;
}

/** What a session may ask its surroundings. */
export interface SessionEnvironment {
  /** Milliseconds since 1970, fractions allowed. */
  now(): number;
  randomBytes(count: number): Uint8Array;
  readonly hostname: ByteString;
  readonly pid: number;
  /** Settings for a TLS server name (`local_name`), with the log format that belongs to them. */
  settingsFor(localName: ByteString): ClientSettings;
  /** The next address of `login_source_ips` in turn; null where none is configured (2.4: none of the family). */
  nextSourceIp(family: 4 | 6): string | null;
  readonly hosts: HostStates;
}

/** What certificates of clients are for. */
export interface CertificateSettings {
  /** auth_ssl_require_client_cert: nobody logs in without a valid one. */
  readonly required: boolean;
  /** auth_ssl_username_from_cert: the name in it is the user's. */
  readonly nameUser: boolean;
}

/** Letters of ASCII only, as Dovecot counts them. */
export function upperCase(text: ByteString): ByteString {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** What a client showed of itself in its TLS handshake. */
export interface ClientCertificate {
  readonly state: 'none' | 'invalid' | 'valid';
  /** ssl_cert_username_field of a valid one; '' = it has none. */
  readonly user: ByteString;
}

export interface ClientSettings {
  readonly login: LoginSettings;
  /** Makes a login_greeting that has variables; absent: it has none. */
  readonly greet?: (values: LogValues) => ByteString;
  readonly certificates: CertificateSettings;
  /** Mechanisms that clients may use, upper case, in the order of the configuration. */
  readonly mechanisms: readonly ByteString[];
  readonly logFormat: LoginLogFormat;
  readonly submission: SubmissionSettings;
  readonly sieve: SieveSettings;
}

/** Why the last authentication failed. Dovecot client-common.h client_auth_fail_code */
export type AuthFailCode =
  | 'none'
  | 'authorization_failed'
  | 'temp_fail'
  | 'user_disabled'
  | 'password_expired'
  | 'invalid_base64'
  | 'login_disabled'
  | 'invalid_mech'
  | 'cleartext_auth_disabled'
  | 'anonymous_auth_disabled';

function isSameIp(left: string, right: string): boolean {
  const [one, other] = [parseIp(left), parseIp(right)];
  return one !== null && other !== null && sameIp(one, other);
}

/** Hops that a fresh login may take. Dovecot login-proxy.h LOGIN_PROXY_TTL */
const FRESH_TTL: Readonly<Record<Series, number>> = { '2.3': 5, '2.4': 7 };

/** One client before and during its login: who it is, what it tried, how it is logged. */
export class LoginClient {
  readonly protocol: LoginProtocol;
  readonly environment: SessionEnvironment;
  readonly series: Series;
  readonly createdMs: number;
  settings: ClientSettings;
  localIp: string;
  localPort: number;
  remoteIp: string;
  remotePort: number;
  readonly real: ClientAddresses;
  readonly listenerName: ByteString;
  localName: ByteString = '';
  trusted: boolean;
  tls: 'none' | 'handshaking' | 'active';
  tlsError = '';
  /** `TLSv1.3 with cipher ...` of the handshake; '' without TLS. */
  #security: ByteString = '';
  startedTls = false;
  certificate: ClientCertificate = { state: 'none', user: '' };
  /** 2.4: what a trusted front end said of its client's transport. */
  endClientTls: boolean | null = null;
  ttl: number;
  sessionId: ByteString;
  /** ID parameters kept for the backend (`imap_id_retain`). */
  clientId: ByteString = '';
  forwardFields: [ByteString, ByteString][] = [];
  user: ByteString | null = null;
  mechanism: ByteString = '';
  /** SASL: the user name before changes and of the master user. */
  originalUser: ByteString | null = null;
  authUser: ByteString | null = null;
  answer: AuthAnswer | null = null;
  bannerSent = false;
  attempts = 0;
  successes = 0;
  firstAuthMs: number | null = null;
  lastFailure: AuthFailCode = 'none';
  proxyFailure: ProxyFailureClass | null = null;
  abortedByClient = false;
  /** An AUTHENTICATE waits for the client. */
  waitingForClient = false;
  /** The last challenge has no response that reached the auth process, nor ever will. */
  unanswered = false;
  /** The auth process is asked. */
  authenticating = false;
  referred = false;
  shuttingDown: 'no' | 'process_full' | 'shutting_down' = 'no';
  #sessionIdMade: boolean;
  #leftTls = false;
  readonly #sameMachine: boolean;

  constructor(
    protocol: LoginClient['protocol'],
    addresses: ClientAddresses,
    listenerName: ByteString,
    implicitTls: boolean,
    environment: SessionEnvironment,
  ) {
    this.protocol = protocol;
    this.environment = environment;
    this.settings = environment.settingsFor('');
    this.series = seriesOf(this.settings.login.version);
    this.createdMs = environment.now();
    this.localIp = addresses.localIp;
    this.localPort = addresses.localPort;
    this.remoteIp = addresses.remoteIp;
    this.remotePort = addresses.remotePort;
    this.real = addresses;
    this.listenerName = listenerName;
    this.tls = implicitTls ? 'handshaking' : 'none';
    this.trusted = inNetworks(addresses.remoteIp, this.settings.login.trustedNetworks);
    this.ttl = FRESH_TTL[this.series];
    this.sessionId = '';
    this.#sessionIdMade = false;
    const { haproxy } = addresses;
    // 2.4 compares what the front end says.
    this.#sameMachine =
      haproxy === undefined
        ? isSameIp(addresses.realLocalIp, addresses.realRemoteIp)
        : isSameIp(this.localIp, this.remoteIp);
    if (haproxy !== undefined) this.#through(haproxy);
  }

  /** Dovecot client-common.c client_alloc */
  #through({ hostname, tls }: HaproxyInfo): void {
    if (this.series === '2.4') this.endClientTls = tls;
    if (hostname === '') return;
    if (this.series === '2.4') this.named(hostname);
    else this.localName = hostname;
  }

  /** 2.4: TLS that ended at a front end counts as TLS here. */
  get #tlsAtFrontEnd(): boolean {
    return this.series === '2.4' && this.real.haproxy?.tls === true;
  }

  /** STARTTLS makes no sense any more. */
  get hasTls(): boolean {
    return this.tls !== 'none' || this.#tlsAtFrontEnd;
  }

  /** Made when first needed: a trusted front end may have given one before. */
  session(): ByteString {
    if (!this.#sessionIdMade && this.sessionId === '') {
      // 2.4: where the connection came from, whatever a front end said since. observed 2.3.19.1 and 2.4.1
      const { remoteIp, remotePort } = this.series === '2.3' ? this : this.real;
      const microseconds = Math.round(this.environment.now() * 1000);
      this.sessionId = createSessionId(microseconds, remoteIp, remotePort);
    }
    this.#sessionIdMade = true;
    return this.sessionId;
  }

  get tlsMode(): LoginSettings['tlsServer']['mode'] {
    return this.settings.login.tlsServer.mode;
  }

  /** Whether clear text passwords are safe here. Dovecot client-common.c client_alloc */
  get secured(): boolean {
    if (this.tls !== 'none') return true;
    const { haproxy } = this.real;
    if (haproxy !== undefined) {
      if (haproxy.tls) return true;
      return this.series === '2.3' ? this.trusted : this.#sameMachine || this.tlsMode !== 'required';
    }
    return this.#sameMachine || (this.trusted && (this.series === '2.3' || this.tlsMode !== 'required'));
  }

  /** Whole seconds between two times, as differences of Unix seconds. */
  secondsSince(ms: number | null): number {
    if (ms === null) return 0;
    return Math.floor(this.environment.now() / 1000) - Math.floor(ms / 1000);
  }

  /** The client's TLS hello named a server: settings for it hold from now on. */
  named(localName: ByteString): void {
    this.localName = localName;
    this.settings = this.environment.settingsFor(localName);
  }

  beginAttempt(mechanism: ByteString): void {
    this.attempts += 1;
    this.abortedByClient = false;
    this.firstAuthMs ??= this.environment.now();
    this.mechanism = upperCase(mechanism);
  }

  /** The line as it goes to the log, with the elements. */
  logLine(message: ByteString): ByteString {
    return this.settings.logFormat.line(message, this.#logValues());
  }

  /** What the auth process is asked with, besides the credentials. */
  get securedForAuth(): '' | 'secured' | 'TLS' {
    if (this.tls === 'active' || this.#tlsAtFrontEnd) return 'TLS';
    return this.secured ? 'secured' : '';
  }

  #logValues(): LogValues {
    return {
      get: (name) => loginVariable(this, name),
      passdb: (field) => {
        const found = this.answer?.fields.find((candidate) => candidate.name === field);
        return found?.value ?? undefined;
      },
    };
  }

  /** The handshake is done. */
  secure(security: ByteString): void {
    this.tls = 'active';
    this.#security = security;
  }

  /** `%k`, `%{ssl_security}`. */
  get tlsSecurity(): ByteString {
    return this.real.haproxy?.tls === true ? '(proxied)' : this.#security;
  }

  /** login_greeting for this client. 2.3 says it before the client has named a server. observed 2.3.19.1 */
  get greeting(): ByteString {
    const { login, greet } = this.series === '2.3' ? this.environment.settingsFor('') : this.settings;
    return greet === undefined ? login.greeting : greet(this.#greetingValues());
  }

  /** They are those of the moment when the settings are read: who is secured is not known yet. observed 2.4.1 */
  #greetingValues(): LogValues {
    const secured = this.tls !== 'none' && this.localName !== '' ? 'TLS handshaking' : '';
    const unknown: Readonly<Record<string, ByteString>> = { secured, ssl_security: '' };
    return { get: (name) => unknown[name] ?? loginVariable(this, name), passdb: () => undefined };
  }

  /** Its stream is gone; what is logged then has 2.4.1's own spelling. Dovecot 2.4.1 client-common.c */
  leavesTls(): void {
    this.#leftTls = this.tls !== 'none';
  }

  /** `%c`, `%{secured}`. */
  get securedText(): ByteString {
    if (this.#tlsAtFrontEnd) return 'TLS';
    if (this.tls === 'none') return this.secured ? 'secured' : '';
    if (this.#leftTls) return 'TSL';
    const state = this.tls === 'active' ? 'TLS' : 'TLS handshaking';
    return this.tlsError === '' ? state : `${state}: ${this.tlsError}`;
  }
}
