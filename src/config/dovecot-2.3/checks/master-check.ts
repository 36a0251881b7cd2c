import type { ByteString } from '../../../../grammar/bytes.js';
import { sections } from '../effective-settings.js';
import { sectionName } from '../layer.js';
import type { View } from '../view.js';
import { type Check, type Finding, filterError, finding, raw, type VersionCheck, words } from './check.js';

const SYSLOG_FACILITIES =
  /^(?:auth|authpriv|cron|daemon|ftp|kern|lpr|mail|news|syslog|uucp|user|local[0-7])$/;

/** Dovecot 2.3.19.1 master-service-settings.c. */
export const checkMasterService: VersionCheck = (view, version) => {
  const found: Finding[] = [];
  const facility = raw(view, 'syslog_facility');
  if (!SYSLOG_FACILITIES.test(facility))
    found.push(finding(view, 'syslog_facility', `Unknown syslog_facility: ${facility}`));
  for (const name of ['log_debug', 'log_core_filter', 'process_shutdown_filter']) {
    const filter = raw(view, name);
    const error = filter === '' ? null : filterError(filter, version);
    if (error !== null) found.push(finding(view, name, `Invalid ${name}: ${error}`));
  }
  return found;
};

/** Services that may have one process only (process_limit_1 in their definitions). */
const ONE_PROCESS = ['log', 'indexer', 'auth', 'anvil', 'old-stats', 'replicator', 'ipc', 'director'];
const SERVICE_TYPES = ['', 'log', 'config', 'anvil', 'login', 'startup', 'worker'];

/** Dovecot 2.3.19.1 master-settings.c master_settings_verify(). */
export const checkMaster: Check = (view) => {
  const found: Finding[] = [];
  const say = (setting: string, text: ByteString) => found.push(finding(view, setting, text));
  if (raw(view, 'listen') === '') say('listen', "listen can't be set empty");
  for (const kind of ['uid', 'gid']) {
    const last = view.number(`last_valid_${kind}`);
    if (last !== 0 && view.number(`first_valid_${kind}`) > last)
      say(`first_valid_${kind}`, `first_valid_${kind} can't be larger than last_valid_${kind}`);
  }
  const services = sections(view, 'service');
  for (const [index, { name, view: service }] of services.entries()) {
    if (name === '') found.push(finding(service, 'name', `Service #${index} is missing name`));
    const type = raw(service, 'type');
    if (!SERVICE_TYPES.includes(type)) found.push(finding(service, 'type', `Unknown service type: ${type}`));
  }
  const protocols = enabledProtocols(view);
  const known = new Set(services.map(({ view: service }) => raw(service, 'protocol')));
  for (const protocol of protocols)
    if (!known.has(protocol)) say('protocols', `protocols: Unknown protocol: ${protocol}`);
  const running = services.filter(({ view: service }) => {
    const protocol = raw(service, 'protocol');
    return protocol === '' || protocols.includes(protocol);
  });
  const listeners: Listener[] = [];
  for (const { name, view: service } of running) found.push(...checkService(name, service, view, listeners));
  found.push(...duplicateListeners(listeners));
  return found;
};

function enabledProtocols(view: View): ByteString[] {
  const protocols = words(raw(view, 'protocols'), / +/);
  return protocols.length === 1 && protocols[0] === 'none' ? [] : protocols;
}

interface Listener {
  readonly key: ByteString;
  readonly finding: Finding;
}

function checkService(name: ByteString, service: View, master: View, listeners: Listener[]): Finding[] {
  const found: Finding[] = [];
  const say = (setting: string, text: ByteString) =>
    found.push(finding(service, setting, `service(${name}): ${text}`));
  if (service.boolean('drop_priv_before_exec') && raw(service, 'chroot') !== '')
    say('drop_priv_before_exec', "drop_priv_before_exec=yes can't be used with chroot");
  const limit = service.number('process_limit') || master.number('default_process_limit');
  if (service.number('process_min_avail') > limit)
    say('process_min_avail', 'process_min_avail is higher than process_limit');
  const memory = service.size('vsz_limit');
  if (memory < 1024 * 1024 && memory !== 0) say('vsz_limit', 'vsz_limit is too low');
  if (ONE_PROCESS.includes(name) && limit > 1) say('process_limit', 'process_limit must be 1');
  const baseDir = raw(master, 'base_dir').replace(/\/$/, '');
  for (const kind of ['unix_listener', 'fifo_listener']) {
    for (const { view: listener } of sections(service, kind)) {
      const path = raw(listener, 'path');
      if (path === '') {
        found.push(finding(listener, 'path', `service(${name}): ${kind}: path must not be empty`));
        continue;
      }
      if (listener.number('mode') === 0) continue;
      const key = path.startsWith('/') ? path : `${baseDir}/${path}`;
      listeners.push({ key, finding: finding(listener, 'path', `duplicate listener: ${key}`) });
    }
  }
  for (const { view: listener } of sections(service, 'inet_listener')) {
    const port = listener.number('port');
    if (port === 0) continue;
    const key = `${port}:${raw(listener, 'address')}`;
    listeners.push({ key, finding: finding(listener, 'port', `duplicate listener: ${key}`) });
  }
  return found;
}

function duplicateListeners(listeners: readonly Listener[]): Finding[] {
  const sorted = [...listeners].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return sorted
    .filter((listener, index) => index > 0 && sorted[index - 1]?.key === listener.key)
    .map((listener) => listener.finding);
}

/** Warnings about limits that cannot hold all clients. */
export const warnMaster: Check = (view) => {
  const protocols = enabledProtocols(view);
  const running = sections(view, 'service').filter(({ view: service }) => {
    const protocol = raw(service, 'protocol');
    return protocol === '' || protocols.includes(protocol);
  });
  const found: Finding[] = [];
  const baseDir = raw(view, 'base_dir').replace(/\/$/, '');
  for (const { view: service } of running)
    for (const kind of ['unix_listener', 'fifo_listener'])
      for (const { view: listener } of sections(service, kind)) {
        const path = raw(listener, 'path');
        if (path.startsWith(`${baseDir}/`))
          found.push(
            finding(listener, 'path', `You should remove base_dir prefix from unix_listener: ${path}`),
          );
      }
  const limitOf = (service: View) => service.number('process_limit') || view.number('default_process_limit');
  const auth = running.filter(
    ({ name, view: service }) =>
      raw(service, 'protocol') !== '' &&
      name !== 'imap-hibernate' &&
      (service.number('service_count') !== 1 || raw(service, 'type') === 'login'),
  );
  const anvil = running.filter(
    ({ name, view: service }) => raw(service, 'type') === 'login' || name === 'auth',
  );
  const warn = (name: string, own: number, users: typeof running, why: string) => {
    const service = sections(view, 'service').find((one) => sectionName(firstNode(one.view)) === name)?.view;
    const limit = service?.number('client_limit') || view.number('default_client_limit');
    const needed = users.reduce((sum, user) => sum + limitOf(user.view), own);
    if (limit >= needed) return;
    const reasons = users.map((user) => `service ${user.name} { process_limit=${limitOf(user.view)} }`);
    found.push(
      finding(
        service ?? view,
        'client_limit',
        `service ${name} { client_limit=${limit} } is lower than required under max. load (${needed}). ${why}: ${reasons.join(' + ')}`,
      ),
    );
  };
  warn('auth', 0, auth, 'Counted for protocol services with service_count != 1');
  warn('anvil', 2, anvil, 'Counted with');
  return found;
};

function firstNode(view: View): View['nodes'][number] {
  const [node] = view.nodes;
  if (node === undefined) throw new Error('a view has at least one node');
  return node;
}
