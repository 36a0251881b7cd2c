import type { PassdbBlock } from '../config/effective.js';
import { expand } from '../variables/expand.js';
import { inspectTemplate } from '../variables/inspect.js';
import type { PassdbDriver } from './driver.js';
import { passdbLists } from './passdb-lists.js';
import { requestScope } from './request-scope.js';
import type { WalkState } from './walk-state.js';

/** Variables that one passdb's look-up depends on, found once. */
const NAMES = new WeakMap<PassdbBlock, readonly string[]>();

/**
 * The key of a look-up in the auth cache: which passdb, the master user, and the value of every variable in the query
 * and the fields, with the name after normalisation as user. Modifiers are ignored: what is not asked for does not part
 * two entries. Dovecot 2.3.19.1 auth-cache.c: auth_cache_parse_key; 2.4.1: auth_cache_key_..., passdb ids as `P<id>`
 */
export function cacheKey(state: WalkState, passdb: PassdbBlock, driver: PassdbDriver): string {
  const { moduleOf, idOf } = passdbLists(state.settings);
  const names = variablesOf(state, moduleOf(passdb), driver);
  const scope = requestScope(state, undefined, state.translatedUser ?? '');
  const values = names.map((name) => {
    const expansion = expand(state.series, `%{${name}}`, scope);
    return expansion.kind === 'ok' ? expansion.text : '';
  });
  const master = state.masterUser === null ? '' : `+${state.masterUser}`;
  return [`P${idOf(passdb)}${master}`, ...values].join('\t');
}

function variablesOf(state: WalkState, passdb: PassdbBlock, driver: PassdbDriver): readonly string[] {
  const known = NAMES.get(passdb);
  if (known !== undefined) return known;
  const fields = state.series === '2.3' ? passdb.defaultFields : passdb.fields;
  const templates = [...(driver.cacheKeyTemplates ?? []), ...fields.map((field) => field.value)];
  const names = new Set<string>();
  for (const template of templates)
    for (const variable of inspectTemplate(state.series, template).variables) names.add(variable.name);
  const list = [...names].sort();
  NAMES.set(passdb, list);
  return list;
}
