import type { ByteString } from '../../grammar/bytes.js';
import type { PassdbBlock } from '../config/effective.js';
import type { ChainStep, PassdbResult } from './answer.js';
import { passdbLists } from './passdb-lists.js';
import type { Looked } from './passdb-lookup.js';
import type { WalkState } from './walk-state.js';

/** Part of the reason of a step whose password was right. */
export const REFUSED_BY_FIELD = 'a field of the row refused the login';

/** Collects what happened at each passdb of the list, in the order of the walk. */
export class WalkTrace {
  readonly #state: WalkState;
  readonly #steps: ChainStep[] = [];
  readonly unreachable: { host: string; reason: string }[] = [];
  /** Result of the last look-up that was made. */
  lastResult: PassdbResult | null = null;
  #passdb: PassdbBlock | null = null;
  #userBefore: ByteString = '';
  #logStart = 0;
  #assumedBefore = false;

  constructor(state: WalkState) {
    this.#state = state;
    for (const passdb of passdbLists(state.settings).dropped)
      this.#push(
        passdb,
        'skipped',
        'skip = unauthenticated on the first passdb: Dovecot drops it from the list',
      );
  }

  skipped(passdb: PassdbBlock, reason: string): void {
    this.#push(passdb, 'skipped', reason);
  }

  begin(passdb: PassdbBlock): void {
    this.#passdb = passdb;
    this.#userBefore = this.#state.user ?? '';
    this.#logStart = this.#state.journal.length;
    this.#assumedBefore = this.#state.passwordAssumed;
    this.#state.changes = [];
    this.#state.passwordAssumed = false;
  }

  /** Keeps the place of the current step while later skipped ones are noted. */
  hold(): number {
    return this.#steps.length;
  }

  end(
    looked: Looked,
    result: PassdbResult,
    rule: ChainStep['rule'],
    next: 'stop' | 'continue',
    reason: string,
  ): void {
    this.endAt(this.#steps.length, looked, result, rule, next, reason);
  }

  endAt(
    place: number,
    looked: Looked,
    result: PassdbResult,
    rule: ChainStep['rule'],
    next: 'stop' | 'continue',
    reason: string,
  ): void {
    const state = this.#state;
    if (looked.unreachable !== null) this.unreachable.push(looked.unreachable);
    this.lastResult = result;
    if (this.#passdb !== null) {
      this.#steps.splice(place, 0, {
        passdb: this.#passdb,
        action: 'lookup',
        reason,
        userBefore: this.#userBefore,
        userAfter: state.user ?? '',
        result,
        rule,
        next,
        queries: looked.queries,
        fields: state.changes,
        passwordAssumed: state.passwordAssumed,
        log: state.journal.entries.slice(this.#logStart),
      });
    }
    state.passwordAssumed = state.passwordAssumed || this.#assumedBefore;
    this.#passdb = null;
  }

  /** All steps in the order of the walk; those it did not come to stand at their place in the file. */
  steps(): readonly ChainStep[] {
    const { masterdbs, passdbs } = passdbLists(this.#state.settings);
    // One passdb, and it was asked: nothing to add.
    if (masterdbs.length === 0 && passdbs.length === 1 && this.#steps.length === 1) return this.#steps;
    const visited = new Set(this.#steps.map((step) => step.passdb));
    const mastersAsked = masterdbs.some((passdb) => visited.has(passdb));
    const left = [...masterdbs, ...passdbs].filter((passdb) => !visited.has(passdb));
    for (const passdb of left.sort((one, other) => one.index - other.index)) {
      const idle = passdb.master && !mastersAsked;
      const reason = idle
        ? 'master = yes: asked only when a master user logs in'
        : 'the walk ended before it';
      const before = this.#steps.findLastIndex((step) => step.passdb.index < passdb.index);
      this.#insert(before + 1, passdb, 'not_reached', reason);
    }
    return this.#steps;
  }

  #push(passdb: PassdbBlock, action: 'skipped', reason: string): void {
    this.#insert(this.#steps.length, passdb, action, reason);
  }

  #insert(place: number, passdb: PassdbBlock, action: 'skipped' | 'not_reached', reason: string): void {
    const user = this.#state.user ?? '';
    this.#steps.splice(place, 0, {
      passdb,
      action,
      reason,
      userBefore: user,
      userAfter: user,
      result: null,
      rule: null,
      next: null,
      queries: [],
      fields: [],
      passwordAssumed: false,
      log: [],
    });
  }
}
