import { nameTable } from '../../grammar/name-table.js';
import type { Difference, Facts } from './facts.js';

/** What kind of thing changes for a user. */
type ChangeKind = 'outcome' | 'destination' | 'TLS' | 'user sent' | 'field';

/** The same change of any number of users. */
export interface ChangeGroup {
  readonly kind: ChangeKind;
  readonly before: string;
  readonly after: string;
  count: number;
  /** The first few users that it concerns. */
  readonly examples: string[];
}

type Change = Pick<ChangeGroup, 'kind' | 'before' | 'after'>;

/** Different changes that are told apart; more go into one group of their kind. */
const MAX_GROUPS = 200;
const MAX_EXAMPLES = 3;
const NONE = '(none)';

const KINDS: Readonly<Record<string, ChangeKind>> = nameTable({
  host: 'destination',
  ip: 'destination',
  port: 'destination',
  tls: 'TLS',
  verify: 'TLS',
  destuser: 'user sent',
  master: 'user sent',
  user: 'user sent',
});

/** Sorts what changes between two configurations by its kind; takes the same memory for any number of users. */
export class Comparison {
  readonly #groups = new Map<string, ChangeGroup>();
  total = 0;
  differing = 0;

  add(user: string, before: Facts, after: Facts, differences: readonly Difference[]): void {
    this.total += 1;
    if (differences.length === 0) return;
    this.differing += 1;
    for (const change of changesOf(before, after, differences)) this.#count(user, change);
  }

  /** Outcomes first, then the most frequent. */
  groups(): readonly ChangeGroup[] {
    const rank = ({ kind }: ChangeGroup) => (kind === 'outcome' ? 0 : 1);
    return [...this.#groups.values()].sort(
      (one, other) => rank(one) - rank(other) || other.count - one.count,
    );
  }

  #count(user: string, change: Change): void {
    const kept = this.#groups.size < MAX_GROUPS;
    const named = { ...change, before: general(change.before, user), after: general(change.after, user) };
    const key = JSON.stringify([named.kind, named.before, named.after]);
    const rest = JSON.stringify([change.kind]);
    const known = this.#groups.get(key) ?? (kept ? undefined : this.#groups.get(rest));
    if (known !== undefined) {
      known.count += 1;
      if (known.examples.length < MAX_EXAMPLES && !known.examples.includes(user)) known.examples.push(user);
      return;
    }
    const group = kept ? named : { kind: change.kind, before: 'other values', after: 'other values' };
    this.#groups.set(kept ? key : rest, { ...group, count: 1, examples: [user] });
  }
}

/** The user's own names as Dovecot's variables, so that the same change of many users is one. */
function general(text: string, user: string): string {
  const at = user.indexOf('@');
  const local = at === -1 ? user : user.slice(0, at);
  return text
    .split(' ')
    .map((word) => (word === user ? '%u' : at > 0 && word === local ? '%n' : word))
    .join(' ');
}

function changesOf(before: Facts, after: Facts, differences: readonly Difference[]): readonly Change[] {
  if (before.get('outcome') !== after.get('outcome'))
    return [{ kind: 'outcome', before: outcomeText(before), after: outcomeText(after) }];
  const kinds = new Set(differences.map(({ name }) => KINDS[name] ?? 'field'));
  return [...kinds].flatMap((kind) => {
    const text = TEXTS[kind];
    if (text !== undefined) return [{ kind, before: text(before), after: text(after) }];
    const fields = differences.filter(({ name }) => KINDS[name] === undefined);
    const shown = (name: string, value: string) => `${name}=${value || NONE}`;
    return fields.map((each) => ({
      kind,
      before: shown(each.name, each.before),
      after: shown(each.name, each.after),
    }));
  });
}

function outcomeText(facts: Facts): string {
  const host = facts.get('host') ?? '';
  const outcome = facts.get('outcome') ?? '';
  return outcome === 'ok_proxy' && host !== '' ? `${outcome} ${destinationText(facts)}` : outcome;
}

function destinationText(facts: Facts): string {
  const host = facts.get('host') ?? '';
  const ip = facts.get('ip') ?? '';
  const named = ip === '' || ip === host ? host : `${host}[${ip}]`;
  return `${named || NONE}:${facts.get('port') ?? ''}`;
}

function tlsText(facts: Facts): string {
  const tls = facts.get('tls') ?? 'none';
  if (tls === 'none') return 'none';
  return `${tls}, ${facts.get('verify') === 'yes' ? 'certificate verified' : 'any certificate'}`;
}

function userText(facts: Facts): string {
  const master = facts.get('master') ?? '';
  const sent = facts.get('destuser') ?? facts.get('user') ?? NONE;
  return `${sent}${master === '' ? '' : ` by master ${master}`}`;
}

const TEXTS: Readonly<Partial<Record<ChangeKind, (facts: Facts) => string>>> = {
  destination: destinationText,
  TLS: tlsText,
  'user sent': userText,
};
