import type { ByteString } from '../../../grammar/bytes.js';
import { isIpAddress } from './address-list.js';
import { type Filter, matchesFilter } from './filter.js';

/** What rewriting an obsolete setting may do to the configuration that is being read. */
export interface ObsoleteActions {
  /** Filters around the statement. */
  filter(): Filter;
  /** Warns `Obsolete setting in FILE:LINE: TEXT`. */
  warn(text: ByteString): void;
  /** Says an error that does not stop the reading. */
  complain(text: ByteString): void;
  /** Sets a key where the statement stands. */
  set(key: ByteString, value: ByteString): void;
  setFile(key: ByteString, path: ByteString): void;
  /** Sets a key of the global settings, whatever filter the statement stands in. */
  setGlobal(key: ByteString, value: ByteString): void;
  /** Sets a path of the global settings without the checks of a written line; `name` is what an error calls it. */
  applyGlobal(name: ByteString, path: ByteString, value: ByteString): void;
  /** Errors of the statement so far are lost. */
  forgetErrors(): void;
  /** The same where the statement stands. */
  apply(name: ByteString, path: ByteString, value: ByteString): void;
}

const NAMES = ['imap', 'pop3'] as const;

/** Rewrites `key = value` outside sections; false: not obsolete (Dovecot 2.3.19.1 old-set-parser.c). */
export function rewriteObsolete(key: ByteString, value: ByteString, actions: ObsoleteActions): boolean {
  return rewriteServiceSetting(key, value, actions) || rewriteRootSetting(key, value, actions);
}

function rewriteServiceSetting(key: ByteString, value: ByteString, actions: ObsoleteActions): boolean {
  if (rewriteListen(key, value, actions)) return true;
  const login = LOGIN_SETTINGS.get(key);
  if (login !== undefined) {
    const [name, convert] = login;
    actions.warn(`${key} has been replaced by service { ${name} }`);
    applyToServices(actions, name, convert(value), '-login');
    return true;
  }
  const mail = MAIL_SETTINGS.get(key);
  if (mail !== undefined) {
    const [name, convert] = mail;
    actions.warn(`${key} has been replaced by service { ${name} }`);
    applyToServices(actions, name, convert(value), '');
    return true;
  }
  const auth = AUTH_SETTINGS.get(key);
  if (auth !== undefined) {
    const [name, convert] = auth;
    actions.warn(`${key} has been replaced by service auth { ${name} }`);
    actions.applyGlobal(name, `service/auth/${name}`, convert(value));
    return true;
  }
  if (key === 'auth_cache_size' && /^[0-9]+$/.test(value) && BigInt(value) > 0n && BigInt(value) < 1024n) {
    actions.warn(`auth_cache_size value no longer defaults to megabytes. Use ${value}M`);
    actions.applyGlobal(key, key, `${value}M`);
    return true;
  }
  if (key === 'auth_count') {
    actions.warn(
      value === 'count'
        ? 'auth_count has been removed'
        : 'auth_count has been removed, and its value must be 1',
    );
    return true;
  }
  return false;
}

type Converted = readonly [string, (value: ByteString) => ByteString];
const same = (value: ByteString) => value;
const megabytes = (value: ByteString) => `${value} M`;

const LOGIN_SETTINGS: ReadonlyMap<string, Converted> = new Map([
  ['login_chroot', ['chroot', (value) => (value === 'no' ? '' : 'login')]],
  ['login_user', ['user', same]],
  ['login_executable', ['executable', same]],
  ['login_process_size', ['vsz_limit', megabytes]],
  ['login_process_per_connection', ['service_count', (value) => (value === 'no' ? '0' : '1')]],
  ['login_processes_count', ['process_min_avail', same]],
  ['login_max_processes_count', ['process_limit', same]],
  ['login_max_connections', ['client_limit', same]],
]);

const MAIL_SETTINGS: ReadonlyMap<string, Converted> = new Map([
  ['max_mail_processes', ['process_limit', same]],
  ['mail_executable', ['executable', same]],
  ['mail_process_size', ['vsz_limit', megabytes]],
  ['mail_drop_priv_before_exec', ['drop_priv_before_exec', same]],
]);

const AUTH_SETTINGS: ReadonlyMap<string, Converted> = new Map([
  ['auth_executable', ['executable', same]],
  ['auth_process_size', ['vsz_limit', megabytes]],
  ['auth_user', ['user', same]],
  ['auth_chroot', ['chroot', same]],
]);

const CACHE_COMPRESS = 'mail_cache_compress_';

function servesProtocol(filter: Filter, service: string): boolean {
  return matchesFilter(filter, { service, local: null, remote: null, localName: null });
}

function applyToServices(actions: ObsoleteActions, name: string, value: ByteString, suffix: string): void {
  for (const [protocol, service] of [
    ...NAMES.map((one) => [one, one] as const),
    ['sieve', 'managesieve'] as const,
  ])
    if (servesProtocol(actions.filter(), protocol)) {
      actions.applyGlobal(name, `service/${service}${suffix}/${name}`, value);
      if (protocol === 'sieve') actions.forgetErrors();
    }
}

function rewriteListen(key: ByteString, value: ByteString, actions: ObsoleteActions): boolean {
  if (key !== 'listen' && key !== 'ssl_listen') return false;
  const anywhere = matchesFilter(actions.filter(), {
    service: null,
    local: null,
    remote: null,
    localName: null,
  });
  const secure = key === 'ssl_listen';
  if (!secure && anywhere && !listHasPort(value)) return false;
  if (value === '') return true;
  const ssl = secure ? 's' : '';
  let address = value;
  const colon = value.lastIndexOf(':');
  const applyListeners = (name: 'port' | 'address', text: ByteString) => {
    for (const protocol of NAMES)
      if (servesProtocol(actions.filter(), protocol))
        actions.applyGlobal(name, `service/${protocol}-login/inet_listener/${protocol}${ssl}/${name}`, text);
    if (secure || !servesProtocol(actions.filter(), 'sieve')) return;
    actions.applyGlobal(name, `service/managesieve-login/inet_listener/managesieve/${name}`, text);
    actions.forgetErrors();
  };
  if (colon !== -1 && listHasPort(value)) {
    actions.warn(`${key}=..:port has been replaced by service { inet_listener { port } }`);
    address = value.slice(0, colon);
    applyListeners('port', value.slice(colon + 1));
  }
  if (anywhere && !secure) actions.setGlobal(key, address);
  else {
    actions.warn(`protocol { ${key} } has been replaced by service { inet_listener { address } }`);
    applyListeners('address', address);
  }
  return true;
}

function listHasPort(text: ByteString): boolean {
  if (!text.includes(':')) return false;
  return splitWords(text, /[, ]+/).some(
    (address) => address !== '*' && address !== '::' && address !== '[::]' && !isIpAddress(address),
  );
}

function rewriteRootSetting(key: ByteString, value: ByteString, actions: ObsoleteActions): boolean {
  switch (key) {
    case 'protocols':
      rewriteProtocols(value, actions);
      return true;
    case 'ssl_cert_file':
    case 'ssl_key_file':
    case 'ssl_ca_file': {
      if (value === '') return true;
      const name = key.slice(0, key.lastIndexOf('_'));
      actions.warn(`${key} has been replaced by ${name} = <file`);
      actions.setFile(name, value);
      return true;
    }
    case 'ssl_disable':
      rename(key, 'ssl', swap(value, 'no', 'yes'), actions);
      return true;
    case 'ssl_parameters_regenerate':
    case 'ssl_dh_parameters_length':
      actions.warn(`${key} is no longer needed`);
      return true;
    case 'ssl_protocols':
      rewriteSslProtocols(value, actions);
      return true;
    case 'sieve':
    case 'sieve_storage':
      actions.warn(
        key === 'sieve'
          ? 'sieve has been moved into plugin {} section'
          : 'sieve_storage has been moved into plugin { sieve_dir }',
      );
      actions.apply('', 'plugin', '');
      actions.apply(key, `plugin/${key}`, value);
      return true;
    case 'fsync_disable':
      rename(key, 'mail_fsync', swap(value, 'never', 'optimized'), actions);
      return true;
    case 'dbox_rotate_size':
      rename(key, 'mdbox_rotate_size', value, actions);
      return true;
    case 'imap_client_workarounds':
      rewriteWorkarounds(value, actions);
      return true;
    case 'login_dir':
    case 'dbox_rotate_min_size':
    case 'dbox_rotate_days':
    case 'director_consistent_hashing':
    case 'mail_log_max_lines_per_sec':
    case 'maildir_copy_preserve_filename':
      actions.warn(`${key} has been removed`);
      return true;
  }
  if (!key.startsWith(CACHE_COMPRESS)) return false;
  rename(key, `mail_cache_purge_${key.slice(CACHE_COMPRESS.length)}`, value, actions);
  return true;
}

function rename(old: string, key: string, value: ByteString, actions: ObsoleteActions): void {
  actions.warn(`${old} has been renamed to ${key}`);
  actions.set(key, value);
}

function swap(value: ByteString, forYes: string, forNo: string): ByteString {
  if (/^yes$/i.test(value)) return forYes;
  return /^no$/i.test(value) ? forNo : value;
}

function rewriteProtocols(value: ByteString, actions: ObsoleteActions): void {
  const names = splitWords(value, / +/);
  const kept: ByteString[] = [];
  for (const name of names) {
    if (name === 'managesieve') {
      actions.warn('protocols=managesieve has been renamed to protocols=sieve');
      kept.push('sieve');
    } else if (name !== 'imaps' && name !== 'pop3s') kept.push(name);
  }
  let text = kept.join(' ');
  for (const name of NAMES) {
    if (!names.includes(`${name}s`)) continue;
    if (names.includes(name)) {
      actions.warn(`'${name}s' protocol is no longer necessary, remove it`);
      continue;
    }
    actions.warn(
      `'${name}s' protocol can no longer be specified (use protocols=${name}). to disable non-ssl ${name}, use service ${name}-login { inet_listener ${name} { port=0 } }`,
    );
    text += ` ${name}`;
    actions.apply('port', `service/${name}-login/inet_listener/${name}/port`, '0');
  }
  actions.set('protocols', text.startsWith(' ') ? text.slice(1) : text);
}

function rewriteWorkarounds(value: ByteString, actions: ObsoleteActions): void {
  const words = splitWords(value, /[ ,]+/).map((word) => {
    if (word === 'outlook-idle') {
      actions.warn('imap_client_workarounds=outlook-idle is no longer necessary');
      return '';
    }
    if (word === 'netscape-eoh') {
      actions.warn('imap_client_workarounds=netscape-eoh is no longer supported');
      return '';
    }
    return word;
  });
  actions.set('imap_client_workarounds', words.join(' '));
}

const SSL_VERSIONS = ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2'];

function rewriteSslProtocols(value: ByteString, actions: ObsoleteActions): void {
  actions.warn('ssl_protocols has been replaced by ssl_min_protocol');
  const problem = 'Could not find a minimum ssl_min_protocol setting from ssl_protocols';
  const enabled = new Map<string, boolean>();
  for (const word of splitWords(value, /[, ]+/)) {
    const name = word.replace(/^!/, '');
    if (!SSL_VERSIONS.includes(name)) {
      actions.complain(`${problem} = ${value}: Unrecognized protocol '${name}'`);
      return;
    }
    enabled.set(name, name === word);
  }
  const explicit = [...enabled.values()].includes(true);
  const lowest = SSL_VERSIONS.find((name) => (explicit ? enabled.get(name) === true : !enabled.has(name)));
  if (lowest === undefined) actions.complain(`${problem} = ${value}: All protocols disabled`);
  else actions.set('ssl_min_protocol', lowest);
}

/** t_strsplit_spaces(): leading separators are skipped, runs count as one. */
function splitWords(text: ByteString, separators: RegExp): ByteString[] {
  return text.split(separators).filter((word) => word !== '');
}
