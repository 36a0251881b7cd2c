import { readdirSync, readFileSync } from 'node:fs';
import { fromUtf8 } from '../../grammar/bytes.js';
import { migrateFiles } from './migrated.js';

const FOLDER = 'fixtures/migrate';

/** A 2.3 configuration and what becomes of it. */
export interface MigrationFixture {
  readonly name: string;
  readonly old: string;
  /** File with the expected text. */
  readonly file: string;
}

export function migrationFixtures(): readonly MigrationFixture[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.2.3.conf'))
    .map((file) => {
      const name = file.slice(0, -'.2.3.conf'.length);
      return {
        name,
        old: fromUtf8(readFileSync(`${FOLDER}/${file}`, 'utf8')),
        file: `${FOLDER}/${name}.2.4.conf`,
      };
    });
}

export function migratedFixture({ old }: MigrationFixture): string {
  return migrateFiles({ '/etc/dovecot/dovecot.conf': old }).files[0]?.text ?? '';
}
