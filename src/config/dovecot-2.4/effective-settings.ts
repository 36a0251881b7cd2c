import type { ByteString } from '../../../grammar/bytes.js';
import type { Source } from '../../../grammar/source.js';
import type { Version24 } from '../../knowledge/versions.js';
import type {
  AuthSettings,
  ConnectionFilter,
  EffectiveConfig,
  ListenerSettings,
  LoginSettings,
  ServiceSettings,
  SettingsView,
  TlsServerSettings,
} from '../effective.js';
import { type Address, parseAddress } from '../network.js';
import type { Origin, Written } from '../origin.js';
import type { Builder } from './builder.js';
import { AuthReader, fieldsOf } from './effective-auth.js';
import { readLogin, readTlsServer } from './effective-login.js';
import type { Filter, FilterMask } from './filter.js';
import { FilterIndex, Scope } from './scope.js';

function side(ip: string | undefined, key: 'local' | 'remote'): FilterMask {
  const address: Address | null = ip === undefined ? null : parseAddress(ip);
  if (ip === undefined || address === null) return {};
  const network = { text: ip, address, bits: address.family === 4 ? 32 : 128 };
  return key === 'local' ? { local: network } : { remote: network };
}

function maskOf(filter: ConnectionFilter | undefined): FilterMask {
  return {
    ...(filter?.protocol === undefined ? {} : { protocol: filter.protocol }),
    ...(filter?.localName === undefined ? {} : { localName: filter.localName.toLowerCase() }),
    ...side(filter?.localIp, 'local'),
    ...side(filter?.remoteIp, 'remote'),
  };
}

/** The configuration as Dovecot's processes would be told it. `build` reads it the way the servers do. */
export class EffectiveSettings implements EffectiveConfig {
  readonly version: Version24;
  readonly #build: () => Builder;
  readonly #main: Source;
  #index: FilterIndex | undefined;
  /** What holds for everybody, by the named filters. */
  readonly #global = new Map<string, Scope>();
  readonly #auth = new Map<string, AuthSettings>();
  readonly #login = new Map<string, LoginSettings>();
  readonly #tlsServer = new Map<string, TlsServerSettings>();
  #loginServices: Map<ByteString, ByteString> | undefined;

  constructor(version: Version24, build: () => Builder, main: Source) {
    this.version = version;
    this.#build = build;
    this.#main = main;
  }

  #filters(): FilterIndex {
    this.#index ??= new FilterIndex(this.#build().tree);
    return this.#index;
  }

  #scope(filter: ConnectionFilter | undefined, names: readonly ByteString[] = []): Scope {
    const key = filter === undefined ? names.join('\0') : null;
    const known = key === null ? undefined : this.#global.get(key);
    if (known !== undefined) return known;
    const question = { connection: maskOf(filter), names };
    const scope = new Scope(this.#filters().tree.table, this.#filters().applicable(question));
    if (key !== null) this.#global.set(key, scope);
    return scope;
  }

  get protocols(): readonly ByteString[] {
    return this.#scope(undefined).list('protocols');
  }

  get baseDir(): string {
    return this.#scope(undefined).text('base_dir').replace(/\/$/, '');
  }

  auth(filter?: ConnectionFilter): AuthSettings {
    const mask = maskOf(filter);
    const { protocol } = mask;
    // A protocol that no filter names has the settings of all; thousands of blocks are read once then.
    const isGlobal = protocol === undefined || !this.#filters().knows(protocol);
    const start: Origin = { source: this.#main, span: { start: 0, end: 0 }, line: 1 };
    return this.#remembered(this.#auth, isGlobal ? '' : protocol, mask, () =>
      new AuthReader(this.#filters(), mask, start).read(),
    );
  }

  /** Dovecot 2.4.1 client-common.c: settings inside `service NAME { }` count for its own connections. */
  login(filter: ConnectionFilter): LoginSettings {
    return this.#remembered(this.#login, filter.protocol ?? '', maskOf(filter), () =>
      readLogin((...names) => this.#loginScope(filter, names), this.#main, this.tlsServer(filter)),
    );
  }

  tlsServer(filter: ConnectionFilter): TlsServerSettings {
    return this.#remembered(this.#tlsServer, filter.protocol ?? '', maskOf(filter), () =>
      readTlsServer(this.#loginScope(filter, ['ssl_server']), this.#main),
    );
  }

  #loginScope(filter: ConnectionFilter, names: readonly ByteString[]): Scope {
    return this.#scope(filter, [`service/${this.#loginService(filter.protocol ?? '')}`, ...names]);
  }

  /** What was read for connections that the same filters match: addresses have no end, these are few. */
  #remembered<T>(known: Map<string, T>, protocol: ByteString, connection: FilterMask, read: () => T): T {
    const key = `${protocol}\0${this.#filters().addressesOf(connection)}`;
    let value = known.get(key);
    if (value === undefined) {
      value = read();
      known.set(key, value);
    }
    return value;
  }

  /** `imap-login` for imap; a protocol without a login service is served by the service of its name. */
  #loginService(protocol: ByteString): ByteString {
    this.#loginServices ??= new Map(
      this.#scope(undefined)
        .names('service')
        .map((name) => ({ name, scope: this.#scope(undefined, [`service/${name}`]) }))
        .filter(({ scope }) => scope.text('service_type') === 'login')
        .reverse()
        .map(({ name, scope }) => [scope.text('service_protocol'), name] as const),
    );
    return this.#loginServices.get(protocol) ?? protocol;
  }

  inside(...names: readonly ByteString[]): SettingsView {
    const scope = this.#scope(undefined, names);
    return {
      setting: (fullName) => scope.written(fullName),
      fieldTemplates: (fullName) => fieldsOf(scope, fullName),
      names: (kind) => scope.names(kind),
    };
  }

  setting(name: string, filter?: ConnectionFilter): Written | null {
    return this.#scope(filter).written(name);
  }

  strings(name: string): ReadonlyMap<ByteString, Written> {
    return this.#scope(undefined).strings(name);
  }

  service(name: ByteString): ServiceSettings | null {
    const scope = this.#scope(undefined, [`service/${name}`]);
    const opened = scope.filters.find((filter: Filter) => filter.mask.name === `service/${name}`);
    if (opened === undefined) return null;
    const limit = (key: ByteString) => scope.number(key);
    return {
      name,
      protocol: scope.text('service_protocol'),
      clientLimit: limit('service_client_limit'),
      processLimit: limit('service_process_limit'),
      processMinAvail: limit('service_process_min_avail'),
      serviceCount: limit('service_restart_request_count'),
      vszLimit: scope.size('service_vsz_limit'),
      at: opened.origin,
    };
  }

  unixListenerMode(service: ByteString, name: ByteString): ByteString | null {
    const outer = this.#scope(undefined, [`service/${service}`]);
    if (!outer.names('unix_listener').includes(name)) return null;
    return this.#scope(undefined, [`service/${service}`, `unix_listener/${name}`]).text('unix_listener_mode');
  }

  listeners(): readonly ListenerSettings[] {
    const enabled = new Set(this.protocols);
    const listeners: ListenerSettings[] = [];
    for (const service of this.#scope(undefined).names('service')) {
      const outer = this.#scope(undefined, [`service/${service}`]);
      const protocol = outer.text('service_protocol');
      if (!enabled.has(protocol)) continue;
      for (const name of outer.names('inet_listener')) {
        const scope = this.#scope(undefined, [`service/${service}`, `inet_listener/${name}`]);
        const port = scope.number('inet_listener_port');
        if (port === 0) continue;
        listeners.push({
          service,
          name,
          protocol,
          addresses: scope.list('listen'),
          port,
          ssl: scope.boolean('inet_listener_ssl'),
          haproxy: scope.boolean('inet_listener_haproxy'),
          at: scope.origin('inet_listener_port') ?? outer.origin('service_name'),
        });
      }
    }
    return listeners;
  }
}
