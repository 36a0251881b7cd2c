import { toUtf8 } from '../../grammar/bytes.js';
import type { Simulation } from './simulation.js';

/** What a question came to, as pairs of name and text: what is compared and expected. '' = there is none. */
export type Facts = ReadonlyMap<string, string>;

const NONE = '';

/**
 * Outcome, destination and the fields of the answer. Names of the destination (`host`, `port`, `tls`, `verify`,
 * `destuser`, `master`, `mechanism`, `ip`) win over fields of the same name, which they come from.
 */
export function factsOf({ outcome, answer, decision }: Simulation): Facts {
  const facts = new Map<string, string>([
    ['outcome', outcome],
    ['user', toUtf8(answer.user)],
  ]);
  for (const field of answer.fields) facts.set(toUtf8(field.name), toUtf8(field.value ?? '') || 'set');
  if (decision?.kind === 'proxy') {
    const { destination } = decision;
    facts.set('host', toUtf8(destination.host));
    facts.set('ip', destination.ip ?? NONE);
    facts.set('port', String(destination.port));
    facts.set('tls', destination.tls);
    facts.set('verify', destination.tls === 'none' ? NONE : destination.verifyCertificate ? 'yes' : 'no');
    facts.set('destuser', toUtf8(destination.user));
    facts.set('master', toUtf8(destination.master));
    facts.set('mechanism', toUtf8(destination.mechanism ?? NONE));
    facts.set('timeout_ms', String(destination.timeoutMs));
    // The proxy knows them under the names above.
    for (const name of ['proxy', 'hostip', 'ssl', 'starttls', 'proxy_mech', 'proxy_timeout'])
      facts.delete(name);
  }
  facts.delete('pass');
  return facts;
}

const MAIN_FACTS = ['outcome', 'user', 'host', 'port', 'tls', 'destuser', 'master'] as const;

export interface Difference {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** Names whose values differ, in the order of the first, then the second. */
export function differencesBetween(before: Facts, after: Facts): Difference[] {
  // Where one side gets nowhere, the rest of its answer is no news.
  const short = before.get('outcome') !== after.get('outcome');
  const names = short ? MAIN_FACTS : [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name) => {
    const one = before.get(name) ?? NONE;
    const other = after.get(name) ?? NONE;
    return one === other ? [] : [{ name, before: one, after: other }];
  });
}

/** What is not as expected: an empty cell expects nothing, `-` that there is none. */
export function unmetExpectations(expected: ReadonlyMap<string, string>, facts: Facts): Difference[] {
  return [...expected].flatMap(([name, cell]) => {
    if (cell === '') return [];
    const wanted = cell === '-' ? NONE : cell;
    const found = facts.get(name) ?? NONE;
    return found === wanted ? [] : [{ name, before: cell, after: found }];
  });
}
