import { type Anchor, type RegexNode, RegexTooLarge } from './tree.js';

/** One state of the automaton. `next` is a state; of a fork the first way is preferred. */
export type State =
  | { readonly kind: 'set'; readonly bytes: Uint8Array; next: number }
  | { readonly kind: 'anchor'; readonly at: Anchor; next: number }
  | { readonly kind: 'back-reference'; readonly group: number; next: number }
  | { readonly kind: 'open'; readonly group: number; next: number }
  /** `optional`: the group is inside a repetition that may be left out. */
  | { readonly kind: 'close'; readonly group: number; readonly optional: boolean; next: number }
  | { readonly kind: 'fork'; first: number; second: number }
  /** Start of a loop's body, and its end: a round that consumed nothing is the last one. */
  | { readonly kind: 'enter'; readonly loop: number; next: number }
  | { readonly kind: 'again'; readonly loop: number; head: number; exit: number }
  | { readonly kind: 'match' };

export interface RegexProgram {
  readonly states: readonly State[];
  readonly start: number;
  readonly loops: number;
  readonly hasGroups: boolean;
  readonly hasBackReferences: boolean;
}

const MAX_STATES = 200_000;

/** Part that a node plays in a repetition. */
interface Role {
  /** It is a group that may be left out: an empty round does not change what it matched before. */
  readonly optional: boolean;
  /** It is a copy made for a further round. */
  readonly copied: boolean;
}

class Compiler {
  readonly states: State[] = [{ kind: 'match' }];
  loops = 0;
  hasBackReferences = false;

  add(state: State): number {
    if (this.states.length >= MAX_STATES) throw new RegexTooLarge('the regular expression is too large');
    return this.states.push(state) - 1;
  }

  /** States of `node` that go on to `next`; returns the first one. */
  compile(node: RegexNode, next: number, role: Role): number {
    const inner: Role = { optional: false, copied: role.copied };
    switch (node.kind) {
      case 'empty':
        return next;
      case 'set':
        return this.add({ kind: 'set', bytes: node.bytes, next });
      case 'anchor':
        return this.add({ kind: 'anchor', at: node.at, next });
      case 'back-reference':
        this.hasBackReferences = true;
        return this.add({ kind: 'back-reference', group: node.group, next });
      case 'group': {
        const close = this.add({ kind: 'close', group: node.group, optional: role.optional, next });
        const body = this.compile(node.body, close, inner);
        return this.add({ kind: 'open', group: node.group, next: body });
      }
      case 'sequence':
        return node.parts.reduceRight((after, part) => this.compile(part, after, inner), next);
      case 'choice':
        return node.branches
          .map((branch) => this.compile(branch, next, inner))
          .reduceRight((second, first) => this.add({ kind: 'fork', first, second }));
      case 'repeat':
        return this.repeat(node, next, role.copied);
    }
  }

  /** Rounds in the order that glibc's regcomp.c parse_dup_op gives them: x{1,3} is x((x)?x)?. */
  repeat(node: Extract<RegexNode, { kind: 'repeat' }>, next: number, copied: boolean): number {
    const { body, min, max } = node;
    // Copies of a group lose the mark that they may be left out.
    const copy: Role = { optional: false, copied: true };
    const left: Role = { optional: !copied, copied: copied || min > 0 };
    let first = next;
    if (max === null) first = this.loop(body, next, left);
    else if (max > min) first = this.optionalRounds(body, next, max - min, left, copy);
    for (let round = min; round > 0; round--)
      first = this.compile(body, first, round === 1 ? { optional: false, copied } : copy);
    return first;
  }

  /** `((x)?x)?`: the first round may be left out inside the others. */
  optionalRounds(body: RegexNode, next: number, count: number, innermost: Role, copy: Role): number {
    let first = next;
    const heads: { kind: 'fork'; first: number; second: number }[] = [];
    for (let round = 1; round < count; round++) {
      const head: State & { kind: 'fork' } = { kind: 'fork', first: 0, second: next };
      // The states behind are made first: each round goes on to what follows it.
      const rest = first;
      heads.push(head);
      first = this.compile(body, rest, copy);
      head.second = rest;
    }
    first = this.add({ kind: 'fork', first: this.compile(body, first, innermost), second: first });
    for (const head of heads.reverse()) {
      head.first = first;
      first = this.add(head);
    }
    return first;
  }

  loop(body: RegexNode, exit: number, role: Role): number {
    if (!canBeEmpty(body)) {
      const head: State & { kind: 'fork' } = { kind: 'fork', first: 0, second: exit };
      const index = this.add(head);
      head.first = this.compile(body, index, role);
      return index;
    }
    const loop = this.loops++;
    const again: State = { kind: 'again', loop, head: 0, exit };
    const last = this.add(again);
    const inside = this.compile(body, last, role);
    const enter = this.add({ kind: 'enter', loop, next: inside });
    again.head = this.add({ kind: 'fork', first: enter, second: exit });
    return again.head;
  }
}

/** Whether a node can match without taking a byte: only such a loop could go round for ever. */
function canBeEmpty(node: RegexNode): boolean {
  switch (node.kind) {
    case 'set':
      return false;
    case 'empty':
    case 'anchor':
    case 'back-reference':
      return true;
    case 'group':
      return canBeEmpty(node.body);
    case 'sequence':
      return node.parts.every(canBeEmpty);
    case 'choice':
      return node.branches.some(canBeEmpty);
    case 'repeat':
      return node.min === 0 || canBeEmpty(node.body);
  }
}

export function compileProgram(node: RegexNode): RegexProgram {
  const compiler = new Compiler();
  const start = compiler.compile(node, 0, { optional: false, copied: false });
  const { states, loops, hasBackReferences } = compiler;
  const hasGroups = states.some((state) => state.kind === 'open');
  return { states, start, loops, hasGroups, hasBackReferences };
}
