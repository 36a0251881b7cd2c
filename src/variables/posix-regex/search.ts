import type { RegexProgram } from './program.js';
import { type Anchor, isWordByte, RegexTooLarge } from './tree.js';

const MAX_VISITS = 20_000_000;

/** Whether an anchor holds between the bytes around `at`. */
export function anchorHolds(anchor: Anchor, text: string, at: number): boolean {
  if (anchor === 'start') return at === 0;
  if (anchor === 'end') return at === text.length;
  const before = at > 0 && isWordByte(text.charCodeAt(at - 1));
  const after = at < text.length && isWordByte(text.charCodeAt(at));
  switch (anchor) {
    case 'word-start':
      return !before && after;
    case 'word-end':
      return before && !after;
    case 'word-edge':
      return before !== after;
    case 'inside-word':
      return before === after;
  }
}

/**
 * Leftmost longest match of a program without back references, or null. All starts are followed at once, each state
 * with the leftmost start that reaches it: O(states x bytes).
 */
export function findMatch(program: RegexProgram, text: string): { start: number; end: number } | null {
  const { states } = program;
  // Start that reached each state at this place, -1 for none.
  let current = new Int32Array(states.length).fill(-1);
  let following = new Int32Array(states.length).fill(-1);
  let active: number[] = [];
  let found: { start: number; end: number } | null = null;
  let visits = 0;

  function add(first: number, start: number, at: number, starts: Int32Array, list: number[]): void {
    const pending = [first];
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      const known = starts[index] ?? -1;
      if (known !== -1 && known <= start) continue;
      if (++visits > MAX_VISITS) throw new RegexTooLarge('the regular expression takes too long');
      if (known === -1) list.push(index);
      starts[index] = start;
      const state = states[index];
      if (state === undefined) continue;
      switch (state.kind) {
        case 'fork':
          pending.push(state.second, state.first);
          break;
        case 'again':
          pending.push(state.exit, state.head);
          break;
        case 'open':
        case 'close':
        case 'enter':
          pending.push(state.next);
          break;
        case 'anchor':
          if (anchorHolds(state.at, text, at)) pending.push(state.next);
          break;
        case 'match':
          if (found === null || start < found.start || (start === found.start && at > found.end))
            found = { start, end: at };
          break;
        case 'set':
        case 'back-reference':
          break;
      }
    }
  }

  for (let at = 0; at <= text.length; at++) {
    const best: { start: number; end: number } | null = found;
    if (best === null) add(program.start, at, at, current, active);
    else if (active.length === 0) break;
    const list: number[] = [];
    const code = text.charCodeAt(at);
    for (const index of active) {
      const start = current[index] ?? -1;
      current[index] = -1;
      const state = states[index];
      if (state?.kind !== 'set' || at >= text.length || state.bytes[code] !== 1) continue;
      if (found !== null && start > (found as { start: number }).start) continue;
      add(state.next, start, at + 1, following, list);
    }
    active = list;
    [current, following] = [following, current];
  }
  return found;
}
