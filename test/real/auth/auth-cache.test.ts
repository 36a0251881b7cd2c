import { readFileSync } from 'node:fs';
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

const query = ({ column, key }: Story, version: '2.3.19.1' | '2.4.1') =>
  `SELECT password, host, newname AS user FROM users WHERE ${column} = '${key[version]}'`;

const config = (story: Story, version: '2.3.19.1' | '2.4.1') =>
  version === '2.3.19.1'
    ? 'passdb p1 {\n  driver = sql\n  args = @DIR@/sql.ext\n}\n'
    : `passdb p1 {\n  driver = sql\n  sql_driver = sqlite\n  sqlite_path = @DIR@/users.sqlite\n  passdb_sql_query = ${query(story, version)}\n}\n`;

/** What happens in turn: a login (or a look-up without password), a change in the database, a flush. */
type Step =
  | { readonly ask: string; readonly password: string | null }
  | { readonly change: string }
  | { readonly flush: readonly string[] }
  /** Past the end of so many seconds. */
  | { readonly wait: number };

interface Story {
  readonly name: string;
  readonly settings: string;
  /** Of the query: the name as it is looked up. */
  readonly column: string;
  readonly key: Readonly<Record<'2.3.19.1' | '2.4.1', string>>;
  readonly steps: readonly Step[];
}

const CHANGES: readonly Step[] = [
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

const WHOLE_NAME = { column: 'userid', key: { '2.3.19.1': '%u', '2.4.1': '%{user}' } } as const;
const logins = (password: string, ...users: readonly string[]) => users.map((ask) => ({ ask, password }));

const STORIES: readonly Story[] = [
  { name: 'whatever happens to the database meanwhile', settings: '', ...WHOLE_NAME, steps: CHANGES },
  {
    name: 'with little room, where what was not asked for longest goes first',
    settings: 'auth_cache_size = 1024\n',
    ...WHOLE_NAME,
    steps: [
      ...logins('x', ...Array.from({ length: 14 }, (_, at) => `u${at}`)),
      ...logins('old', 'ann'),
      ...logins('x', 'u3', 'u13', 'u12', 'u13'),
      ...logins('old', 'ann', 'ann'),
      { flush: [] },
    ],
  },
  {
    name: 'over time',
    settings: 'auth_cache_ttl = 1 s\nauth_cache_negative_ttl = 1 s\n',
    ...WHOLE_NAME,
    steps: [
      ...logins('old', 'ann'),
      ...logins('x', 'nobody'),
      { wait: 4 },
      ...logins('old', 'ann'),
      ...logins('x', 'nobody'),
      { change: "UPDATE users SET password = '{PLAIN}new' WHERE userid = 'ann'" },
      { wait: 4 },
      ...logins('new', 'ann'),
    ],
  },
  {
    name: 'with a worker for the passwords',
    settings: 'auth_cache_verify_password_with_worker = yes\n',
    ...WHOLE_NAME,
    steps: CHANGES.slice(0, 10),
  },
  {
    name: 'by the local part of the name, by which it is flushed, too',
    settings: '',
    column: 'userid',
    key: { '2.3.19.1': '%n', '2.4.1': '%{user | username}' },
    steps: [
      ...logins('old', 'ann@a.org', 'ann@b.org', 'ann'),
      { flush: ['ann@a.org'] },
      { flush: ['ann'] },
      ...logins('old', 'ann@a.org'),
      { flush: [] },
    ],
  },
  {
    name: 'by both parts of the name and the service',
    settings: '',
    column: 'userid',
    key: {
      '2.3.19.1': "%n' AND '%s' <> '' AND '%d' = '",
      '2.4.1': "%{user | username}' AND '%{protocol}' <> '' AND '%{user | domain}' = '",
    },
    steps: [...logins('old', 'ann', 'ann'), { flush: ['ann'] }, ...logins('old', 'ann')],
  },
];

describe.each(['2.3.19.1', '2.4.1'] as const)('the auth cache of Dovecot %s', (version) => {
  const missing = dovecotMissing(version);
  if (missing !== null) {
    test(`is not compared: ${missing}`, () => expect(process.env['CI']).toBeUndefined());
    return;
  }

  test.each(STORIES)('answers as ours does, $name', async (story) => {
    const auth = startDovecotAuth({
      version,
      config: `auth_cache_size = 10M\nservice auth {\n  process_limit = 1\n}\n${story.settings}${config(story, version)}`,
      files: {
        'sql.ext': `driver = sqlite\nconnect = @DIR@/users.sqlite\ndefault_pass_scheme = PLAIN\npassword_query = ${query(story, version)}\n`,
      },
      prepare: (folder) => change(folder, TABLE),
    });
    try {
      const ours = await ourSide(auth, version);
      for (const [number, step] of story.steps.entries()) {
        if ('change' in step) change(auth.realDirectory, step.change);
        else if ('wait' in step) await new Promise((resolve) => setTimeout(resolve, step.wait * 1000));
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
      expect(ours.statistics()).toEqual(await realStatistics(auth));
      await ours.close();
    } finally {
      await auth.stop();
    }
  });
});

/** What the auth process says of its cache when it gets SIGUSR2. */
async function realStatistics(auth: DovecotAuth): Promise<{ hits: number; asked: number; size: number }> {
  const lines = () => auth.log().join('\n');
  process.kill(authProcess(auth), 'SIGUSR2');
  await expect.poll(lines, { timeout: 20_000 }).toMatch(/cache current size/);
  const [, hits, asked] = /Authentication cache hits (\d+)\/(\d+)/.exec(lines()) ?? [];
  const [, size] = /cache current size: (\d+) bytes used/.exec(lines()) ?? [];
  return { hits: Number(hits), asked: Number(asked), size: Number(size) };
}

/** The auth process itself, not one of its workers: the child of this master whose name is `auth`. */
function authProcess({ realDirectory }: DovecotAuth): number {
  const master = readFileSync(join(realDirectory, 'run', 'master.pid'), 'utf8').trim();
  const children = readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ');
  const found = children.find((pid) => {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
    return words[0] === 'dovecot/auth' && words[1] !== '-w';
  });
  if (found === undefined) throw new Error('there is no auth process');
  return Number(found);
}

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
    statistics() {
      const { hits = 0, misses = 0, size = 0 } = cache?.statistics() ?? {};
      return { hits, asked: hits + misses, size };
    },
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
