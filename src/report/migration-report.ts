import { type ByteString, toUtf8 } from '../../grammar/bytes.js';
import type { ChangeKind, Question } from '../migrate/change.js';
import { CHANGE_CODES } from '../migrate/change-codes.js';
import type { Migration } from '../migrate/migrate.js';
import { displayText } from './display-text.js';
import { maskSecrets } from './masking.js';
import { reportPath } from './report-path.js';

export interface MigrationReportOptions {
  /** Folder of the run: old paths are given relative to it. */
  readonly folder: string;
  readonly showSecrets: boolean;
}

/** A change as a report shows it: texts for people, secrets masked. */
export interface ShownChange {
  readonly code: string;
  readonly title: string;
  readonly kind: ChangeKind;
  readonly reason: string;
  readonly old: { readonly file: string; readonly line: number; readonly text: string } | null;
  readonly new: { readonly file: string; readonly line: number; readonly text: string } | null;
  readonly question: Question | null;
  /** `file:line` for people: of the old text, else of the new one; '' where the change belongs to no line. */
  readonly where: string;
}

/** What an administrator has to look at comes first. */
const ORDER: readonly ChangeKind[] = ['decide', 'equivalent', 'exact'];

export const KIND_WORDS: Readonly<Record<ChangeKind, string>> = {
  decide: 'To decide',
  equivalent: 'Equivalent',
  exact: 'Exact',
};

export const KIND_MEANINGS: Readonly<Record<ChangeKind, string>> = {
  decide: 'An administrator has to say; what was written is a proposal.',
  equivalent: 'The same for what this configuration uses; the reason names the difference.',
  exact: '2.4 does the same.',
};

export function shownChanges(
  { changes, files }: Migration,
  { folder, showSecrets }: MigrationReportOptions,
): { kind: ChangeKind; changes: ShownChange[] }[] {
  const shown = (text: string) =>
    toUtf8(text)
      .split('\n')
      .map((line) => displayText(showSecrets ? line : maskSecrets(line)))
      .join('\n');
  const real = new Map(files.map(({ path, source }) => [path, source.realPath]));
  const oldFile = (path: ByteString) => displayText(reportPath(path, folder));
  const all = changes.map(
    (change): ShownChange => ({
      code: change.code,
      title: CHANGE_CODES[change.code],
      kind: change.kind,
      reason: shown(change.reason),
      old:
        change.old === null
          ? null
          : {
              file: oldFile(change.old.source.realPath),
              line: change.old.source.lineAt(change.old.span.start),
              text: shown(change.old.text.trimEnd()),
            },
      new: change.new === null ? null : { ...change.new, text: shown(change.new.text) },
      question: change.question ?? null,
      where:
        change.old !== null
          ? `${oldFile(change.old.source.realPath)}:${change.old.source.lineAt(change.old.span.start)}`
          : change.new !== null
            ? `${oldFile(real.get(change.new.file) ?? change.new.file)}, new line ${change.new.line}`
            : '',
    }),
  );
  return ORDER.map((kind) => ({ kind, changes: all.filter((change) => change.kind === kind) })).filter(
    (group) => group.changes.length > 0,
  );
}

/** `12 exact, 3 equivalent, 1 to decide`. */
export function countText({ changes }: Migration): string {
  return ORDER.map(
    (kind) => `${changes.filter((change) => change.kind === kind).length} ${COUNTED[kind]}`,
  ).join(', ');
}

const COUNTED: Readonly<Record<ChangeKind, string>> = {
  decide: 'to decide',
  equivalent: 'equivalent',
  exact: 'exact',
};

/** Whether two changes are about the same lines. */
export function isSamePlace(change: ShownChange, other: ShownChange | undefined): boolean {
  const key = ({ old, new: now }: ShownChange) => JSON.stringify([old, now]);
  return other !== undefined && key(change) === key(other) && (change.old !== null || change.new !== null);
}
