import type { Colours } from '../report/colours.js';
import { comparisonJson, comparisonText } from '../report/simulation-comparison.js';
import { differenceJson, differenceText } from '../report/simulation-many.js';
import type { Answered } from '../simulate/answers-in-order.js';
import { Comparison } from '../simulate/comparison.js';
import type { UserRow } from '../simulate/user-table.js';
import { EXIT_NO, EXIT_OK } from './exit-codes.js';
import type { Compared } from './simulate-many-answers.js';

export interface CompareOutput {
  readonly json: boolean;
  readonly colours: Colours;
  /** Every user that differs, not only the first ones. */
  readonly all: boolean;
  write(text: string): void;
  /** Databases that did not answer. */
  unreachable(answer: Compared): void;
  contextOf(row: UserRow): string;
}

/** Users whose differences are shown one by one. */
const SHOWN = 10;

/** Prints what two configurations answer differently, then each kind of change with its count. */
export async function compareAll(
  answers: AsyncIterable<Answered<UserRow, Compared>>,
  output: CompareOutput,
): Promise<number> {
  const comparison = new Comparison();
  for await (const { row, answer } of answers) {
    const { differences, before, after } = answer;
    output.unreachable(answer);
    const { user } = row.question;
    comparison.add(user, before, after, differences);
    if (differences.length === 0) continue;
    const report = { user, context: output.contextOf(row), differences };
    if (output.json) output.write(differenceJson(report));
    else if (output.all || comparison.differing <= SHOWN)
      output.write(differenceText(report, output.colours));
    else if (comparison.differing === SHOWN + 1) output.write('... (-v shows all users)\n');
  }
  if (output.json) output.write(comparisonJson(comparison));
  else output.write(comparisonText(comparison, output.colours));
  return comparison.differing === 0 ? EXIT_OK : EXIT_NO;
}
