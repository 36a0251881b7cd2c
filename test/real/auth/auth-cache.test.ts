import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { authenticate } from '../../../src/auth/authenticate.js';
import { authCacheFor } from '../../../src/auth/cache.js';
import { openChain } from '../../../src/auth/chain.js';
import { nodeConfigHost } from '../../../src/cli/node-host.js';
import { nodeSystem } from '../../../src/cli/node-system.js';
import { loadConfig } from '../../../src/config/load.js';
import { createDatabases } from '../../../src/databases/open.js';
import { doveadmReport } from '../../../src/report/simulation-doveadm.js';
import { questionOf, requestOf } from '../../../src/simulate/question.js';
import { type DovecotAuth, dovecotMissing, startDovecotAuth } from '../servers/dovecot-auth.js';

const QUERY = 'SELECT password, host, newname AS user FROM users WHERE userid =';
const CONFIG = {
  '2.3.19.1': 'passdb p1 {\n  driver = sql\n  args = @DIR@/sql.ext\n}\n',
  '2.4.1': `passdb p1 {\n  driver = sql\n  sql_driver = sqlite\n  sqlite_path = @DIR@/users.sqlite\n  passdb_sql_query = ${QUERY} '%{user}'\n}\n`,
} as const;

/** What happens in turn: a login (or a look-up without password), a change in the database, a flush. */
type Step =
  | { readonly ask: string; readonly password: string | null }
  | { readonly change: string }
  | { readonly flush: readonly string[] };

const STORY: readonly Step[] = [
  { ask: 'ann', password: 'old' },
  { ask: 'ann', password: 'wrong' },
  { ask: 'ann', password: 'wrong' },
  { ask: 'ann', password: 'old' },
  { change: "UPDATE users SET password = '{PLAIN}new', host = '192.0.2.2' WHERE userid = 'ann'" },
  // The old password is good as long as the entry lives.
  { ask: 'ann', password: 'old' },
  { ask: 'ann', password: 'new' },
  { ask: 'ann', password: 'old' },
  { ask: 'ann', password: 'new' },
  { ask: 'ann', password: null },
  { ask: 'nobody', password: 'x' },
  { change: "INSERT INTO users VALUES ('nobody', '{PLAIN}x', NULL, NULL)" },
  { ask: 'nobody', password: 'x' },
  { ask: 'nobody', password: null },
  { flush: ['nobody'] },
  { ask: 'nobody', password: 'x' },
  { ask: 'bob', password: 'pw' },
  { change: "UPDATE users SET newname = 'carl' WHERE userid = 'bob'" },
  { ask: 'bob', password: 'pw' },
  { flush: [] },
  { ask: 'bob', password: 'pw' },
  { ask: 'bob', password: null },
  { ask: 'null', password: 'pw' },
  { ask: 'null', password: 'pw' },
  { change: "UPDATE users SET password = 'broken{' WHERE userid = 'ann'" },
  { ask: 'ann', password: 'new' },
  { ask: 'ann', password: 'other' },
  { ask: 'ann', password: 'new' },
];

const TABLE = `CREATE TABLE users (userid TEXT, password TEXT, host TEXT, newname TEXT);
INSERT INTO users VALUES ('ann', '{PLAIN}old', '192.0.2.1', NULL), ('bob', '{PLAIN}pw', NULL, NULL), ('null', NULL, 'h', NULL);`;

describe.each(['2.3.19.1', '2.4.1'] as const)('the auth cache of Dovecot %s', (version) => {
  const missing = dovecotMissing(version);
  if (missing !== null) {
    test(`is not compared: ${missing}`, () => expect(process.env['CI']).toBeUndefined());
    return;
  }

  test('answers as ours does, whatever happens to the database meanwhile', async () => {
    const auth = startDovecotAuth({
      version,
      config: `auth_cache_size = 10M\n${CONFIG[version]}`,
      files: {
        'sql.ext': `driver = sqlite\nconnect = @DIR@/users.sqlite\ndefault_pass_scheme = PLAIN\npassword_query = ${QUERY} '%u'\n`,
      },
      prepare: (folder) => change(folder, TABLE),
    });
    try {
      const ours = await ourSide(auth, version);
      for (const [number, step] of STORY.entries()) {
        if ('change' in step) change(auth.realDirectory, step.change);
        else if ('flush' in step) {
          const { stdout } = auth.doveadm(['auth', 'cache', 'flush', ...step.flush]);
          expect({ number, said: `${ours.flush(step.flush)} cache entries flushed\n` }).toEqual({
            number,
            said: stdout,
          });
        } else {
          const { log: _, ...real } = auth.real({ user: step.ask, password: step.password });
          expect({ number, step, ...(await ours.ask(step.ask, step.password)) }).toEqual({
            number,
            step,
            ...real,
          });
        }
      }
      await ours.close();
    } finally {
      await auth.stop();
    }
  });
});

function change(folder: string, sql: string): void {
  const database = new Sqlite(join(folder, 'users.sqlite'));
  database.exec(sql);
  database.close();
}

async function ourSide({ directory, realDirectory }: DovecotAuth, version: '2.3.19.1' | '2.4.1') {
  const config = loadConfig({
    path: join(realDirectory, 'dovecot.conf'),
    host: nodeConfigHost(),
    version,
    maps: directory === realDirectory ? [] : [{ from: directory, to: realDirectory }],
  });
  const databases = createDatabases({
    config,
    mapPath: (path) =>
      path.startsWith(`${directory}/`) ? realDirectory + path.slice(directory.length) : path,
  });
  const settings = config.effective.auth({ protocol: 'doveadm' });
  const cache = authCacheFor(settings, Date.now);
  const chain = await openChain({
    settings,
    open: databases.openPassdb,
    system: nodeSystem(),
    resolve: async () => ({ kind: 'not-asked' }),
    cache,
  });
  return {
    flush: (users: readonly string[]) => cache?.flush(users) ?? 0,
    async ask(user: string, password: string | null) {
      const question = questionOf(user, {
        service: 'doveadm',
        password,
        lookup: password === null,
        ...(password === null ? { mechanism: '' } : {}),
      });
      const request = requestOf(question, false);
      const answer = await authenticate(request, chain);
      return doveadmReport({ version, question, request, answer });
    },
    async close() {
      await chain.close();
      await databases.close();
    },
  };
}
