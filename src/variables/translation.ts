import type { ByteString } from '../../grammar/bytes.js';
import { nameTable } from '../../grammar/name-table.js';
import { SHORT_NAMES_23 } from './auth-table.js';

// What means the same in the other language (each pair verified on the same requests with 2.3.19.1 and 2.4.1).

/** 2.3 long names and their 2.4 expressions, where the name differs. */
const TO_24: Readonly<Record<string, string>> = {
  username: 'user | username',
  domain: 'user | domain',
  service: 'protocol',
  lip: 'local_ip',
  rip: 'remote_ip',
  lport: 'local_port',
  rport: 'remote_port',
  pid: 'client_pid',
  mech: 'mechanism',
  real_lip: 'real_local_ip',
  real_rip: 'real_remote_ip',
  real_lport: 'real_local_port',
  real_rport: 'real_remote_port',
  login_username: 'login_user | username',
  login_domain: 'login_user | domain',
  orig_user: 'original_user',
  orig_username: 'original_user | username',
  orig_domain: 'original_user | domain',
  original_username: 'original_user | username',
  original_domain: 'original_user | domain',
  auth_username: 'auth_user | username',
  auth_domain: 'auth_user | domain',
  hostname: 'system:hostname',
  uid: 'process:uid',
  gid: 'process:gid',
};

const MODIFIERS_TO_24: Readonly<Record<string, string>> = nameTable({
  L: 'lower',
  U: 'upper',
  R: 'reverse',
  D: 'ldap_dn',
  M: 'md5',
});

/** 2.4 expression of a 2.3 long name that 2.4 does not have; null where there is none or it is the same. */
export function nameIn24(name: ByteString): ByteString | null {
  return Object.hasOwn(TO_24, name) ? (TO_24[name] ?? null) : null;
}

/** `%Lu` as `%{user | lower}`; null where the translation is not certain. */
export function shortIn24(letter: ByteString, modifiers: string): ByteString | null {
  if (letter === '!') return modifiers === '' ? '%{id}' : null;
  const name = SHORT_NAMES_23.get(letter);
  if (name === undefined) return null;
  const steps = [nameIn24(name) ?? name];
  for (const [at, modifier] of [...modifiers].entries()) {
    const filter = MODIFIERS_TO_24[modifier];
    // A hash is binary in 2.4: only as the last step it is the same.
    if (filter === undefined || (filter === 'md5' && at !== modifiers.length - 1)) return null;
    steps.push(filter);
  }
  return `%{${steps.join(' | ')}}`;
}

const NAMES_TO_23: Readonly<Record<string, string>> = nameTable({
  protocol: 'service',
  mechanism: 'mech',
  local_ip: 'lip',
  remote_ip: 'rip',
  local_port: 'lport',
  remote_port: 'rport',
  client_pid: 'pid',
  owner_user: 'user',
  'system:hostname': 'hostname',
  'process:uid': 'uid',
  'process:gid': 'gid',
});

const DERIVED_TO_23: Readonly<Record<string, string>> = nameTable({
  'user username': 'username',
  'user domain': 'domain',
  'login_user username': 'login_username',
  'login_user domain': 'login_domain',
  'original_user username': 'orig_username',
  'original_user domain': 'orig_domain',
  'auth_user username': 'auth_username',
  'auth_user domain': 'auth_domain',
});

/** 2.3 expression of the steps of a 2.4 one (names only); null where the translation is not certain. */
export function stepsIn23(steps: readonly ByteString[]): ByteString | null {
  const [first = '', ...filters] = steps;
  let name = Object.hasOwn(NAMES_TO_23, first) ? (NAMES_TO_23[first] ?? first) : first;
  let rest = filters;
  const derived = DERIVED_TO_23[`${first} ${filters[0] ?? ''}`];
  if (derived !== undefined) {
    name = derived;
    rest = filters.slice(1);
  }
  let modifiers = '';
  for (const filter of rest) {
    const modifier = Object.entries(MODIFIERS_TO_24).find(([, known]) => known === filter)?.[0];
    if (modifier === undefined) return null;
    modifiers += modifier;
  }
  const letter = [...SHORT_NAMES_23].find(([, known]) => known === name)?.[0];
  return `%${modifiers}${letter ?? `{${name}}`}`;
}
