import type { Difference } from '../simulate/facts.js';
import { isOk } from '../simulate/simulation.js';
import type { Tally } from '../simulate/tally.js';
import type { Colours } from './colours.js';
import { displayText } from './display-text.js';

/** One user whose two answers differ, or whose answer is not the expected one. */
export interface DifferenceReport {
  readonly user: string;
  /** What tells this question from others of the same user: `line 12`, `pop3`. */
  readonly context: string;
  readonly differences: readonly Difference[];
}

export function differenceText({ user, context, differences }: DifferenceReport, colours: Colours): string {
  const width = Math.max(...differences.map(({ name }) => name.length));
  const lines = differences.map(
    ({ name, before, after }) =>
      `   ${colours.dim(displayText(name).padEnd(width))}  ${colours.red(valueText(before))} -> ${colours.green(valueText(after))}`,
  );
  const suffix = context === '' ? '' : colours.dim(`  ${context}`);
  return `${colours.bold(displayText(user))}${suffix}\n${lines.join('\n')}\n`;
}

function valueText(value: string): string {
  return value === '' ? '(none)' : displayText(value);
}

export function differenceJson({ user, context, differences }: DifferenceReport): string {
  return `${JSON.stringify({ schema: 1, user, context, differences })}\n`;
}

/** How many users go where. */
export function tallyText(tally: Tally, colours: Colours): string {
  const lines = tally.lines();
  const width = Math.max(1, ...lines.map(({ count }) => String(count).length));
  const table = lines.map(({ outcome, destination, count }) => {
    const paint = isOk(outcome) ? colours.green : colours.red;
    return `   ${String(count).padStart(width)}  ${paint(outcome)}${destination === '' ? '' : `  ${displayText(destination)}`}`;
  });
  return `${colours.bold(`${tally.total} ${tally.total === 1 ? 'question' : 'questions'}`)}\n${table.join('\n')}\n`;
}

/** The closing line of a table of expectations, with what most often is not as it should be. */
export function expectationsSummary(
  total: number,
  { differing, byName }: { readonly differing: number; readonly byName: ReadonlyMap<string, number> },
): string {
  if (differing === 0) return `${total} of ${total} as expected.\n`;
  const kinds = [...byName]
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${displayText(name)} ${count}`)
    .join(', ');
  return `${differing} of ${total} are not as expected: ${kinds}.\n`;
}
