import type { ByteString } from '../../../grammar/bytes.js';
import type { Source } from '../../../grammar/source.js';
import type { Version23 } from '../../knowledge/versions.js';
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
import type { Origin, Written } from '../origin.js';
import { readAuth } from './effective-auth.js';
import { readLogin, readTlsServer } from './effective-login.js';
import { createNode, firstOfEachBuiltIn, type Layer, type SectionNode, sectionName } from './layer.js';
import type { BuiltIn, SectionTable } from './settings-table.js';
import { matchingLayers, queryOf, View } from './view.js';

/** The configuration as the 2.3 processes would be told it. */
export class EffectiveSettings implements EffectiveConfig {
  readonly version: Version23;
  readonly #layers: readonly Layer[];
  readonly #main: Source;
  readonly #views = new Map<string, View>();
  readonly #auth = new Map<View, AuthSettings>();
  readonly #login = new Map<View, LoginSettings>();
  readonly #tlsServer = new Map<View, TlsServerSettings>();
  readonly #lmtpLogin = new Map<View, LoginSettings>();
  #serviceSections: { name: ByteString; view: View }[] | undefined;

  constructor(version: Version23, layers: readonly Layer[], main: Source) {
    this.version = version;
    this.#layers = layers;
    this.#main = main;
  }

  #view(filter?: ConnectionFilter): View {
    const query = queryOf(filter);
    const matching = matchingLayers(this.#layers, query);
    const key = matching.map((layer) => this.#layers.indexOf(layer)).join(' ');
    let view = this.#views.get(key);
    if (view === undefined) {
      view = new View(matching.map((layer) => layer.root));
      this.#views.set(key, view);
    }
    return view;
  }

  get protocols(): readonly ByteString[] {
    const protocols = words(this.#view().text('protocols'), / +/);
    // `protocols = none` alone switches everything off (Dovecot 2.3.19.1 master-settings.c).
    return protocols.length === 1 && protocols[0] === 'none' ? [] : protocols;
  }

  get baseDir(): string {
    return this.#view().text('base_dir').replace(/\/$/, '');
  }

  auth(filter?: ConnectionFilter): AuthSettings {
    const start: Origin = { source: this.#main, span: { start: 0, end: 0 }, line: 1 };
    return remembered(this.#auth, this.#view(filter), (view) => readAuth(this.version, view, start));
  }

  login(filter: ConnectionFilter): LoginSettings {
    const isLmtp = filter.protocol === 'lmtp';
    return remembered(isLmtp ? this.#lmtpLogin : this.#login, this.#view(filter), (view) =>
      readLogin(this.version, view, isLmtp, this.tlsServer(filter)),
    );
  }

  tlsServer(filter: ConnectionFilter): TlsServerSettings {
    return remembered(this.#tlsServer, this.#view(filter), readTlsServer);
  }

  inside(): SettingsView {
    return { setting: () => null, fieldTemplates: () => [], names: () => [] };
  }

  setting(name: string, filter?: ConnectionFilter): Written | null {
    const view = this.#view(filter);
    return view.type(name) === null ? null : view.written(name);
  }

  strings(name: string): ReadonlyMap<ByteString, Written> {
    const found = new Map<ByteString, Written>();
    for (const node of this.#view().nodes)
      for (const [key, { expanded, origin }] of node.strings.get(name)?.entries ?? [])
        if (!found.has(key)) found.set(key, { text: expanded, origin });
    return found;
  }

  service(name: ByteString): ServiceSettings | null {
    const view = this.#services().find((section) => section.name === name)?.view;
    if (view === undefined) return null;
    const global = this.#view();
    const limit = (key: string, fallback: string) => view.number(key) || global.number(fallback);
    const serviceCount = view.number('service_count');
    const vszLimit = view.size('vsz_limit');
    return {
      name,
      protocol: view.text('protocol'),
      clientLimit: limit('client_limit', 'default_client_limit'),
      processLimit: limit('process_limit', 'default_process_limit'),
      processMinAvail: view.number('process_min_avail'),
      serviceCount: serviceCount === 0 ? Number.POSITIVE_INFINITY : serviceCount,
      // The largest size stands for default_vsz_limit (Dovecot 2.3.19.1 service.c).
      vszLimit: vszLimit === Number.POSITIVE_INFINITY ? global.size('default_vsz_limit') : vszLimit,
      at: view.nodes[0]?.at ?? null,
    };
  }

  unixListenerMode(service: ByteString, name: ByteString): ByteString | null {
    const view = this.#services().find((section) => section.name === service)?.view;
    const listener = view && sections(view, 'unix_listener').find((section) => section.name === name);
    return listener?.view.text('mode') ?? null;
  }

  listeners(): readonly ListenerSettings[] {
    const enabled = new Set(this.protocols);
    const listen = words(this.#view().text('listen'), /[, ]+/);
    const listeners: ListenerSettings[] = [];
    for (const { name: service, view } of this.#services()) {
      const protocol = view.text('protocol');
      if (!enabled.has(protocol)) continue;
      for (const { name, view: listener } of sections(view, 'inet_listener')) {
        const port = listener.number('port');
        if (port === 0) continue;
        const addresses = words(listener.text('address'), /[, ]+/);
        listeners.push({
          service,
          name,
          protocol,
          addresses: addresses.length === 0 ? listen : addresses,
          port,
          ssl: listener.boolean('ssl'),
          haproxy: listener.boolean('haproxy'),
          at: listener.origin('port') ?? listener.nodes[0]?.at ?? null,
        });
      }
    }
    return listeners;
  }

  #services(): { name: ByteString; view: View }[] {
    this.#serviceSections ??= sections(this.#view(), 'service');
    return this.#serviceSections;
  }
}

/** One section as the levels of a view have it. */
interface Joined {
  readonly name: ByteString;
  readonly nodes: SectionNode[];
  untouched: SectionNode | null;
}

/**
 * All sections of a unique list, in Dovecot's order: the most specific level's, then what more general ones add; each
 * level has the built-in ones first. Levels meet by name, and by it alone: a built-in section that one level gives a
 * name of other case is one more (Dovecot 2.3.19.1 settings-parser.c settings_copy_deflist_unique()).
 */
export function sections(view: View, list: string): { name: ByteString; view: View }[] {
  const [first] = view.nodes;
  const definition = first?.table.settings.get(list);
  if (first === undefined || definition?.kind !== 'list') return [];
  const builtIns: ReadonlyMap<string, BuiltIn> | undefined =
    first.table.path === '' ? first.table.builtIn.get(list) : first.builtIn?.lists.get(list);
  const joined: Joined[] = [];
  const byName = new Map<ByteString, Joined>();
  const add = (node: SectionNode, isTouched: boolean, level: number) => {
    const name = sectionName(node);
    let known = level === 0 || name === '' ? undefined : byName.get(name);
    if (known === undefined) {
      known = { name, nodes: [], untouched: null };
      joined.push(known);
      if (!byName.has(name)) byName.set(name, known);
    }
    if (isTouched) known.nodes.push(node);
    else known.untouched = node;
  };
  for (const [level, node] of view.nodes.entries()) {
    const own = node.lists.get(list)?.sections ?? [];
    const ofBuiltIn = firstOfEachBuiltIn(own);
    for (const builtIn of builtIns?.values() ?? []) {
      const touched = ofBuiltIn.get(builtIn);
      add(touched ?? untouchedNode(definition.section, builtIn), touched !== undefined, level);
    }
    for (const section of own)
      if (section.builtIn === null || ofBuiltIn.get(section.builtIn) !== section) add(section, true, level);
  }
  return joined.map(({ name, nodes, untouched }) => ({
    name,
    view: new View(untouched === null ? nodes : [...nodes, untouched]),
  }));
}

const untouchedNodes = new WeakMap<BuiltIn, SectionNode>();

/** A built-in section that nothing changes. */
function untouchedNode(table: SectionTable, builtIn: BuiltIn): SectionNode {
  let node = untouchedNodes.get(builtIn);
  if (node === undefined) {
    node = createNode(table, builtIn);
    untouchedNodes.set(builtIn, node);
  }
  return node;
}

function words(text: ByteString, separators: RegExp): ByteString[] {
  return text.split(separators).filter((word) => word !== '');
}

/** What was read from a view; there is one view for all connections that the same filters match. */
function remembered<T>(known: Map<View, T>, view: View, read: (view: View) => T): T {
  let value = known.get(view);
  if (value === undefined) {
    value = read(view);
    known.set(view, value);
  }
  return value;
}
