import { toUtf8 } from '../../grammar/bytes.js';
import { passdbLists } from '../auth/passdb-lists.js';
import type { AuthSettings, PassdbBlock, ResultRule } from '../config/effective.js';

/** How a login ends. */
export type GraphEnd = 'accepted' | 'refused' | 'tempfail';

export interface GraphEdge {
  readonly from: 'login' | 'master login' | PassdbBlock;
  readonly to: PassdbBlock | GraphEnd;
  /** `ok`, `mismatch or unknown`, ...; '' from the start. */
  readonly result: string;
  /** `return-ok`, ...; '' where no rule decides. */
  readonly rule: string;
  /** What came before, where the same result leads to several places; '' otherwise. */
  readonly when: string;
  /** What an administrator should look at: the right password is refused, or a failure is accepted. */
  readonly warning: string;
}

export interface GraphNode {
  readonly passdb: PassdbBlock;
  /** `master`, `deny`, `skip = ...`: when it is asked. */
  readonly conditions: readonly string[];
  /** No login comes here. */
  readonly unreachable: boolean;
}

export interface ChainGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** What rules set on the way. */
interface State {
  readonly authenticated: boolean;
  readonly success: boolean;
  readonly seenInternal: boolean;
}

/** An edge before it is known whether others share its result. */
type Found = Omit<GraphEdge, 'when'>;

const START: State = { authenticated: false, success: false, seenInternal: false };
type Kind = 'ok' | 'fail' | 'internal';

const WORDS: Readonly<Record<Kind, string>> = {
  ok: 'ok',
  fail: 'mismatch or unknown',
  internal: 'internal failure',
};

/** The chain of one protocol: every way that some login can take through it, as the walk takes them. */
export function chainGraph(settings: AuthSettings): ChainGraph {
  return new Explorer(settings).explore();
}

class Explorer {
  readonly #lists;
  readonly #edges = new Map<string, { edge: Found; states: State[] }>();
  readonly #seen = new Set<string>();
  readonly #reached = new Set<PassdbBlock>();

  constructor(settings: AuthSettings) {
    this.#lists = passdbLists(settings);
  }

  explore(): ChainGraph {
    const { masterdbs, passdbs, dropped } = this.#lists;
    if (masterdbs.length > 0) this.#enter('master login', masterdbs);
    this.#enter('login', passdbs);
    const nodes = [...masterdbs, ...passdbs, ...dropped]
      .sort((one, other) => one.index - other.index)
      .map((passdb) => ({
        passdb,
        conditions: conditionsOf(passdb),
        unreachable: !this.#reached.has(passdb),
      }));
    return { nodes, edges: this.#distinguished() };
  }

  #enter(from: 'login' | 'master login', list: readonly PassdbBlock[]): void {
    const { next, canEnd } = following(list, 0, START);
    for (const index of next)
      this.#go({ from, result: '', rule: '', warning: '' }, list, index, START, START);
    // "All password databases were skipped"
    if (canEnd)
      this.#add({ from, to: 'tempfail', result: 'no passdb is asked', rule: '', warning: '' }, START);
  }

  /** Edges with what tells those of the same result apart. */
  #distinguished(): GraphEdge[] {
    const found = [...this.#edges.values()];
    return found.map(({ edge, states }) => {
      const alike = found.filter((one) => one.edge.from === edge.from && one.edge.result === edge.result);
      return { ...edge, when: alike.length > 1 ? whenOf(states, typeof edge.to === 'string') : '' };
    });
  }

  #go(
    edge: Omit<Found, 'to'>,
    list: readonly PassdbBlock[],
    index: number,
    state: State,
    before: State,
  ): void {
    const passdb = list[index];
    if (passdb === undefined) return;
    this.#add({ ...edge, to: passdb }, before);
    this.#reached.add(passdb);
    const key = `${passdb.index} ${state.authenticated} ${state.success} ${state.seenInternal}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    for (const kind of ['ok', 'fail', 'internal'] as const) this.#after(passdb, list, index, state, kind);
  }

  #after(from: PassdbBlock, list: readonly PassdbBlock[], index: number, before: State, kind: Kind): void {
    if (from.deny && kind !== 'fail') {
      const result = kind === 'ok' ? 'the user is there' : WORDS.internal;
      const to = kind === 'ok' ? 'refused' : 'tempfail';
      this.#add({ from, to, result, rule: 'deny', warning: '' }, before);
      return;
    }
    const { rule, state } = ruled(from, before, kind);
    const result = from.deny ? 'the user is not there' : WORDS[kind];
    const switches = from.master && kind === 'ok';
    const onward = switches ? this.#lists.passdbs : list;
    const goesOn = rule.startsWith('continue');
    const { next, canEnd } = goesOn
      ? following(onward, switches ? 0 : index + 1, state)
      : { next: [], canEnd: true };
    if (canEnd) {
      const to = endOf(state, kind);
      this.#add({ from, to, result, rule, warning: warningOf(from, to, kind, before) }, before);
    }
    const carried = { ...state, seenInternal: state.seenInternal || kind === 'internal' };
    for (const at of next) this.#go({ from, result, rule, warning: '' }, onward, at, carried, before);
  }

  #add(edge: Found, before: State): void {
    const name = (end: Found['from'] | Found['to']) => (typeof end === 'string' ? end : end.index);
    const key = `${name(edge.from)} ${name(edge.to)} ${edge.result}`;
    const known = this.#edges.get(key);
    if (known === undefined) this.#edges.set(key, { edge, states: [before] });
    else {
      known.states.push(before);
      if (known.edge.warning === '') known.edge = edge;
    }
  }
}

/** Which passdb comes next depends on whether a password was right; how it ends, on what else has been. */
function whenOf(states: readonly State[], isEnd: boolean): string {
  const words = states.map(({ authenticated, success, seenInternal }) => {
    if (authenticated && !isEnd) return 'a right password';
    if (success) return 'success';
    if (seenInternal) return 'an internal failure';
    return authenticated ? 'a right password' : '';
  });
  return words.includes('') ? '' : [...new Set(words)].join(', or ');
}

function ruled(passdb: PassdbBlock, state: State, kind: Kind): { rule: ResultRule; state: State } {
  const rule = { ok: passdb.resultSuccess, fail: passdb.resultFailure, internal: passdb.resultInternalfail }[
    kind
  ].value;
  const authenticated =
    state.authenticated || rule === 'continue-ok' || (rule === 'continue' && kind === 'ok');
  const success = rule.endsWith('-ok') || (state.success && !rule.endsWith('-fail'));
  return { rule, state: { ...state, authenticated, success } };
}

/** Dovecot's end of walk (auth-chain.md section 2.2). */
function endOf(state: State, kind: Kind): GraphEnd {
  if (state.success) return 'accepted';
  return state.seenInternal || kind === 'internal' ? 'tempfail' : 'refused';
}

function warningOf(passdb: PassdbBlock, to: GraphEnd, kind: Kind, before: State): string {
  if (to === 'accepted' && kind !== 'ok' && !before.success)
    return kind === 'internal' ? 'accepted while the database is down' : 'accepted without the password';
  if (to !== 'accepted' && kind === 'ok')
    return `dead end: the right password is refused${passdb.master ? ', no passdb is left for the login user' : ''}`;
  return '';
}

/** The passdbs that can come next, and whether the list can end before any. */
function following(
  list: readonly PassdbBlock[],
  from: number,
  { authenticated }: State,
): { next: number[]; canEnd: boolean } {
  const next: number[] = [];
  for (let index = from; index < list.length; index += 1) {
    const passdb = list[index];
    if (passdb === undefined) break;
    const { value } = passdb.skip;
    if (value === (authenticated ? 'authenticated' : 'unauthenticated')) continue;
    next.push(index);
    // These depend on the request.
    if (passdb.mechanisms.length === 0 && passdb.usernameFilter === '') return { next, canEnd: false };
  }
  return { next, canEnd: true };
}

function conditionsOf(passdb: PassdbBlock): string[] {
  return [
    ...(passdb.master ? ['master users only'] : []),
    ...(passdb.deny ? ['deny'] : []),
    ...(passdb.skip.value === 'never' ? [] : [`skip = ${passdb.skip.value}`]),
    ...(passdb.mechanisms.length === 0 ? [] : [`mechanisms = ${toUtf8(passdb.mechanisms.join(' '))}`]),
    ...(passdb.usernameFilter === '' ? [] : [`username_filter = ${toUtf8(passdb.usernameFilter)}`]),
  ];
}
