import { toUtf8 } from '../../grammar/bytes.js';
import type { Migration } from '../migrate/migrate.js';
import { isProved, type Proof } from '../migrate/proof/proof.js';
import { type MigrationReportOptions, shownChanges } from './migration-report.js';
import { reportPath } from './report-path.js';

/** One JSON document: the files, and every change with its code, kind, reason, old and new text. */
export function migrationJson(
  migration: Migration,
  options: MigrationReportOptions,
  proof: Proof | null = null,
): string {
  const changes = shownChanges(migration, options).flatMap((group) =>
    group.changes.map(({ where: _, ...change }) => change),
  );
  const count = (kind: string) => changes.filter((change) => change.kind === kind).length;
  const document = {
    schema: 1,
    target: migration.target,
    files: migration.files.map(({ path, source }) => ({
      path,
      old: toUtf8(reportPath(source.realPath, options.folder)),
    })),
    changes,
    summary: { exact: count('exact'), equivalent: count('equivalent'), decide: count('decide') },
    ...(proof === null ? {} : { proof: { proved: isProved(proof), ...proof } }),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
