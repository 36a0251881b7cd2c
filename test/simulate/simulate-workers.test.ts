import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dvproxy, folderWith } from './command-line.js';
import { expectSameAlone } from './one-by-one.js';

// Workers run the built program: they are threads of their own, which know nothing of the test's sources.
const BUILT = existsSync('dist/cli.cjs');
if (!BUILT) console.log('skipped: simulate --workers, because nothing is built (npm run build)');

const USERS = 1000;
const SAMPLE = 200;

let folder: ReturnType<typeof folderWith>;
const at = (name: string) => join(folder.path, name);

beforeAll(() => {
  const conf = (port: string) => `protocols = imap
passdb users {
  driver = sql
  args = @DIR@/sql.conf.ext
  override_fields = port=${port}
}
userdb {
  driver = sql
  args = @DIR@/sql.conf.ext
}
`;
  const ext = (table: string) => `driver = sqlite
connect = @DIR@/users.sqlite
password_query = SELECT user, password, nologin, host, 'y' AS proxy FROM ${table} WHERE user = '%u'
iterate_query = SELECT user FROM users ORDER BY id
`;
  folder = folderWith({
    'old.conf': conf('143'),
    'new.conf': conf('%{if;%n;~;*7*;993;143}'),
    'refused.conf': conf('143').replace('sql.conf.ext', 'nothing.conf.ext'),
    'broken.conf': conf('143').replace('sql.conf.ext', 'broken.conf.ext'),
    'sql.conf.ext': ext('users'),
    'broken.conf.ext': ext('nothing'),
    'expected.csv': `user,host,outcome\n${names()
      .map((name, index) => `${name},10.0.0.${index % 5},${index % 7 === 0 ? 'fail_policy' : ''}\n`)
      .join('')}`,
    'wrong.csv': `user,local_port\n${names()
      .slice(0, 700)
      .map((name) => `${name},143\n`)
      .join('')}bob,http\n`,
  });
  const database = new Sqlite(at('users.sqlite'));
  database.exec(
    'CREATE TABLE users (id INTEGER PRIMARY KEY, user TEXT, password TEXT, nologin TEXT, host TEXT)',
  );
  database.exec('CREATE UNIQUE INDEX names ON users (user)');
  const insert = database.prepare('INSERT INTO users VALUES (?, ?, ?, ?, ?)');
  database.transaction(() => {
    for (const [index, name] of names().entries())
      insert.run(index, name, '{PLAIN}pw', index % 7 === 0 ? 'y' : null, `10.0.0.${index % 4}`);
  })();
  database.close();
});

afterAll(() => folder.remove());

function names(): string[] {
  return Array.from({ length: USERS }, (_, index) => `user${index}@example.com`);
}

describe.runIf(BUILT)('several workers', () => {
  test.each<[string, string[]]>([
    ['the summary', ['--all-users']],
    ['verdicts', ['--all-users', '-v']],
    ['a JSON document a line', ['--all-users', '--format', 'json']],
    ['the page', ['--all-users', '--format', 'html']],
    ['what is not as expected', ['--expect', '@DIR@/expected.csv']],
    ['what differs', ['--all-users', '--compare', '@DIR@/new.conf']],
    ['what differs, as JSON', ['--all-users', '--compare', '@DIR@/new.conf', '--format', 'json']],
    ['the answers before a line that cannot be read', ['--users', '@DIR@/wrong.csv', '-v']],
  ])('print the same bytes as one: %s', async (_, args) => {
    const words = ['simulate', '-c', at('old.conf'), ...args.map((arg) => arg.replace('@DIR@', folder.path))];
    const one = await dvproxy(words);
    expect(one.stdout.length).toBeGreaterThan(50);
    expect(await dvproxy([...words, '--workers', '2'])).toEqual(one);
  });

  test.each(['refused.conf', 'broken.conf'])('end as one does with %s', async (config) => {
    const words = ['simulate', '-c', at(config), '--users', at('expected.csv')];
    const one = await dvproxy(words);
    expect(one.exit).toBeGreaterThan(0);
    expect(await dvproxy([...words, '--workers', '2'])).toEqual(one);
  });

  test('print the summary of what they were asked when Ctrl-C comes', async () => {
    const args = ['simulate', '-c', at('old.conf'), '--users', '-', '--workers', '2', '-v'];
    const run = spawn(process.execPath, [resolve('bin/dvproxy.js'), ...args]);
    let stdout = '';
    let stderr = '';
    let asked = 0;
    const more = () => {
      for (let count = 0; count < 600; count += 1) run.stdin.write(`user${asked++ % USERS}@example.com\n`);
    };
    run.stdin.on('error', () => undefined);
    run.stdout.on('data', (data: Buffer) => {
      if (stdout === '') run.kill('SIGINT');
      stdout += data;
      more();
    });
    run.stderr.on('data', (data: Buffer) => {
      stderr += data;
    });
    const ended = new Promise((done) => run.once('close', done));
    for (let count = 0; count < 4; count += 1) more();
    expect(await ended).toBe(130);
    const [, count = ''] = /^dvproxy: interrupted after (\d+)\n$/.exec(stderr) ?? [];
    expect(stdout).toContain(`\n${count} questions\n`);
    expect(stdout.match(/^user\d+@/gm)).toHaveLength(Number(count));
  });
});

describe('many users', () => {
  test('get the answers that each gets alone', async () => {
    await expectSameAlone(at('old.conf'), names(), SAMPLE);
  });
});
