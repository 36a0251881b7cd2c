import type { ByteString } from '../../grammar/bytes.js';
import type { PassdbBlock } from '../config/effective.js';
import { passdbLists } from './passdb-lists.js';
import type { WalkState } from './walk-state.js';

/** `*` and `?`, nothing else. Dovecot lib/wildcard-match.c */
export function wildcardMatch(text: ByteString, pattern: ByteString): boolean {
  let t = 0;
  let p = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p;
      p += 1;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star !== -1) {
      p = star + 1;
      resume += 1;
      t = resume;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}

/** Excluded by nothing and included by something, or by nothing to include. Dovecot auth-request.c */
export function usernameAccepted(filter: ByteString, user: ByteString): boolean {
  let includes = false;
  let included = false;
  for (const entry of filter.split(/[ ,]+/)) {
    if (entry === '') continue;
    const exclude = entry.startsWith('!');
    if (!exclude) includes = true;
    if (!wildcardMatch(user, exclude ? entry.slice(1) : entry)) continue;
    if (exclude) return false;
    included = true;
  }
  return included || !includes;
}

function mechanismAccepted(state: WalkState, filter: readonly ByteString[]): boolean {
  if (filter.length === 0) return true;
  const mechanism = state.request.mechanism.toUpperCase();
  if (state.series === '2.4') return filter.includes(mechanism === '' ? 'LOOKUP' : mechanism);
  // `mechanisms = none` alone is read as an empty list, which accepts nothing at all.
  // Dovecot 2.3.19.1 passdb.c: passdb_preinit; observed [mechanisms-01.2]
  if (filter.length === 1 && filter[0] === 'NONE') {
    const danger =
      'the auth process of 2.3 may die with signal 11 (mechanisms = none: its list points into nowhere)';
    if (!state.remarks.includes(danger)) state.remarks.push(danger);
    return false;
  }
  return filter.includes(mechanism === '' ? 'NONE' : mechanism);
}

/** Why the walk passes this passdb by, or null. Logs what Dovecot logs. */
export function skipReason(state: WalkState, passdb: PassdbBlock): string | null {
  const { mechanisms, usernameFilter } = passdbLists(state.settings).moduleOf(passdb);
  const scope = state.series === '2.3' && state.request.mechanism !== '' ? 'mechanism' : 'request';
  if (!mechanismAccepted(state, mechanisms)) {
    state.debug(() => 'skipping passdb: mechanism filtered', scope);
    const list = mechanisms.join(' ');
    return state.request.mechanism === ''
      ? `mechanisms = ${list} does not take look-ups without mechanism`
      : `mechanisms = ${list} does not hold ${state.request.mechanism}`;
  }
  if (usernameFilter !== '' && !usernameAccepted(usernameFilter, state.user ?? '')) {
    state.debug(() => 'skipping passdb: username filtered', scope);
    return `username_filter = ${usernameFilter} does not accept ${state.user ?? ''}`;
  }
  switch (passdb.skip.value) {
    case 'never':
      return null;
    case 'authenticated':
      return state.authenticated
        ? 'skip = authenticated, and an earlier passdb has authenticated the user'
        : null;
    case 'unauthenticated':
      return state.authenticated
        ? null
        : 'skip = unauthenticated, and no earlier passdb has authenticated the user';
  }
}
