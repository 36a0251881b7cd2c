import { posix } from 'node:path';
import type { ConfigHost } from '../../src/config/host.js';
import { type LoadedConfig, loadForDump } from '../../src/config/load.js';
import { type Migration, migrate } from '../../src/migrate/migrate.js';
import { type CorpusSet, corpusHost, corpusMaps } from '../conformance/corpus.js';

/** A table of files as a machine: text by path, `dir/*.conf` matches what lies in `dir`. */
export function filesHost(files: Readonly<Record<string, string>>): ConfigHost {
  return {
    readFile: (path) => {
      const text = files[posix.normalize(path)];
      if (text !== undefined) return Buffer.from(text, 'latin1');
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    },
    glob: (pattern) => {
      const expression = posix
        .normalize(pattern)
        .split('*')
        .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
      return Object.keys(files)
        .filter((path) => new RegExp(`^${expression.join('[^/]*')}$`).test(path))
        .sort();
    },
    isDirectory: () => false,
    environment: {},
  };
}

const MAIN = '/etc/dovecot/dovecot.conf';

export function load23(files: Readonly<Record<string, string>>): LoadedConfig {
  return loadForDump({ path: MAIN, host: filesHost(files), version: '2.3.19.1' });
}

/** Migrates a table of files, `dovecot.conf` of /etc/dovecot being the main one. */
export function migrateFiles(
  files: Readonly<Record<string, string>>,
  options: { readonly answers?: ReadonlyMap<string, string>; readonly singleFile?: boolean } = {},
): Migration {
  return migrate(load23(files), { target: '2.4.1', host: filesHost(files), ...options });
}

/** The new files read by 2.4's own rules. */
export function load24({ files }: Migration): LoadedConfig {
  const table = Object.fromEntries(files.map(({ path, text }) => [`/etc/dovecot/${path}`, text]));
  return loadForDump({ path: MAIN, host: filesHost(table), version: '2.4.1' });
}

export function migrateCorpusSet({ slug, main }: CorpusSet): { config: LoadedConfig; migration: Migration } {
  const host = corpusHost('2.3.19.1');
  const maps = corpusMaps(slug);
  const config = loadForDump({ path: `/etc/dovecot/${main}`, host, version: '2.3.19.1', maps });
  return { config, migration: migrate(config, { target: '2.4.1', host, maps }) };
}
