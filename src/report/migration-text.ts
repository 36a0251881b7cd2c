import type { Migration } from '../migrate/migrate.js';
import { plural } from './check-report.js';
import type { Colours } from './colours.js';
import {
  countText,
  isSamePlace,
  KIND_MEANINGS,
  KIND_WORDS,
  type MigrationReportOptions,
  type ShownChange,
  shownChanges,
} from './migration-report.js';

/** For people: what is to decide first, each change with its old and its new text. */
export function migrationText(
  migration: Migration,
  options: MigrationReportOptions & { readonly colours: Colours },
): string {
  const { colours } = options;
  const lines: string[] = [];
  for (const { kind, changes } of shownChanges(migration, options)) {
    lines.push(colours.bold(`${KIND_WORDS[kind]} (${changes.length})`), colours.dim(KIND_MEANINGS[kind]), '');
    for (const [at, change] of changes.entries())
      lines.push(...changeLines(change, isSamePlace(change, changes[at - 1]), colours), '');
  }
  lines.push(
    colours.bold(
      `${plural(migration.changes.length, 'change')} in ${plural(migration.files.length, 'file')} for Dovecot ${migration.target}: ${countText(migration)}.`,
    ),
  );
  return `${lines.join('\n')}\n`;
}

/** `isTold`: the change before it showed the same lines. */
function changeLines(change: ShownChange, isTold: boolean, colours: Colours): string[] {
  const where = change.where === '' ? '' : `${change.where}: `;
  const lines = [`${colours.bold(where)}${change.title} ${colours.dim(`[${change.code}]`)}`];
  if (!isTold) {
    for (const line of change.old?.text.split('\n') ?? []) lines.push(colours.red(`  - ${line}`));
    for (const line of change.new?.text.split('\n') ?? []) lines.push(colours.green(`  + ${line}`));
  }
  lines.push(`    ${change.reason}`);
  if (change.question !== null) {
    lines.push(`    ${change.question.text}`);
    for (const { name, meaning } of change.question.choices)
      lines.push(`      --answer ${change.question.key}=${name}  ${meaning}`);
  }
  return lines;
}
