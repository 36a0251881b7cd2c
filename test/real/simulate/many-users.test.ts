import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dvproxy, folderWith } from '../../simulate/command-line.js';
import { expectSameAlone } from '../../simulate/one-by-one.js';
import { type MariadbServer, mariadbMissing, startMariadb } from '../servers/mariadb.js';

const missing = mariadbMissing() ?? (existsSync('dist/cli.cjs') ? null : 'nothing is built (npm run build)');
if (missing !== null) {
  if (process.env['CI'] === 'true') throw new Error(missing);
  console.log(`many users of a MariaDB server are skipped: ${missing}`);
}

const USERS = 2000;
const SAMPLE = 300;

describe.skipIf(missing !== null)('many users of a MariaDB server', () => {
  let server: MariadbServer;
  let folder: ReturnType<typeof folderWith>;
  let config = '';
  const names = Array.from({ length: USERS }, (_, index) => `user${index}@example.com`);

  beforeAll(async () => {
    server = await startMariadb();
    const rows = names.map(
      (name, index) =>
        `(${index}, '${name}', '{PLAIN}pw', '10.0.0.${index % 9}', ${index % 5 === 0 ? "'y'" : 'NULL'})`,
    );
    server.sql(`CREATE DATABASE mail; USE mail;
CREATE TABLE users (id INT PRIMARY KEY, user VARCHAR(80) UNIQUE, password VARCHAR(80), host VARCHAR(80), nologin CHAR);
INSERT INTO users VALUES ${rows.join(',\n')};`);
    folder = folderWith({
      'dovecot.conf': `protocols = imap
passdb {
  driver = sql
  args = @DIR@/sql.conf.ext
}
userdb {
  driver = sql
  args = @DIR@/sql.conf.ext
}
`,
      'sql.conf.ext': `driver = mysql
connect = host=127.0.0.1 port=${server.port} user=${server.user} password=${server.password} dbname=mail
password_query = SELECT user, password, nologin, host, 'y' AS proxy FROM users WHERE user = '%u'
iterate_query = SELECT user FROM users ORDER BY id
`,
    });
    config = `${folder.path}/dovecot.conf`;
  });

  afterAll(async () => {
    await server?.remove();
    folder?.remove();
  });

  test.each([1, 2])('get the answers that each gets alone, with %i workers', async (workers) => {
    await expectSameAlone(config, names, workers === 1 ? SAMPLE : 1, ['--workers', String(workers)]);
  });

  test('get the same bytes from three workers as from one', async () => {
    const asked = ['simulate', '-c', config, '--all-users', '--format', 'json'];
    expect(await dvproxy([...asked, '--workers', '3'])).toEqual(await dvproxy(asked));
  });

  test('who cannot be asked any more are counted, with several workers too', async () => {
    await server.stop();
    try {
      const asked = ['simulate', '-c', config, '--users', '-'];
      const one = await dvproxy(asked, names.slice(0, 3).join('\n'));
      expect(one).toMatchObject({ exit: 75, stdout: '3 questions\n   3  tempfail\n' });
      expect(await dvproxy([...asked, '--workers', '2'], names.slice(0, 3).join('\n'))).toEqual(one);
    } finally {
      await server.start();
    }
  });
});
