import type { RegexProgram, State } from './program.js';
import type { Group } from './regex.js';
import { anchorHolds } from './search.js';
import { RegexTooLarge } from './tree.js';

const GROUPS = 10;
/** Pairs of state and place that are remembered as dead ends. */
const MAX_MEMORY = 1 << 28;
const MAX_STEPS = 2_000_000;

interface Frame {
  readonly state: number;
  readonly at: number;
  /** Registers: for each group its start, its end, and those of the round before; then one place for each loop. */
  readonly registers: Int32Array;
}

/** Registers behind a group's end (glibc regexec.c update_regs). */
function closeGroup(state: Extract<State, { kind: 'close' }>, at: number, registers: Int32Array): Int32Array {
  const { group } = state;
  if (group >= GROUPS) return registers;
  const changed = registers.slice();
  const current = changed.subarray(0, 2 * GROUPS);
  const previous = changed.subarray(2 * GROUPS, 4 * GROUPS);
  if ((current[2 * group] ?? -1) < at) {
    current[2 * group + 1] = at;
    previous.set(current);
  } else if (state.optional && previous[2 * group] !== -1) current.set(previous);
  else current[2 * group + 1] = at;
  return changed;
}

/**
 * Groups of the match from `start` to `end` (`null`: to wherever it is longest): of all ways through the expression the
 * first one, earlier branches and more rounds first, as glibc's set_regs() finds it.
 */
export function findGroups(
  program: RegexProgram,
  text: string,
  start: number,
  end: number | null,
): readonly Group[] | null {
  const { states, hasBackReferences } = program;
  const width = (end ?? text.length) - start + 1;
  // With back references the way that led to a place matters, so nothing can be remembered.
  const remembered = hasBackReferences ? null : deadEnds(states.length * width);
  const initial = new Int32Array(4 * GROUPS + program.loops).fill(-1);
  const stack: Frame[] = [{ state: program.start, at: start, registers: initial }];
  let best: { end: number; registers: Int32Array } | null = null;
  let steps = 0;
  for (let frame = stack.pop(); frame !== undefined; frame = stack.pop()) {
    if (++steps > MAX_STEPS) throw new RegexTooLarge('the regular expression takes too long');
    const { at, registers } = frame;
    const state = states[frame.state];
    if (state === undefined) continue;
    if (remembered !== null && state.kind !== 'again') {
      const bit = frame.state * width + at - start;
      const mask = 1 << (bit & 7);
      if (((remembered[bit >> 3] ?? 0) & mask) !== 0) continue;
      remembered[bit >> 3] = (remembered[bit >> 3] ?? 0) | mask;
    }
    if (state.kind === 'match') {
      if (end !== null && at === end) return groupsOf(start, end, registers);
      if (end === null && (best === null || at > best.end)) best = { end: at, registers };
      continue;
    }
    step(stack, state, text, end, at, registers);
  }
  return best === null ? null : groupsOf(start, best.end, best.registers);
}

function deadEnds(bits: number): Uint8Array {
  if (bits > MAX_MEMORY) throw new RegexTooLarge('the regular expression takes too much memory');
  return new Uint8Array((bits >> 3) + 1);
}

/** Puts what can follow a state on the stack, the preferred way on top. */
function step(
  stack: Frame[],
  state: Exclude<State, { kind: 'match' }>,
  text: string,
  end: number | null,
  at: number,
  registers: Int32Array,
): void {
  switch (state.kind) {
    case 'set':
      if (at < (end ?? text.length) && state.bytes[text.charCodeAt(at)] === 1)
        stack.push({ state: state.next, at: at + 1, registers });
      return;
    case 'anchor':
      if (anchorHolds(state.at, text, at)) stack.push({ state: state.next, at, registers });
      return;
    case 'fork':
      stack.push({ state: state.second, at, registers }, { state: state.first, at, registers });
      return;
    case 'enter': {
      const changed = registers.slice();
      changed[4 * GROUPS + state.loop] = at;
      stack.push({ state: state.next, at, registers: changed });
      return;
    }
    case 'again': {
      const progress = (registers[4 * GROUPS + state.loop] ?? -1) < at;
      stack.push({ state: progress ? state.head : state.exit, at, registers });
      return;
    }
    case 'open': {
      let changed = registers;
      if (state.group < GROUPS) {
        changed = registers.slice();
        changed[2 * state.group] = at;
        changed[2 * state.group + 1] = -1;
      }
      stack.push({ state: state.next, at, registers: changed });
      return;
    }
    case 'close':
      stack.push({ state: state.next, at, registers: closeGroup(state, at, registers) });
      return;
    case 'back-reference': {
      const from = registers[2 * state.group] ?? -1;
      const to = registers[2 * state.group + 1] ?? -1;
      if (from === -1 || to === -1) return;
      const referred = text.slice(from, to);
      if (text.startsWith(referred, at))
        stack.push({ state: state.next, at: at + referred.length, registers });
    }
  }
}

function groupsOf(start: number, end: number, registers: Int32Array): readonly Group[] {
  const groups: Group[] = [[start, end]];
  for (let group = 1; group < GROUPS; group++) {
    const from = registers[2 * group] ?? -1;
    const to = registers[2 * group + 1] ?? -1;
    groups.push(from === -1 || to === -1 ? null : [from, to]);
  }
  return groups;
}
