import type { ConfigHost } from '../../../src/config/host.js';
import { loadForDump } from '../../../src/config/load.js';
import { migrate } from '../../../src/migrate/migrate.js';

/** The new files of a configuration whose only passdb reads an external file. */
export function migrated(
  driver: string,
  ext: string,
  more = '',
): { main: string; ext: string; codes: readonly string[] } {
  const texts = new Map([
    [
      '/etc/dovecot/dovecot.conf',
      `protocols = imap\npassdb {\n  driver = ${driver}\n  args = /etc/dovecot/db.conf.ext\n}\n${more}`,
    ],
    ['/etc/dovecot/db.conf.ext', ext],
  ]);
  const host: ConfigHost = {
    readFile: (path) => {
      const text = texts.get(path);
      if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
      return Buffer.from(text, 'latin1');
    },
    glob: (pattern) => (texts.has(pattern) ? [pattern] : []),
    isDirectory: () => false,
    environment: {},
  };
  const config = loadForDump({ path: '/etc/dovecot/dovecot.conf', host, version: '2.3.19.1' });
  const { files, changes } = migrate(config, { target: '2.4.1', host });
  const textOf = (path: string): string => files.find((file) => file.path === path)?.text ?? '';
  return { main: textOf('dovecot.conf'), ext: textOf('db.conf.ext'), codes: changes.map(({ code }) => code) };
}
