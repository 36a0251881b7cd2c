import { randomBytes } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import type { ByteString } from '../../grammar/bytes.js';
import { MECHANISM_NAMES } from '../auth/sasl/mechanisms.js';
import type { AuthSettings, ConnectionFilter, EffectiveConfig, LoginSettings } from '../config/effective.js';
import { seriesOf } from '../knowledge/versions.js';
import { certificateSettings } from '../proxy/certificate-settings.js';
import type { LmtpEnvironment } from '../proxy/lmtp/lmtp-client.js';
import { type LmtpSettings, lmtpSettings } from '../proxy/lmtp/lmtp-settings.js';
import type { ClientAddresses, ClientSettings, SessionEnvironment } from '../proxy/login-client.js';
import { type ExpandTemplate, LoginLogFormat } from '../proxy/login-log.js';
import type { ServedProtocol } from '../proxy/login-protocols.js';
import { sieveSettings } from '../proxy/sieve/sieve-settings.js';
import { submissionSettings } from '../proxy/submission/submission-settings.js';
import type { SystemVariables } from '../variables/scope.js';
import { hostStates } from './host-states.js';
import { expandLoginTemplate } from './log-template.js';
import { lmtpGreeting, loginGreeting } from './login-greeting.js';
import type { CertificateRequest, SessionTls } from './session-tls.js';
import { sourceIps } from './source-ips.js';
import {
  type BackendTlsContext,
  clientContext,
  type ReadFile,
  revocationLists,
  serverContext,
} from './tls-context.js';

/** LMTP connections of this process have numbers in the log. */
let lastConnection = 0;

const NOWHERE = { localIp: '', localPort: 0, remoteIp: '', remotePort: 0 };

/** Sets of filters whose settings are kept. */
const MAX_CACHED = 1000;

interface Prepared extends ClientSettings {
  readonly lmtp: LmtpSettings;
  readonly requireCrl: boolean;
  readonly certificateRequest: CertificateRequest | null;
  server: SecureContext | null | undefined;
  backend: BackendTlsContext | undefined;
}

/** What the sessions of one protocol and configuration work with, prepared once for each set of filters that matches. */
export class SessionSettings {
  readonly #config: EffectiveConfig;
  readonly #protocol: ServedProtocol;
  readonly #mechanisms: readonly ByteString[];
  readonly #system: SystemVariables;
  readonly #readFile: ReadFile;
  readonly #cache = new Map<string, Prepared>();
  readonly #contexts = new Map<string, SecureContext | null>();
  readonly #backendContexts = new Map<string, BackendTlsContext>();
  readonly #sourceTurns = new Map<string, number>();

  constructor(
    config: EffectiveConfig,
    protocol: ServedProtocol,
    auth: AuthSettings,
    system: SystemVariables,
    readFile: ReadFile,
  ) {
    this.#config = config;
    this.#protocol = protocol;
    this.#system = system;
    this.#readFile = readFile;
    // Offered is what can be kept: mechanisms that the proxy does not speak are left out.
    this.#mechanisms = auth.mechanisms
      .map((name) => name.toUpperCase())
      .filter((name) => MECHANISM_NAMES.includes(name));
  }

  environment(addresses: ClientAddresses): SessionEnvironment {
    return {
      now: () => performance.timeOrigin + performance.now(),
      randomBytes,
      hostname: this.#system.hostname,
      pid: this.#system.pid,
      settingsFor: (localName) => this.#prepared(addresses, localName),
      nextSourceIp: (family) => this.#nextSourceIp(this.#prepared(addresses, '').login, family),
      hosts: hostStates,
    };
  }

  lmtpEnvironment(addresses: ClientAddresses): LmtpEnvironment {
    lastConnection += 1;
    return {
      now: () => performance.timeOrigin + performance.now(),
      hostname: this.#system.hostname,
      pid: this.#system.pid,
      connectionId: lastConnection,
      settingsFor: (localName) => {
        const { login, lmtp } = this.#prepared(addresses, localName);
        const greeting = this.#lmtpGreeting(login, addresses, localName);
        return greeting === lmtp.greeting ? lmtp : { ...lmtp, greeting };
      },
    };
  }

  #greeting({ greeting, version }: LoginSettings, addresses: typeof NOWHERE, localName: ByteString) {
    const greeted = { series: seriesOf(version), protocol: this.#protocol, localName, addresses };
    return loginGreeting(greeting, greeted, this.#system);
  }

  #lmtpGreeting({ greeting, version }: LoginSettings, addresses: typeof NOWHERE, localName: ByteString) {
    const greeted = { series: seriesOf(version), protocol: this.#protocol, localName, addresses };
    return lmtpGreeting(greeting, greeted, this.#system);
  }

  tls(addresses: ClientAddresses): SessionTls {
    return {
      contextFor: (localName) => {
        const prepared = this.#prepared(addresses, localName);
        prepared.server ??= this.#serverContext(prepared.login, prepared.requireCrl);
        return prepared.server;
      },
      backendContext: () => {
        const prepared = this.#prepared(addresses, '');
        prepared.backend ??= this.#backendContext(prepared.login);
        return prepared.backend;
      },
      certificateRequest: () => this.#prepared(addresses, '').certificateRequest,
    };
  }

  /** Looks at the unfiltered settings; throws `TlsSetupError` and `GreetingRefused` where nobody could be served. */
  check(): void {
    const login = this.#config.login({ protocol: this.#protocol });
    if (this.#protocol === 'lmtp') this.#lmtpGreeting(login, NOWHERE, '');
    else this.#greeting(login, NOWHERE, '');
    this.#serverContext(login, false);
    this.#backendContext(login);
  }

  #prepared(addresses: ClientAddresses, localName: ByteString): Prepared {
    const { localIp, remoteIp } = this.#knowsAddresses ? addresses : NOWHERE;
    const key = `${localIp}|${remoteIp}|${localName}`;
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const filter = {
      protocol: this.#protocol,
      ...(remoteIp === '' ? {} : { localIp, remoteIp }),
      ...(localName === '' ? {} : { localName }),
    };
    const login = this.#config.login(filter);
    const series = seriesOf(login.version);
    const expand: ExpandTemplate = (template, values) => {
      const expansion = expandLoginTemplate(series, template, values, this.#system);
      return expansion.kind === 'ok' ? expansion.text : (expansion.partial ?? '');
    };
    const greeting = this.#protocol === 'lmtp' ? login.greeting : this.#greeting(login, addresses, localName);
    const prepared: Prepared = {
      ...(typeof greeting === 'string' ? { login: { ...login, greeting } } : { login, greet: greeting }),
      certificates: certificateSettings(this.#config, filter),
      requireCrl: this.#requiresCrl(login, filter),
      certificateRequest: this.#certificateRequest(login, filter),
      mechanisms: this.#mechanisms,
      submission: submissionSettings(this.#config, filter),
      sieve: sieveSettings(this.#config, filter),
      lmtp: lmtpSettings(this.#config, filter),
      logFormat: new LoginLogFormat(series, login.logFormat, login.logFormatElements, expand),
      server: undefined,
      backend: undefined,
    };
    if (this.#cache.size >= MAX_CACHED) {
      const [oldest] = this.#cache.keys();
      if (oldest !== undefined) this.#cache.delete(oldest);
    }
    this.#cache.set(key, prepared);
    return prepared;
  }

  /** The LMTP process of 2.4 has no filters by address. Dovecot 2.4.1 lmtp-client.c client_read_settings; observed */
  get #knowsAddresses(): boolean {
    return this.#protocol !== 'lmtp' || seriesOf(this.#config.version) === '2.3';
  }

  #certificateRequest(login: LoginSettings, filter: ConnectionFilter): CertificateRequest | null {
    const { tlsServer } = login;
    if (!tlsServer.requestClientCertificate) return null;
    const prefix = seriesOf(login.version) === '2.3' ? 'ssl' : 'ssl_server';
    return {
      nameField: this.#config.setting(`${prefix}_cert_username_field`, filter)?.text || 'commonName',
      refuseAll:
        this.#requiresCrl(login, filter) && revocationLists(tlsServer.ca, this.#readFile).length === 0,
    };
  }

  /** 2.3 ssl_require_crl, 2.4 ssl_server_require_crl: both are on where nothing is written. */
  #requiresCrl(login: LoginSettings, filter: ConnectionFilter): boolean {
    const prefix = seriesOf(login.version) === '2.3' ? 'ssl' : 'ssl_server';
    return !/^(n|0)/i.test(this.#config.setting(`${prefix}_require_crl`, filter)?.text ?? 'yes');
  }

  /** The same files make the same context, whichever filter named them. */
  #serverContext({ tlsServer }: LoginSettings, requireCrl: boolean): SecureContext | null {
    const key = JSON.stringify([tlsServer, requireCrl], withoutOrigin);
    let context = this.#contexts.get(key);
    if (context === undefined) {
      context = serverContext(tlsServer, this.#readFile, requireCrl);
      this.#contexts.set(key, context);
    }
    return context;
  }

  #backendContext({ tlsClient }: LoginSettings): BackendTlsContext {
    const key = JSON.stringify(tlsClient, withoutOrigin);
    let context = this.#backendContexts.get(key);
    if (context === undefined) {
      context = clientContext(tlsClient, this.#readFile, this.#protocol === 'lmtp');
      this.#backendContexts.set(key, context);
    }
    return context;
  }

  /** Round robin; 2.4 keeps a list for each family. Dovecot 2.4.1 client-common-auth.c login_source_ip_get */
  #nextSourceIp(login: LoginSettings, family: 4 | 6): string | null {
    const byFamily = seriesOf(login.version) === '2.4';
    const usable = sourceIps(login).filter((ip) => !byFamily || ip.family === family);
    if (usable.length === 0) return null;
    const key = byFamily ? String(family) : 'all';
    const turn = this.#sourceTurns.get(key) ?? 0;
    this.#sourceTurns.set(key, turn + 1);
    return usable[turn % usable.length]?.text ?? null;
  }
}

/** Origins hold whole sources: they say nothing about the file's content. */
function withoutOrigin(name: string, value: unknown): unknown {
  return name === 'origin' ? undefined : value;
}
