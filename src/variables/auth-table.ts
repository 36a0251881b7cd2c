import type { ByteString } from '../../grammar/bytes.js';
import { nameTable } from '../../grammar/name-table.js';
import { afterAt, beforeAt } from './ascii.js';
import type { AuthVariables } from './scope.js';

/** A variable of the auth process's table. */
export interface TableEntry {
  readonly value: (auth: AuthVariables) => ByteString;
  /** 2.3 escapes the value before modifiers; addresses, ports and numbers stay as they are. */
  readonly escaped: boolean;
}

const text = (value: TableEntry['value']): TableEntry => ({ value, escaped: true });
const plain = (value: TableEntry['value']): TableEntry => ({ value, escaped: false });

/** Between the first and the second `@`. */
const domainFirst = (user: ByteString): ByteString => beforeAt(afterAt(user));

/** Behind the last `@`; '' without one. */
function domainLast(user: ByteString): ByteString {
  const at = user.lastIndexOf('@');
  return at === -1 ? '' : user.slice(at + 1);
}

const originalUser = (auth: AuthVariables): ByteString =>
  auth.original_user === '' ? auth.user : auth.original_user;
const authUser = (auth: AuthVariables): ByteString =>
  auth.master_user === '' ? originalUser(auth) : auth.master_user;

const lip = plain((auth) => auth.local_ip);
const rip = plain((auth) => auth.remote_ip);
const lport = plain((auth) => auth.local_port);
const rport = plain((auth) => auth.remote_port);
const realLip = plain((auth) => auth.real_local_ip);
const realRip = plain((auth) => auth.real_remote_ip);
const realLport = plain((auth) => auth.real_local_port);
const realRport = plain((auth) => auth.real_remote_port);
const mech = text((auth) => auth.mechanism);
const origUser = text(originalUser);
const origUsername = text((auth) => beforeAt(originalUser(auth)));
const origDomain = text((auth) => afterAt(originalUser(auth)));

// Dovecot 2.3.19.1 auth-request-var-expand.c
const LONG_23: Readonly<Record<string, TableEntry>> = nameTable({
  user: text((auth) => auth.user),
  username: text((auth) => beforeAt(auth.user)),
  domain: text((auth) => afterAt(auth.user)),
  service: text((auth) => auth.protocol),
  home: plain((auth) => auth.home),
  lip,
  rip,
  pid: plain((auth) => auth.client_pid),
  password: text((auth) => auth.password),
  mech,
  secured: plain((auth) => auth.secured),
  lport,
  rport,
  cert: plain((auth) => auth.cert),
  login_user: text((auth) => auth.login_user),
  login_username: text((auth) => beforeAt(auth.login_user)),
  login_domain: text((auth) => afterAt(auth.login_user)),
  session: text((auth) => auth.session),
  real_lip: realLip,
  real_rip: realRip,
  real_lport: realLport,
  real_rport: realRport,
  domain_first: text((auth) => domainFirst(auth.user)),
  domain_last: text((auth) => domainLast(auth.user)),
  master_user: text((auth) => auth.master_user),
  session_pid: plain((auth) => auth.session_pid),
  orig_user: origUser,
  orig_username: origUsername,
  orig_domain: origDomain,
  auth_user: text(authUser),
  auth_username: text((auth) => beforeAt(authUser(auth))),
  auth_domain: text((auth) => afterAt(authUser(auth))),
  local_name: text((auth) => auth.local_name),
  client_id: text((auth) => auth.client_id),
  local_ip: lip,
  remote_ip: rip,
  local_port: lport,
  remote_port: rport,
  real_local_ip: realLip,
  real_remote_ip: realRip,
  real_local_port: realLport,
  real_remote_port: realRport,
  mechanism: mech,
  original_user: origUser,
  original_username: origUsername,
  original_domain: origDomain,
});

/** One-letter names of 2.3 and the long names that they stand for (`!` has none). */
export const SHORT_NAMES_23: ReadonlyMap<string, string> = new Map([
  ['u', 'user'],
  ['n', 'username'],
  ['d', 'domain'],
  ['s', 'service'],
  ['h', 'home'],
  ['l', 'lip'],
  ['r', 'rip'],
  ['p', 'pid'],
  ['w', 'password'],
  ['m', 'mech'],
  ['c', 'secured'],
  ['a', 'lport'],
  ['b', 'rport'],
  ['k', 'cert'],
]);

export const LONG_TABLE_23: ReadonlyMap<string, TableEntry> = new Map(Object.entries(LONG_23));

export const SHORT_TABLE_23: ReadonlyMap<string, TableEntry> = new Map([
  ['!', plain((auth) => auth.id)],
  ...[...SHORT_NAMES_23].flatMap(([letter, name]): [string, TableEntry][] => {
    const entry = LONG_23[name];
    return entry === undefined ? [] : [[letter, entry]];
  }),
]);

// Dovecot 2.4.1 auth-request-var-expand.c
const NAMES_24: Readonly<Record<string, TableEntry>> = nameTable({
  user: text((auth) => auth.user),
  protocol: text((auth) => auth.protocol),
  home: text((auth) => auth.home),
  local_ip: lip,
  remote_ip: rip,
  client_pid: text((auth) => auth.client_pid),
  password: text((auth) => auth.password),
  id: text((auth) => auth.id),
  mechanism: mech,
  secured: text((auth) => auth.secured),
  local_port: lport,
  remote_port: rport,
  cert: text((auth) => auth.cert),
  login_user: text((auth) => auth.login_user),
  session: text((auth) => auth.session),
  real_local_ip: realLip,
  real_remote_ip: realRip,
  real_local_port: realLport,
  real_remote_port: realRport,
  domain_first: text((auth) => domainFirst(auth.user)),
  domain_last: text((auth) => domainLast(auth.user)),
  master_user: text((auth) => auth.master_user),
  session_pid: text((auth) => auth.session_pid),
  original_user: origUser,
  auth_user: text(authUser),
  local_name: text((auth) => auth.local_name),
  client_id: text((auth) => auth.client_id),
  ssl_ja3_hash: text((auth) => auth.ssl_ja3_hash),
  owner_user: text((auth) => auth.user),
});

export const TABLE_24: ReadonlyMap<string, TableEntry> = new Map(Object.entries(NAMES_24));
