import type { ByteString } from '../../../../grammar/bytes.js';
import type { Scope } from '../scope.js';
import { escapeSectionName } from '../section-name.js';
import { type CheckContext, type StructCheck, sectionScope } from './check-context.js';
import { expansionError } from './expansion-error.js';
import { UNKNOWN } from './struct-view.js';

const TYPES = ['', 'log', 'config', 'anvil', 'login', 'startup', 'worker'];

interface Service {
  readonly name: ByteString;
  readonly scope: Scope;
  readonly listeners: readonly Listener[];
}

type ListenerKind = 'unix_listener' | 'fifo_listener' | 'inet_listener';

interface Listener {
  readonly kind: ListenerKind;
  readonly scope: Scope;
}

const LISTENER_KINDS: readonly ListenerKind[] = ['unix_listener', 'fifo_listener', 'inet_listener'];

/** All listeners of a service; text: Dovecot's error. */
function listenersOf(service: Scope, context: CheckContext, around: ByteString): Listener[] | ByteString {
  const listeners: Listener[] = [];
  for (const kind of LISTENER_KINDS)
    for (const name of service.names(kind)) {
      const scope = sectionScope(context, kind, name, around);
      if (typeof scope === 'string') return scope;
      // Dovecot 2.4.1 master-settings.c: for its addresses a listener reads the settings of the master, too
      const unknown = kind === 'inet_listener' ? expansionError(context, scope, 'master') : null;
      if (unknown !== null)
        return `Failed to get inet_listener ${name}: master settings: Failed to parse configuration: ${unknown}`;
      listeners.push({ kind, scope });
    }
  return listeners;
}

interface Loads {
  auth: number;
  readonly authReasons: string[];
  anvil: number;
  readonly anvilReasons: string[];
}

/** Dovecot 2.4.1 master-settings.c. Whether the system has the configured users is not asked. */
export const checkMaster: StructCheck = (view, context) => {
  for (const id of ['uid', 'gid']) {
    const last = view.number(`last_valid_${id}`);
    if (last !== 0 && view.number(`first_valid_${id}`) > last)
      return `first_valid_${id} can't be larger than last_valid_${id}`;
  }
  for (const name of ['default_login_user', 'default_internal_user'])
    if (view.text(name) === UNKNOWN) return `${name} doesn't exist: ${UNKNOWN}`;
  const names = view.names('service');
  if (names.length === 0) return null;
  if (view.list('listen').length === 0) return "listen can't be set empty";
  const services: Service[] = [];
  for (const filterName of names) {
    const scope = sectionScope(context, 'service', filterName);
    // observed 2.4.1: without expansion the checks end here, silently
    if (typeof scope === 'string') return context.expanded ? scope : null;
    const unknown = expansionError(context, scope, 'service');
    if (unknown !== null && !context.expanded) return null;
    if (unknown !== null)
      return `Failed to get service ${filterName}: service settings (filter=service/${escapeSectionName(filterName)}): Failed to parse configuration: ${unknown}`;
    const listeners = listenersOf(scope, context, `service/${filterName}`);
    if (typeof listeners === 'string') return listeners;
    services.push({ name: scope.text('service_name'), scope, listeners });
  }
  const seen = new Set<ByteString>();
  for (const [i, { name, scope }] of services.entries()) {
    if (name === '') return `Service #${i} is missing name`;
    const type = scope.text('service_type');
    if (!TYPES.includes(type)) return `Unknown service type: ${type}`;
    if (seen.has(name)) return `Duplicate service name: ${name}`;
    seen.add(name);
  }
  const protocols = view.list('protocols');
  const known = new Set(services.map(({ scope }) => scope.text('service_protocol')));
  const unknown = protocols.find((protocol) => !known.has(protocol));
  if (unknown !== undefined) return `protocols: Unknown protocol: ${unknown}`;

  const bound: ByteString[] = [];
  const loads: Loads = { auth: 0, authReasons: [], anvil: 2, anvilReasons: [] };
  const baseDir = view.text('base_dir').replace(/\/$/, '');
  for (const service of services) {
    const protocol = service.scope.text('service_protocol');
    if (protocol !== '' && !protocols.includes(protocol)) continue;
    const error = checkService(service, loads) ?? collectListeners(service, context, baseDir, bound);
    if (error !== null) return error;
  }
  // Dovecot 2.4.1 master-settings.c service_get_client_limit(): the program aborts
  for (const needed of ['auth', 'anvil'])
    if (!seen.has(needed)) return `Panic: Unexpectedly didn't find service ${needed}`;
  warnAboutLoads(services, loads, context);
  return firstDuplicate(bound);
};

function checkService({ name, scope }: Service, loads: Loads): ByteString | null {
  const wrong = (text: ByteString) => `service(${name}): ${text}`;
  if (scope.boolean('service_drop_priv_before_exec') && scope.text('service_chroot') !== '')
    return wrong("drop_priv_before_exec=yes can't be used with chroot");
  const processes = scope.number('service_process_limit');
  if (processes === 0) return wrong('process_limit must be higher than 0');
  if (scope.number('service_process_min_avail') > processes)
    return wrong('process_min_avail is higher than process_limit');
  if (scope.number('service_client_limit') === 0) return wrong('client_limit must be higher than 0');
  const requests = scope.number('service_restart_request_count');
  if (requests === 0) return wrong('restart_request_count must be higher than 0 (did you mean "unlimited"?)');
  if (scope.time('service_idle_kill_interval') === 0)
    return wrong('idle_kill_interval must be higher than 0 (did you mean "unlimited"?)');
  if (scope.size('service_vsz_limit') < 1024 * 1024)
    return wrong('vsz_limit is too low (did you mean "unlimited"?)');
  // Dovecot 2.4.5 master-settings.c
  if (scope.boolean('service_reuse_port') && scope.number('service_process_min_avail') !== processes)
    return wrong('process_min_avail must be equal to process_limit when using service_reuse_port=yes');
  if (scope.table.singleProcessServices.includes(name) && processes > 1)
    return wrong('process_limit must be 1');
  const isLogin = scope.text('service_type') === 'login';
  const reason = `service ${name} { process_limit=${wrapped(processes)} }`;
  if (scope.text('service_protocol') !== '' && (requests !== 1 || isLogin) && name !== 'imap-hibernate') {
    loads.auth += processes;
    loads.authReasons.push(reason);
  }
  if (isLogin || name === 'auth') {
    loads.anvil += processes;
    loads.anvilReasons.push(reason);
  }
  return null;
}

function wrapped(count: number): number {
  return count === Number.POSITIVE_INFINITY ? 2 ** 32 - 1 : count;
}

function collectListeners(
  service: Service,
  context: CheckContext,
  baseDir: ByteString,
  listeners: ByteString[],
): ByteString | null {
  for (const { kind, scope } of service.listeners) {
    if (kind === 'inet_listener') {
      const port = scope.number('inet_listener_port');
      if (port !== 0) for (const address of scope.list('listen')) listeners.push(`${port}:${address}`);
      continue;
    }
    const path = scope.text(`${kind}_path`);
    if (path === '') return `service(${service.name}): ${kind}: path must not be empty`;
    if (path.startsWith(`${baseDir}/`))
      context.warn(`You should remove base_dir prefix from unix_listener: ${path}`);
    if (scope.number(`${kind}_mode`) !== 0)
      listeners.push(path.startsWith('/') ? path : `${baseDir}/${path}`);
  }
  return null;
}

function warnAboutLoads(services: readonly Service[], loads: Loads, context: CheckContext): void {
  const limitOf = (name: ByteString) =>
    services.find((service) => service.name === name)?.scope.number('service_client_limit') ?? Infinity;
  const auth = limitOf('auth');
  if (auth < loads.auth)
    context.warn(
      `service auth { client_limit=${auth} } is lower than required under max. load (${wrapped(loads.auth)}). ` +
        `Counted for protocol services with restart_request_count != 1: ${loads.authReasons.join(' + ')}`,
    );
  const anvil = limitOf('anvil');
  if (anvil < loads.anvil)
    context.warn(
      `service anvil { client_limit=${anvil} } is lower than required under max. load (${wrapped(loads.anvil)}). ` +
        `Counted with: ${loads.anvilReasons.join(' + ')}`,
    );
}

function firstDuplicate(listeners: ByteString[]): ByteString | null {
  listeners.sort();
  const twice = listeners.find((listener, i) => i > 0 && listeners[i - 1] === listener);
  return twice === undefined ? null : `duplicate listener: ${twice}`;
}
