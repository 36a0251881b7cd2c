import type { LoadInput } from '../../load-input.js';
import type { ConfigProblem } from '../../problem.js';
import type { FilterTree } from '../filter.js';

export function checkSettings(_tree: FilterTree, _input: LoadInput, _reached: boolean): ConfigProblem[] {
  return [];
}
