import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LookupContext, LookupOutcome } from '../../src/auth/driver.js';
import { nodeConfigHost } from '../../src/cli/node-host.js';
import { loadConfig } from '../../src/config/load.js';
import { createDatabases, type Databases } from '../../src/databases/open.js';

let folder: string;
let databases: Databases | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dvproxy-databases-'));
});
afterEach(async () => {
  await databases?.close();
  databases = null;
  rmSync(folder, { recursive: true, force: true });
});

/** A request whose `%u` / `%{user}` is the given name; no other variable is known. */
function contextOf(user: string): LookupContext {
  return {
    user,
    alreadyAuthenticated: false,
    signal: new AbortController().signal,
    extraField: () => null,
    expand: (template: string, escaping: (value: string) => string = (value) => value) =>
      template.includes('%{nosuch}')
        ? { kind: 'error', message: "Unknown variable '%nosuch'" }
        : {
            kind: 'ok',
            text: template.replace(/%u|%n|%\{user\}/g, () => escaping(user)).replaceAll('%d', ''),
          },
  } as unknown as LookupContext;
}

function open23(passdb: string, ext: Readonly<Record<string, string>>, fixtures: readonly string[] = []) {
  for (const [name, text] of Object.entries(ext)) writeFileSync(join(folder, name), text);
  const main = join(folder, 'dovecot.conf');
  writeFileSync(main, passdb.replaceAll('@', folder));
  const config = loadConfig({ path: main, host: nodeConfigHost(), version: '2.3.19.1' });
  databases = createDatabases({ config, fixtures });
  return { config, databases };
}

async function ask(
  query: string,
  user: string,
  more: { driver?: string; connect?: string; fixtures?: readonly string[] } = {},
): Promise<LookupOutcome> {
  const { driver = 'sqlite', connect = join(folder, 'users.db'), fixtures = [] } = more;
  const line = query === '' ? '' : `password_query = ${query}\n`;
  const opened = open23(
    'passdb {\n  driver = sql\n  args = @/sql.conf.ext\n}\n',
    { 'sql.conf.ext': `driver = ${driver}\nconnect = ${connect}\n${line}` },
    fixtures,
  );
  const [block] = opened.config.effective.auth().passdbs;
  if (block === undefined) throw new Error('no passdb');
  const driverOf = await opened.databases.openPassdb(block);
  return driverOf.lookup(contextOf(user));
}

function userDatabase(path = join(folder, 'users.db')): void {
  const database = new Sqlite(path);
  database.exec(
    "CREATE TABLE users (username TEXT, domain TEXT, password TEXT, host TEXT, n REAL); INSERT INTO users VALUES ('bob', '', '{PLAIN}pw', NULL, 1.0), ('dup', '', 'a', 'h', 2), ('dup', '', 'b', 'h', 2), ('o''brien', '', 'x', '', 3.5)",
  );
  database.close();
}

describe('an sql passdb', () => {
  test('hands out the columns of its row in their order, NULL included', async () => {
    userDatabase();
    const outcome = await ask(
      "SELECT host, password, n, username AS user FROM users WHERE username = '%u'",
      'bob',
    );
    expect(outcome).toMatchObject({
      kind: 'found',
      fields: [
        ['host', null],
        ['password', '{PLAIN}pw'],
        ['n', '1.0'],
        ['user', 'bob'],
      ],
      defaultScheme: 'MD5',
      queries: [
        { text: "SELECT host, password, n, username AS user FROM users WHERE username = 'bob'", rows: 1 },
      ],
    });
  });

  test('escapes the name', async () => {
    userDatabase();
    const outcome = await ask("SELECT password FROM users WHERE username = '%u'", "o'brien");
    expect(outcome).toMatchObject({ kind: 'found', fields: [['password', 'x']] });
  });

  test('keeps a NULL as `yes` for %{sql:column} of 2.4', async () => {
    userDatabase();
    const outcome = await ask("SELECT host, password FROM users WHERE username = '%u'", 'bob');
    expect(outcome.kind === 'found' && outcome.row?.columns.get('host')).toBe('yes');
  });

  test('does not know a user without a row', async () => {
    userDatabase();
    expect(await ask("SELECT password FROM users WHERE username = '%u'", 'nobody')).toMatchObject({
      kind: 'unknown',
      log: [{ level: 'info', text: 'unknown user' }],
    });
  });

  test.each([
    ["SELECT password FROM users WHERE username = '%u'", 'dup', 'Password query returned multiple matches'],
    [
      "SELECT host FROM users WHERE username = '%u'",
      'bob',
      "Password query must return a field named 'password'",
    ],
    ['SELECT nosuch FROM users', 'bob', 'Password query failed: no such column: nosuch'],
    ['SELECT password FROM %u', 'x y', 'Password query failed: no such table: x'],
  ])('%s fails internally for %s', async (query, user, text) => {
    userDatabase();
    expect(await ask(query, user)).toMatchObject({ kind: 'internal', log: [{ level: 'error', text }] });
  });

  test('names the built-in query of 2.3 when that one fails', async () => {
    const database = new Sqlite(join(folder, 'users.db'));
    database.exec('CREATE TABLE other (a)');
    database.close();
    expect(await ask('', 'bob')).toMatchObject({
      log: [
        {
          text: "Password query failed: no such table: users (using built-in default password_query: SELECT username, domain, password FROM users WHERE username = '%n' AND domain = '%d')",
        },
      ],
    });
  });

  test('a file that is missing is an empty database, and is not made', async () => {
    const outcome = await ask("SELECT password FROM users WHERE username = '%u'", 'bob');
    expect(outcome).toMatchObject({
      kind: 'internal',
      log: [{ text: 'Password query failed: no such table: users' }],
      unreachable: { host: join(folder, 'users.db') },
    });
    expect(await ask('SELECT 1 AS password', 'bob')).toMatchObject({ kind: 'found' });
  });

  test('a query that cannot be expanded is not sent', async () => {
    const outcome = await ask("SELECT '%{nosuch}' AS password", 'bob');
    expect(outcome).toMatchObject({ kind: 'internal', log: [{ level: 'debug' }] });
    expect(outcome.queries ?? []).toEqual([]);
  });

  test('a query that would change the database is refused', async () => {
    userDatabase();
    expect(await ask('DELETE FROM users', 'bob')).toMatchObject({ kind: 'internal' });
    expect(await ask("SELECT password FROM users WHERE username = '%u'", 'bob')).toMatchObject({
      kind: 'found',
    });
  });

  test('what follows a semicolon is never run', async () => {
    userDatabase();
    expect(await ask("SELECT password FROM users WHERE username = '%u'; nonsense", 'bob')).toMatchObject({
      kind: 'found',
    });
  });

  test('reads a file again that was replaced', async () => {
    userDatabase();
    const opened = open23('passdb {\n  driver = sql\n  args = @/sql.conf.ext\n}\n', {
      'sql.conf.ext': `driver = sqlite\nconnect = ${folder}/users.db\npassword_query = SELECT password FROM users WHERE username = '%u'\n`,
    });
    const [block] = opened.config.effective.auth().passdbs;
    if (block === undefined) throw new Error('no passdb');
    const driver = await opened.databases.openPassdb(block);
    expect(await driver.lookup(contextOf('bob'))).toMatchObject({ kind: 'found' });
    rmSync(join(folder, 'users.db'));
    const database = new Sqlite(join(folder, 'users.db'));
    database.exec("CREATE TABLE users (username, password); INSERT INTO users VALUES ('bob', 'new')");
    database.close();
    expect(await driver.lookup(contextOf('bob'))).toMatchObject({ fields: [['password', 'new']] });
  });

  test('answers from a fixture and connects to nothing', async () => {
    const fixture = join(folder, 'maildb.sql');
    writeFileSync(
      fixture,
      "CREATE TABLE u (name VARCHAR(20), pw TEXT);\nINSERT INTO u VALUES ('Bob', 'x');\n",
    );
    const connect = 'host=192.0.2.1 dbname=mail user=u password=p';
    const outcome = await ask("SELECT pw AS password FROM u WHERE name = '%u'", 'bob', {
      driver: 'mysql',
      connect,
      fixtures: [fixture],
    });
    expect(outcome).toMatchObject({ kind: 'found', queries: [{ database: 'fixture maildb.sql' }] });
    const missing = await ask('SELECT pw AS password FROM nosuch', 'bob', {
      driver: 'mysql',
      connect,
      fixtures: [fixture],
    });
    expect(missing).toMatchObject({
      kind: 'internal',
      log: [{ level: 'debug' }, { text: "Password query failed: Table 'mail.nosuch' doesn't exist" }],
    });
  });

  test.each([
    ['', 'sql: Configuration file path not given'],
    ['connect = /x', 'sql: driver not set in configuration file FOLDER/sql.conf.ext'],
    ['driver = sqlite', 'sql: connect string not set in configuration file FOLDER/sql.conf.ext'],
    ['driver = nosuch\nconnect = x', "sql: Unknown database driver 'nosuch'"],
    ['driver = mysql\nconnect = nosuch=1', 'sql: Unknown connect string: nosuch'],
  ])('an external file of %j stops the auth process', async (text, message) => {
    const args = text === '' ? '' : '  args = @/sql.conf.ext\n';
    const opened = open23(`passdb {\n  driver = sql\n${args}}\n`, { 'sql.conf.ext': `${text}\n` });
    const [block] = opened.config.effective.auth().passdbs;
    if (block === undefined) throw new Error('no passdb');
    await expect(opened.databases.openPassdb(block)).rejects.toThrow(message.replace('FOLDER', folder));
  });
});

describe('a userdb', () => {
  test('lists its users with their domains', async () => {
    userDatabase();
    const opened = open23('userdb {\n  driver = sql\n  args = @/sql.conf.ext\n}\n', {
      'sql.conf.ext': `driver = sqlite\nconnect = ${folder}/users.db\niterate_query = SELECT username, 'd.org' AS domain FROM users WHERE username <> 'dup'\n`,
    });
    const [block] = opened.config.effective.auth().userdbs;
    const userdb = block === undefined ? null : await opened.databases.openSqlUserdb(block);
    const users: string[] = [];
    for await (const user of userdb?.iterate(contextOf('')) ?? []) users.push(user);
    expect(users).toEqual(['bob@d.org', "o'brien@d.org"]);
  });
});

describe('a driver of Dovecot', () => {
  const passdb = async (driver: string) => {
    const opened = open23(`passdb {\n  driver = ${driver}\n}\n`, {});
    const [block] = opened.config.effective.auth().passdbs;
    if (block === undefined) throw new Error('no passdb');
    return opened.databases.openPassdb(block);
  };

  test('that does not exist stops the auth process', async () => {
    await expect(passdb('nosuch')).rejects.toThrow("Unknown passdb driver 'nosuch'");
    await expect(passdb('bsdauth')).rejects.toThrow("Support not compiled in for passdb driver 'bsdauth'");
  });
});
