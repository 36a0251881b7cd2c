import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dvproxy, folderWith } from './command-line.js';

let folder: ReturnType<typeof folderWith>;
const at = (name: string) => join(folder.path, name);

const SQL_23 = `driver = sqlite
connect = @DIR@/users.sqlite
password_query = SELECT password, host, 'y' AS proxy, pass FROM users WHERE name = '%u' AND '%s' <> 'lmtp'
user_query = SELECT '/home/' || name AS home, 1000 AS uid, 1000 AS gid FROM users WHERE name = '%u'
`;

beforeAll(() => {
  folder = folderWith({
    'old.conf': `passdb files {
  driver = passwd-file
  args = scheme=PLAIN @DIR@/users
}
passdb {
  driver = sql
  args = @DIR@/sql.conf.ext
}
userdb {
  driver = sql
  args = @DIR@/sql.conf.ext
}
`,
    'new.conf': `dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
mail_driver = maildir
sql_driver = sqlite
sqlite_path = @DIR@/users.sqlite
passdb sql {
  query = SELECT password, host FROM users WHERE name = '%{user}'
  fields_import_all = no
  fields {
    proxy = y
    host = %{sql:host}
  }
}
`,
    'sql.conf.ext': SQL_23,
    users: 'bob:filesecret\nill:{NOSUCH}thing\n',
    'bad.yaml': 'dvproxy_recording: 7\n',
    'typo.yaml':
      'dvproxy_recording: 1\npassdbs:\n  - driver: sql\n    lookups:\n      - user: bob\n        answer: yes\n',
    'broken.yaml': 'dvproxy_recording: 1\npassdbs:\n  - driver: sql\n',
  });
  const database = new Sqlite(at('users.sqlite'));
  database.exec(`CREATE TABLE users (name, password, host, pass);
INSERT INTO users VALUES ('ann', '{PLAIN}sqlsecret', '192.0.2.1', 'backendsecret'),
  ('zoë', '{PLAIN}sqlsecret', NULL, NULL);`);
  database.close();
});

afterAll(() => folder.remove());

interface Answer {
  readonly user: string;
  readonly outcome: string;
  readonly steps: readonly { readonly queries: readonly { readonly database: string }[] }[];
}

async function ask(conf: string, users: string, ...args: string[]): Promise<Answer[]> {
  const { stdout } = await dvproxy(
    ['simulate', '-c', at(conf), '--users', '-', '--format', 'json', ...args],
    users,
  );
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line.replaceAll('recording of ', '')));
}

const USERS = 'bob\nann\nzoë\nill\nnobody\n';
const secret = ['--password', 'sqlsecret'];

describe('--record', () => {
  test.each(['old.conf', 'new.conf'])(
    'writes a fixture by which %s answers as its databases did',
    async (conf) => {
      for (const password of [[], secret, ['--password', 'wrong'], ['--lookup']]) {
        const before = await ask(conf, USERS, ...password, '--record', at('out'));
        const after = await ask(conf, USERS, ...password, '--fixture', at('out/recording.yaml'));
        const masked = (answers: Answer[]) =>
          JSON.parse(JSON.stringify(answers).replaceAll(/\{(?:PLAIN|PBKDF2)\}[^"]*/g, '{HASH}'));
        expect(masked(after)).toEqual(masked(before));
      }
    },
  );

  test('keeps no password, and the right one still fits', async () => {
    await ask('old.conf', USERS, ...secret, '--record', at('out'));
    const text = readFileSync(at('out/recording.yaml'), 'utf8');
    expect(text).not.toMatch(/secret/);
    expect(statSync(at('out/recording.yaml')).mode & 0o777).toBe(0o600);
    const outcomes = async (...args: string[]) =>
      (await ask('old.conf', 'ann\n', '--fixture', at('out/recording.yaml'), ...args)).map(
        ({ outcome }) => outcome,
      );
    expect(await outcomes(...secret)).toEqual(['ok_proxy']);
    expect(await outcomes('--password', 'wrong')).toEqual(['fail_password']);
    expect(await outcomes()).toEqual(['ok_proxy']);
    // The password was not known when it was recorded.
    await ask('old.conf', 'ann\n', '--record', at('out'));
    expect(await outcomes(...secret)).toEqual(['fail_password']);
    await ask('old.conf', 'ann\n', '--record', at('out'), '--record-secrets');
    expect(await outcomes(...secret)).toEqual(['ok_proxy']);
  });

  test('records what happens behind a login that is not proxied', async () => {
    const args = ['-c', at('old.conf'), '--format', 'json'];
    const before = await dvproxy(['simulate', 'bob', ...args, '--record', at('out')]);
    const after = await dvproxy(['simulate', 'bob', ...args, '--fixture', at('out/recording.yaml')]);
    expect(JSON.parse(before.stdout).userdb).toMatchObject({ result: 'unknown' });
    expect(JSON.parse(after.stdout).userdb).toEqual(JSON.parse(before.stdout).userdb);
  });

  test('is refused before anybody is asked where nothing can be written', async () => {
    for (const out of ['users', 'missing/out']) {
      const { exit, stdout, stderr } = await dvproxy([
        ...['simulate', 'ann', '-c', at('old.conf'), '--record', at(out)],
      ]);
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
      expect(stderr).toContain('cannot record in ');
    }
  });

  test('is for one configuration', async () => {
    const both = ['--compare', at('new.conf'), '--record', at('out')];
    expect((await dvproxy(['simulate', 'ann', '-c', at('old.conf'), ...both])).exit).toBe(2);
  });
});

describe('a recording as a fixture', () => {
  test('may be edited', async () => {
    await ask('old.conf', 'ann\n', '--record', at('out'));
    const path = at('out/recording.yaml');
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('192.0.2.1', 'new.example.com'));
    const [answer] = await ask('old.conf', 'ann\n', '--fixture', path);
    expect(answer).toMatchObject({ outcome: 'ok_proxy', destination: { host: 'new.example.com' } });
  });

  test('has no answer for users that were not asked: a temporary failure that says so', async () => {
    await ask('old.conf', 'ann\n', '--record', at('out'));
    const { exit, stderr } = await dvproxy([
      ...['simulate', 'other', '-c', at('old.conf'), '--fixture', at('out/recording.yaml')],
    ]);
    expect(exit).toBe(75);
    expect(stderr).toContain(
      'database recording recording.yaml did not answer: it holds no answer of passwd-file files for other',
    );
    // The query was asked for IMAP, and depends on it.
    const pop3 = ['--service', 'pop3', '--fixture', at('out/recording.yaml')];
    expect((await ask('old.conf', 'ann\n', ...pop3))[0]?.outcome).toBe('tempfail');
  });

  test('that cannot be read is wrong usage', async () => {
    for (const [name, words] of [
      ['bad.yaml', 'bad.yaml: expected dvproxy_recording: 1'],
      ['broken.yaml', 'broken.yaml: expected lookups: in each of passdbs:'],
      ['typo.yaml', 'typo.yaml: expected user:, answer: (found, unknown, '],
    ] as const) {
      const { exit, stderr } = await dvproxy([
        'simulate',
        'ann',
        '-c',
        at('old.conf'),
        '--fixture',
        at(name),
      ]);
      expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining(words) });
    }
  });
});

test('--explain tells how a database finds the rows, and nothing where a recording answers', async () => {
  const { stdout } = await dvproxy(['simulate', 'ann', '-c', at('old.conf'), '--explain']);
  expect(stdout).toMatch(/rows? from sqlite .*\n {3}plan {5}SCAN users\n/);
  await ask('old.conf', 'ann\n', '--record', at('out'));
  const recording = ['--fixture', at('out/recording.yaml')];
  const replayed = await dvproxy(['simulate', 'ann', '-c', at('old.conf'), '--explain', ...recording]);
  expect(replayed.stdout).not.toContain('plan ');
});
