import type { ByteString } from '../../grammar/bytes.js';
import type { PassdbBlock } from '../config/effective.js';
import type { Series } from '../knowledge/versions.js';
import { expand } from '../variables/expand.js';
import { inspectTemplate } from '../variables/inspect.js';
import type { VariableScope } from '../variables/scope.js';
import type { PassdbDriver } from './driver.js';
import { passdbLists } from './passdb-lists.js';
import { requestScope } from './request-scope.js';
import type { WalkState } from './walk-state.js';

/** Variables that one passdb's look-up depends on, found once. */
const NAMES = new WeakMap<PassdbBlock, readonly string[]>();

/** Where in a key a variable stands that the table of the auth process has; others follow. auth-request-var-expand.c */
const ORDER: Readonly<Record<Series, readonly string[]>> = {
  '2.3': (
    'user username domain service home lip rip pid password ! mech secured lport rport cert login_user ' +
    'login_username login_domain session real_lip real_rip real_lport real_rport domain_first domain_last ' +
    'master_user session_pid orig_user orig_username orig_domain auth_user auth_username auth_domain local_name ' +
    'client_id local_ip remote_ip local_port remote_port real_local_ip real_remote_ip real_local_port ' +
    'real_remote_port mechanism original_user original_username original_domain'
  ).split(' '),
  '2.4': (
    'user protocol home local_ip remote_ip client_pid password id mechanism secured local_port remote_port cert ' +
    'login_user session real_local_ip real_remote_ip real_local_port real_remote_port domain_first domain_last ' +
    'master_user session_pid original_user auth_user local_name client_id ssl_ja3_hash owner_user'
  ).split(' '),
};

/** Dovecot auth-cache.c: auth_cache_parse_key */
function orderedNames(series: Series, names: ReadonlySet<string>): readonly string[] {
  const known = ORDER[series].filter((name) => names.has(name));
  const others = [...names].filter((name) => !ORDER[series].includes(name));
  const both = series === '2.3' && names.has('username') && names.has('domain');
  // The name and its domain together are the whole name.
  const whole = both
    ? ['user', ...known.filter((name) => !['user', 'username', 'domain'].includes(name))]
    : known;
  return [...whole, ...others];
}

/**
 * The key of a look-up in the auth cache: which passdb, the master user, and the value of every variable in the query
 * and the fields, with the name after normalisation as user. Modifiers are ignored: what is not asked for does not part
 * two entries. Dovecot 2.3.19.1 auth-cache.c: auth_cache_parse_key; 2.4.1: auth_cache_key_..., passdb ids as `P<id>`
 */
export function cacheKey(state: WalkState, passdb: PassdbBlock, driver: PassdbDriver): string {
  const { moduleOf, idOf } = passdbLists(state.settings);
  const names = variablesOf(state, moduleOf(passdb), driver);
  const user = state.translatedUser ?? '';
  let scope: VariableScope | null = null;
  let key = `P${idOf(passdb)}`;
  if (state.masterUser !== null) key += `+${state.masterUser}`;
  if (names.length === 0) key += '\t';
  for (const name of names) {
    let value = user;
    // Most queries ask for the name alone.
    if (name !== 'user') {
      scope ??= requestScope(state, undefined, user);
      const expansion = expand(state.series, `%{${name}}`, scope);
      value = expansion.kind === 'ok' ? expansion.text : '';
    }
    key += '\t';
    key += tabEscaped(value);
  }
  return key;
}

/** What `doveadm auth cache flush USER` compares: the first value. Dovecot auth-cache.c: auth_cache_node_is_user */
export function userOfKey(key: string): ByteString {
  return key.split('\t', 2)[1] ?? '';
}

const CONTROL = /[\0\x01\t\r\n]/;
const CONTROLS = /[\0\x01\t\r\n]/g;
const LETTERS: Readonly<Record<string, string>> = { '\0': '0', '\x01': '1', '\t': 't', '\r': 'r', '\n': 'n' };

/** Dovecot lib/strescape.c: str_tabescape */
function tabEscaped(value: ByteString): ByteString {
  return CONTROL.test(value) ? value.replaceAll(CONTROLS, (byte) => `\x01${LETTERS[byte] ?? ''}`) : value;
}

function variablesOf(state: WalkState, passdb: PassdbBlock, driver: PassdbDriver): readonly string[] {
  const known = NAMES.get(passdb);
  if (known !== undefined) return known;
  const fields = state.series === '2.3' ? passdb.defaultFields : passdb.fields;
  const templates = [...(driver.cacheKeyTemplates ?? []), ...fields.map((field) => field.value)];
  const names = new Set<string>();
  for (const template of templates)
    for (const variable of inspectTemplate(state.series, template).variables) names.add(variable.name);
  const list = orderedNames(state.series, names);
  NAMES.set(passdb, list);
  return list;
}
