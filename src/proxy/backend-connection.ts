import type { ByteString } from '../../grammar/bytes.js';
import type { Destination } from './destination.js';
import type { HostAttempt } from './host-states.js';
import { ipPort, parseIp } from './ip-address.js';
import type { LoginClient } from './login-client.js';
import type { ProxyFailureClass } from './login-decision.js';
import { parseHostPort, RedirectPath } from './redirect-path.js';
import type { BackendTls, LocalAddress, SessionAction } from './session-event.js';

/** Wait before a connection is tried again. Dovecot login-proxy.c PROXY_CONNECT_RETRY_MSECS */
const RETRY_MS = 1000;
/** Less time than this left: no further try. Dovecot login-proxy.c PROXY_CONNECT_RETRY_MIN_MSECS */
const RETRY_MIN_LEFT_MS = RETRY_MS + 100;
/** Longest line of a backend before the login. Dovecot login-proxy.c MAX_PROXY_INPUT_SIZE */
const MAX_LINE = 4096;
/** The protocol's side of a login at a backend. */
export interface BackendDialogue {
  /** A new connection: everything learnt from the last one is forgotten. */
  reset(): void;
  /** One line without its end. */
  line(line: ByteString): void;
  /** For `state=` in messages. */
  state(): ByteString;
  /** Tells the client what became of its login; not called before a retry. */
  failed(failure: ProxyFailureClass, reason: ByteString): void;
}

/**
 * The way to one backend: connect, retry, time out, follow redirects, and say in Dovecot's words what went wrong.
 * It ends with `detach` (the login is done) or `failed`. Dovecot login-common/login-proxy.c
 */
export class BackendConnection {
  readonly #client: LoginClient;
  readonly #act: (action: SessionAction) => void;
  readonly #dialogue: BackendDialogue;
  readonly destination: Destination;
  readonly #startedMs: number;
  readonly #sourceIp: string | null;
  #host: ByteString;
  #ip: string;
  #port: number;
  #connected = false;
  #reconnects = 0;
  #input = '';
  #open = true;
  /** Bytes given to the backend since the connection, or TLS on it, began. */
  bytesSent = 0;
  readonly #redirects = new RedirectPath();
  #attempt: HostAttempt | null = null;
  /** The host is known to be down: there is no second try. */
  #hopeless = false;

  constructor(
    client: LoginClient,
    destination: Destination,
    ip: string,
    dialogue: BackendDialogue,
    act: (action: SessionAction) => void,
  ) {
    this.#client = client;
    this.destination = destination;
    this.#dialogue = dialogue;
    this.#act = act;
    this.#startedMs = client.environment.now();
    this.#host = destination.host;
    this.#ip = ip;
    this.#port = destination.port;
    const family = ip.includes(':') ? 6 : 4;
    const sourceIp = destination.sourceIp ?? client.environment.nextSourceIp(family);
    this.#sourceIp = sourceIp === '' ? null : sourceIp;
  }

  /** No event concerns it any more once it is done. */
  get open(): boolean {
    return this.#open;
  }

  /** `proxy(USER,IP:PORT): ` as the version writes it. */
  get logPrefix(): ByteString {
    return proxyLogPrefix(this.#client, this.#host, this.#ip, this.#port);
  }

  start(): void {
    this.#dialogue.reset();
    this.#connect();
  }

  #connect(): void {
    const { environment, series, ttl } = this.#client;
    this.#attempt = environment.hosts.attempt(this.#ip, this.#port, environment.now());
    if (ttl <= 1) {
      this.fail('remote_config', 'TTL reached zero - proxies appear to be looping?');
      return;
    }
    const { tls, timeoutMs, immediateFailureAfterSeconds } = this.destination;
    const down = this.#attempt.downReason(series, immediateFailureAfterSeconds);
    if (down !== null) {
      this.#hopeless = true;
      this.fail('connect', down);
      return;
    }
    this.#act({
      kind: 'connect',
      ip: this.#ip,
      port: this.#port,
      sourceIp: this.#sourceIp,
      tls: tls === 'implicit' ? this.#tlsSettings() : null,
    });
    if (timeoutMs > 0) this.#act({ kind: 'set_timer', name: 'login', milliseconds: timeoutMs });
  }

  #tlsSettings(): BackendTls {
    return {
      host: this.#host,
      verify: this.destination.verifyCertificate,
      // Dovecot 2.4.1 imap-login-client.c application_protocols
      applicationProtocol: this.#client.series === '2.4' ? this.destination.protocol : null,
    };
  }

  send(data: ByteString): void {
    this.bytesSent += data.length;
    this.#act({ kind: 'to_backend', data });
  }

  /** Bytes that go to the backend past `send`. */
  count(bytes: number): void {
    this.bytesSent += bytes;
  }

  /** The backend agreed to STARTTLS; what follows is sent after the handshake. */
  startTls(): void {
    this.bytesSent = 0;
    this.#input = '';
    this.#act({ kind: 'start_backend_tls', tls: this.#tlsSettings() });
  }

  connected(): void {
    this.#connected = true;
    this.#attempt?.connected(this.#client.environment.now());
  }

  refused(error: string, local: LocalAddress | null): void {
    this.#attempt?.failed(this.#client.environment.now(), this.#startedMs);
    this.fail('connect', `connect(${this.#ip}, ${this.#port}) failed: ${error}${this.#circumstances(local)}`);
  }

  unavailable(reason: ByteString): void {
    this.#hopeless = true;
    this.fail('connect', reason);
  }

  timedOut(local: LocalAddress | null): void {
    if (!this.#connected) {
      this.refused('Connection timed out', local);
      return;
    }
    const text = `Login timed out in state=${this.#dialogue.state()}${this.#circumstances(local)}`;
    this.fail('connect', text);
  }

  #circumstances(local: LocalAddress | null): ByteString {
    const parts = [`after ${this.#client.secondsSince(this.#startedMs)} secs`];
    if (this.#reconnects > 0) parts.push(`${this.#reconnects} reconnects`);
    if (local !== null) parts.push(`local=${this.#localText(local)}`);
    return ` (${parts.join(', ')})`;
  }

  #localText(local: LocalAddress): string {
    if (local.port === null) return local.ip;
    return this.#client.series === '2.3' ? `${local.ip}:${local.port}` : ipPort(local.ip, local.port);
  }

  /** Bytes of the backend before the login is done. */
  received(data: ByteString): void {
    if (!this.#open || !this.#connected) return;
    this.#input += data;
    while (this.#open && this.#connected) {
      const end = this.#input.indexOf('\n');
      if (end === -1 || end > MAX_LINE) break;
      const line = this.#input.slice(0, this.#input.charAt(end - 1) === '\r' ? end - 1 : end);
      this.#input = this.#input.slice(end + 1);
      this.#dialogue.line(line);
    }
    if (this.#open && this.#connected && this.#input.length > MAX_LINE)
      this.fail('protocol', 'Too long input line');
  }

  closed(error: string): void {
    const reason = error === '' ? 'Connection closed' : `Connection closed: ${error}`;
    const seconds = this.#client.secondsSince(this.#client.createdMs);
    this.fail(
      'connect',
      `Disconnected by server: ${reason} (state=${this.#dialogue.state()}, duration=${seconds}s)`,
    );
  }

  /**
   * Dovecot says this or `closed`, depending on how fast the backend was; only here there is no second try.
   * Dovecot login-proxy.c login_proxy_starttls
   */
  tlsFailed(error: string): void {
    this.fail('internal', `Failed to start SSL handshake: ${error}`);
  }

  /** Time to try again. */
  retry(): void {
    this.#dialogue.reset();
    this.#connect();
  }

  /** Decides whether another try is worth it; else the client is told. Dovecot login-proxy.c login_proxy_failed */
  fail(failure: ProxyFailureClass, reason: ByteString): void {
    if (!this.#open) return;
    const text = failureText(failure, reason);
    if (isRetried(failure) && this.#retryLater(text)) return;
    this.#close();
    this.#open = false;
    this.#logFailure(failure, text, reason);
    this.#client.proxyFailure = failure;
    this.#dialogue.failed(failure, reason);
  }

  #retryLater(text: ByteString): boolean {
    const client = this.#client;
    if (this.#hopeless || this.#reconnects >= client.settings.login.proxyMaxReconnects) return false;
    const left = this.destination.timeoutMs - (client.environment.now() - this.#startedMs);
    if (left <= RETRY_MIN_LEFT_MS) return false;
    this.#close();
    this.#reconnects += 1;
    // 2.3 says it at debug level only. Dovecot 2.4.1 login-proxy.c
    const level = client.series === '2.4' ? 'warning' : 'debug';
    this.#log(level, `${text} - reconnecting (attempt #${this.#reconnects})`);
    this.#act({ kind: 'set_timer', name: 'reconnect', milliseconds: RETRY_MS });
    return true;
  }

  #close(): void {
    this.#act({ kind: 'clear_timer', name: 'login' });
    this.#act({ kind: 'close_backend' });
    this.#attempt?.end();
    this.#connected = false;
    this.#input = '';
    this.bytesSent = 0;
  }

  #logFailure(failure: ProxyFailureClass, text: ByteString, reason: ByteString): void {
    if (failure !== 'auth' && failure !== 'auth_tempfail') {
      this.#log('error', text);
    } else if (this.#client.settings.login.authVerbose) {
      this.#log('info', `Login failed${this.#connectionInfo()}: ${reason}`);
    }
  }

  #log(level: 'debug' | 'info' | 'warning' | 'error', text: ByteString): void {
    this.#act({ kind: 'log', level, text: this.#client.logLine(this.logPrefix + text) });
  }

  logError(text: ByteString): void {
    this.#log('error', text);
  }

  #connectionInfo(): ByteString {
    const { user, master } = this.destination;
    let info = this.#sourceIp === null ? '' : ` from ${this.#sourceIp}`;
    if (user !== this.#client.user) info += ` as user ${user}`;
    if (master !== '') info += ` (master ${master})`;
    return info;
  }

  /** The login is done: gives back what was read behind its last line. */
  detach(): ByteString {
    const elapsed = Math.max(0, Math.floor(this.#client.environment.now() - this.#startedMs));
    const seconds = `${Math.floor(elapsed / 1000)}.${String(elapsed % 1000).padStart(3, '0')} secs`;
    const reconnects = this.#reconnects > 0 ? `, ${this.#reconnects} reconnects` : '';
    this.#log(
      'info',
      `Started proxying to ${this.#remoteName()}${this.#connectionInfo()} (${seconds}${reconnects})`,
    );
    this.#act({ kind: 'clear_timer', name: 'login' });
    this.#open = false;
    const rest = this.#input;
    this.#input = '';
    return rest;
  }

  #remoteName(): ByteString {
    if (this.#client.series === '2.4') return 'remote host';
    return this.#host === this.#ip ? `<${this.#ip}>` : `<${this.#ip}> (<${this.#host}>)`;
  }

  /** The client went away or the proxy stops. */
  abandon(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#act({ kind: 'clear_timer', name: 'reconnect' });
    this.#close();
  }

  /**
   * Goes on at the place that the backend named (2.4): `[user@]host[:port]`.
   * Dovecot 2.4.1 client-common-auth.c proxy_try_redirect, login-proxy.c login_proxy_redirect_finish
   */
  redirect(target: ByteString): void {
    this.#dialogue.reset();
    const problem = this.#tryRedirect(target);
    if (problem !== null) this.fail('internal_config', problem);
  }

  #tryRedirect(target: ByteString): ByteString | null {
    const named = target.slice(target.lastIndexOf('@') + 1);
    const place = parseHostPort(named, this.#port);
    if (place === null) return `Redirect to ${target}: Failed to parse host:port '${named}'`;
    if (this.destination.redirectReauth) {
      this.fail('internal', this.#reauthProblem());
      return null;
    }
    const ip = parseIp(place.host);
    if (ip === null)
      return `Redirect to ${target}: Failed to parse IP '${place.host}' (DNS lookups not supported)`;
    const here = parseIp(this.#ip);
    const problem = here && this.#redirects.go({ ip: here, port: this.#port }, { ip, port: place.port });
    if (problem !== null) return problem;
    this.#client.ttl -= 1;
    this.#close();
    this.#host = ip.text;
    this.#ip = ip.text;
    this.#port = place.port;
    this.#connect();
    return null;
  }

  /**
   * proxy_redirect_reauth asks the auth process with EXTERNAL and says nothing with it: 2.4.1's asks back, or does not
   * know the mechanism, and the login fails either way. observed 2.4.1
   */
  #reauthProblem(): ByteString {
    return this.#client.settings.mechanisms.includes('EXTERNAL')
      ? 'Unexpected SASL continuation request received'
      : 'Internal authentication failure';
  }
}

/** `proxy(USER,IP:PORT): `; 2.4 shows a host name, and IPv6 in brackets. Dovecot login-proxy.c */
function proxyLogPrefix(client: LoginClient, host: ByteString, ip: string, port: number): ByteString {
  const user = client.user ?? '';
  if (client.series === '2.3') return `proxy(${user},${ip}:${port}): `;
  const hostIp = parseIp(host);
  const place = hostIp?.text === ip ? ipPort(ip, port) : `${host}[${ip}]:${port}`;
  return `proxy(${user},${place}): `;
}

function isRetried(failure: ProxyFailureClass): boolean {
  switch (failure) {
    case 'connect':
    case 'remote':
    case 'protocol':
    case 'auth_tempfail':
      return true;
    case 'internal':
    case 'internal_config':
    case 'remote_config':
    case 'auth':
    case 'auth_redirect':
      return false;
  }
}

function failureText(failure: ProxyFailureClass, reason: ByteString): ByteString {
  switch (failure) {
    case 'internal':
      return `Aborting due to internal error: ${reason}`;
    case 'remote':
    case 'remote_config':
      return `Aborting due to remote server: ${reason}`;
    case 'protocol':
      return `Remote server sent invalid input: ${reason}`;
    case 'connect':
    case 'internal_config':
    case 'auth':
    case 'auth_tempfail':
    case 'auth_redirect':
      return reason;
  }
}
