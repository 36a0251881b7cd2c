import type { Migration } from '../migrate/migrate.js';
import type { Proof } from '../migrate/proof/proof.js';
import { plural } from './check-report.js';
import { NO_COLOURS } from './colours.js';
import { proofText } from './migration-proof.js';
import {
  countText,
  isSamePlace,
  KIND_MEANINGS,
  KIND_WORDS,
  type MigrationReportOptions,
  type ShownChange,
  shownChanges,
} from './migration-report.js';

/** For a ticket or a repository: Markdown with a diff for each change. */
export function migrationMarkdown(
  migration: Migration,
  options: MigrationReportOptions,
  proof: Proof | null = null,
): string {
  const lines = [
    `# Migration to Dovecot ${migration.target}`,
    '',
    `${plural(migration.changes.length, 'change')} in ${plural(migration.files.length, 'file')}: ${countText(migration)}.`,
    '',
  ];
  for (const { kind, changes } of shownChanges(migration, options)) {
    lines.push(`## ${KIND_WORDS[kind]} (${changes.length})`, '', KIND_MEANINGS[kind], '');
    for (const [at, change] of changes.entries())
      lines.push(...changeLines(change, isSamePlace(change, changes[at - 1])), '');
  }
  if (proof !== null) {
    const text = proofText(proof, NO_COLOURS).trimEnd();
    const fence = longestFence([text]);
    lines.push('## Proof', '', fence, text, fence);
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** `isTold`: the change before it showed the same lines. */
function changeLines(change: ShownChange, isTold: boolean): string[] {
  const where = change.where === '' ? '' : ` (${change.where})`;
  const lines = [`### ${change.code} ${change.title}${where}`, '', change.reason];
  if ((change.old ?? change.new) !== null && !isTold) {
    const fence = longestFence([change.old?.text ?? '', change.new?.text ?? '']);
    lines.push('', `${fence}diff`);
    for (const line of change.old?.text.split('\n') ?? []) lines.push(`- ${line}`);
    for (const line of change.new?.text.split('\n') ?? []) lines.push(`+ ${line}`);
    lines.push(fence);
  }
  if (change.question !== null) {
    lines.push('', change.question.text, '');
    for (const { name, meaning } of change.question.choices)
      lines.push(`- \`--answer ${change.question.key}=${name}\`: ${meaning}`);
  }
  return lines;
}

/** A fence that no text inside can close. */
function longestFence(texts: readonly string[]): string {
  const runs = texts.flatMap((text) => [...text.matchAll(/`{3,}/g)].map(([run]) => run.length));
  return '`'.repeat(Math.max(3, ...runs.map((length) => length + 1)));
}
