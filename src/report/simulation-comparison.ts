import type { ChangeGroup, Comparison } from '../simulate/comparison.js';
import type { Colours } from './colours.js';
import { displayText, displayWidth } from './display-text.js';

/** What changes between two configurations: each kind of change with its count and some users. */
export function comparisonText(comparison: Comparison, colours: Colours): string {
  const { total, differing } = comparison;
  if (differing === 0) return `No difference in ${total} of ${total}.\n`;
  const groups = comparison.groups();
  const counts = Math.max(...groups.map(({ count }) => String(count).length));
  const kinds = Math.max(...groups.map(({ kind }) => kind.length));
  const changes = groups.map(({ before, after }) => displayText(`${before} -> ${after}`));
  const width = Math.min(60, Math.max(...changes.map(displayWidth)));
  const lines = groups.map((group, at) => {
    const change = changes[at] ?? '';
    const gap = ' '.repeat(Math.max(0, width - displayWidth(change)));
    const kind = colours.bold(group.kind.padEnd(kinds));
    return `   ${String(group.count).padStart(counts)}  ${kind}  ${change}${gap}  ${colours.dim(examplesText(group))}`;
  });
  return `${colours.bold(`${differing} of ${total} differ`)}\n${lines.join('\n')}\n`;
}

function examplesText({ count, examples }: ChangeGroup): string {
  const names = examples.map(displayText).join(', ');
  return count > examples.length ? `${names}, ...` : names;
}

/** The closing line for programs. */
export function comparisonJson(comparison: Comparison): string {
  const { total, differing } = comparison;
  return `${JSON.stringify({ schema: 1, summary: { total, differing, changes: comparison.groups() } })}\n`;
}
