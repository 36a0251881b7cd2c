import { randomBytes } from 'node:crypto';
import { availableParallelism, hostname, release, type } from 'node:os';
import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import type { AuthVariables, Provider, VariableScope } from '../variables/scope.js';
import { type ExpandOptions, VARIABLE_OPTIONS } from './expand-command.js';

export const DEFAULTS: AuthVariables = {
  user: '',
  protocol: 'imap',
  home: '',
  local_ip: '',
  remote_ip: '',
  local_port: '0',
  remote_port: '0',
  real_local_ip: '',
  real_remote_ip: '',
  real_local_port: '0',
  real_remote_port: '0',
  client_pid: '0',
  password: '',
  id: '1',
  mechanism: 'PLAIN',
  secured: '',
  cert: '',
  session: '',
  session_pid: '',
  local_name: '',
  client_id: '',
  login_user: '',
  master_user: '',
  original_user: '',
  ssl_ja3_hash: '',
};

/** Other names of a variable of the table; what is derived from it follows. */
const ALIASES: Readonly<Record<string, keyof AuthVariables>> = {
  u: 'user',
  s: 'protocol',
  service: 'protocol',
  h: 'home',
  l: 'local_ip',
  lip: 'local_ip',
  r: 'remote_ip',
  rip: 'remote_ip',
  a: 'local_port',
  lport: 'local_port',
  b: 'remote_port',
  rport: 'remote_port',
  p: 'client_pid',
  pid: 'client_pid',
  w: 'password',
  '!': 'id',
  m: 'mechanism',
  mech: 'mechanism',
  c: 'secured',
  k: 'cert',
  real_lip: 'real_local_ip',
  real_rip: 'real_remote_ip',
  real_lport: 'real_local_port',
  real_rport: 'real_remote_port',
  orig_user: 'original_user',
};

/** Names for the same derived value: setting one sets them all. */
const SAME: readonly (readonly string[])[] = [
  ['n', 'username'],
  ['d', 'domain'],
  ['orig_username', 'original_username'],
  ['orig_domain', 'original_domain'],
];

/** Prefixes whose values are Dovecot's own: given ones replace them as whole names. */
const BUILT_IN = new Set(['process', 'system', 'dovecot', 'date', 'time', 'generate']);

function isTableName(name: string): name is keyof AuthVariables {
  return Object.hasOwn(DEFAULTS, name);
}

/** The request that the options describe. */
export function expandScope(options: ExpandOptions): VariableScope {
  const auth: Record<keyof AuthVariables, ByteString> = { ...DEFAULTS };
  for (const [option, , , name] of VARIABLE_OPTIONS) {
    const given = options[option.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())];
    if (typeof given === 'string') auth[name] = fromUtf8(given);
  }
  const secured = options['secured'];
  if (secured === 'tls') auth.secured = 'TLS';
  else if (secured === 'yes') auth.secured = 'secured';
  const extra = new Map<ByteString, ByteString>();
  const prefixed = new Map<ByteString, Map<ByteString, ByteString>>();
  for (const [givenName, givenValue] of options.var) {
    const name = fromUtf8(givenName);
    const value = fromUtf8(givenValue);
    const alias = Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
    const colon = name.indexOf(':');
    if (alias !== undefined) auth[alias] = value;
    else if (isTableName(name)) auth[name] = value;
    else if (colon > 0 && !BUILT_IN.has(name.slice(0, colon))) {
      const values = prefixed.get(name.slice(0, colon)) ?? new Map<ByteString, ByteString>();
      values.set(name.slice(colon + 1), value);
      prefixed.set(name.slice(0, colon), values);
    } else for (const same of SAME.find((names) => names.includes(name)) ?? [name]) extra.set(same, value);
  }
  const providers = new Map<ByteString, Provider>();
  for (const prefix of ['passdb', 'userdb', 'env', ...prefixed.keys()]) {
    const values = prefixed.get(prefix);
    providers.set(prefix, (key) => {
      const value = values?.get(key);
      return value === undefined ? { kind: 'missing' } : { kind: 'value', value };
    });
  }
  return {
    auth,
    extra,
    providers,
    system: {
      hostname: fromUtf8(hostname()),
      pid: process.pid,
      uid: process.geteuid?.() ?? 0,
      gid: process.getegid?.() ?? 0,
      cpuCount: availableParallelism(),
      os: fromUtf8(type()),
      osVersion: fromUtf8(release()),
      now: () => Date.now(),
      randomBytes: (count) => randomBytes(count),
    },
  };
}
