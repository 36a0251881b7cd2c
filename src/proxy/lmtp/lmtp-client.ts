import type { ByteString } from '../../../grammar/bytes.js';
import { type Series, seriesOf } from '../../knowledge/versions.js';
import { inNetworks, ipPort } from '../ip-address.js';
import type { ClientAddresses } from '../login-client.js';
import type { FrontEndFacts } from './front-end.js';
import type { LmtpSettings } from './lmtp-settings.js';
import { createLmtpSessionId } from './transaction-id.js';

/** Hops that a fresh message may take. Dovecot lmtp-proxy.h LMTP_PROXY_DEFAULT_TTL */
const DEFAULT_TTL = 5;

/** What an LMTP session may ask its surroundings. */
export interface LmtpEnvironment {
  /** Milliseconds since 1970, fractions allowed. */
  now(): number;
  readonly hostname: ByteString;
  readonly pid: number;
  /** Number of the connection in the log. */
  readonly connectionId: number;
  /** Settings for a TLS server name (`local_name`). */
  settingsFor(localName: ByteString): LmtpSettings;
}

/** One LMTP client: who it is, and what its front end says of it. */
export class LmtpClient {
  readonly environment: LmtpEnvironment;
  readonly series: Series;
  readonly addresses: ClientAddresses;
  settings: LmtpSettings;
  remoteIp: string;
  remotePort: number;
  localName: ByteString = '';
  /** TLS of this connection. */
  tls: 'none' | 'handshaking' | 'active';
  security: ByteString = '';
  /** Of LHLO; null: none yet, or no domain. */
  helo: ByteString | null = null;
  sessionId: ByteString;
  readonly front: FrontEndFacts = {};
  /** 2.4: TLS that ended at a front end counts as TLS here. */
  readonly #tlsAtFrontEnd: boolean;

  constructor(addresses: ClientAddresses, implicitTls: boolean, environment: LmtpEnvironment) {
    this.environment = environment;
    this.addresses = addresses;
    this.settings = environment.settingsFor('');
    this.series = seriesOf(this.settings.version);
    this.remoteIp = addresses.remoteIp;
    this.remotePort = addresses.remotePort;
    this.tls = implicitTls ? 'handshaking' : 'none';
    this.#tlsAtFrontEnd = this.series === '2.4' && addresses.haproxy?.tls === true;
    if (this.#tlsAtFrontEnd) this.localName = addresses.haproxy?.hostname ?? '';
    this.sessionId = createLmtpSessionId(environment.now(), environment.pid, environment.hostname);
  }

  /** 2.4 goes by the name that a TLS client asked for. */
  get hostname(): ByteString {
    if (this.series === '2.4' && this.localName !== '' && this.tls === 'active') return this.localName;
    return this.ownName;
  }

  get ownName(): ByteString {
    return this.settings.hostname === '' ? this.environment.hostname : this.settings.hostname;
  }

  /** As lines of the log name the connection. */
  get logName(): ByteString {
    return `lmtp-server: conn ${ipPort(this.remoteIp, this.remotePort)} [${this.environment.connectionId}]`;
  }

  /** The connection's own address counts, whatever a front end said. */
  get trusted(): boolean {
    return inNetworks(this.addresses.realRemoteIp, this.settings.trustedNetworks);
  }

  get canStartTls(): boolean {
    return this.settings.tlsMode !== 'no' && this.tls === 'none' && !this.#tlsAtFrontEnd;
  }

  /** 0: the message has gone round too often. */
  get receivedTtl(): number | null {
    return this.front.ttl ?? null;
  }

  /** What is told to backends. */
  get ttl(): number {
    return this.front.ttl === undefined ? DEFAULT_TTL : Math.max(0, this.front.ttl - 1);
  }

  tlsStarted(localName: ByteString, security: ByteString): void {
    this.tls = 'active';
    this.security = security;
    this.helo = null;
    if (localName === '') return;
    this.localName = localName;
    this.settings = this.environment.settingsFor(localName);
  }

  takeFrontEnd(facts: FrontEndFacts): void {
    Object.assign(this.front, facts);
    this.remoteIp = facts.address ?? this.remoteIp;
    this.remotePort = facts.port ?? this.remotePort;
    this.helo = facts.helo ?? this.helo;
    this.sessionId = facts.session ?? this.sessionId;
    this.localName = facts.destinationName ?? this.localName;
  }
}
