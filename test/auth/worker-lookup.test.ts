import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authenticate } from '../../src/auth/authenticate.js';
import { openChain } from '../../src/auth/chain.js';
import { nodeConfigHost } from '../../src/cli/node-host.js';
import { loadConfig } from '../../src/config/load.js';
import { createDatabases } from '../../src/databases/open.js';
import { requestOfCase, SYSTEM } from './case-chain.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dvproxy-worker-'));
  const database = new Sqlite(join(folder, 'users.sqlite'));
  database.exec(
    "CREATE TABLE users (user TEXT, password TEXT); INSERT INTO users VALUES ('bob', '{PLAIN}pw')",
  );
  database.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Asks a chain of 2.4 whose passdbs are these. */
async function ask(passdbs: string, password = 'pw', head = '') {
  const path = join(folder, 'dovecot.conf');
  writeFileSync(
    path,
    `dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\n${head}${passdbs.replaceAll('@DIR@', folder)}`,
  );
  const config = loadConfig({ path, host: nodeConfigHost() });
  const databases = createDatabases({ config });
  const chain = await openChain({
    settings: config.effective.auth({ protocol: 'imap' }),
    open: databases.openPassdb,
    system: SYSTEM,
    resolve: async () => ({ kind: 'not-asked' }),
  });
  const answer = await authenticate(requestOfCase({ user: 'bob', password }), chain);
  await chain.close();
  await databases.close();
  return {
    result: answer.result,
    fields: answer.fields.map(({ name, value }) => `${name}=${value ?? ''}`),
    log: answer.log.filter(({ logged }) => logged).map(({ line }) => line),
  };
}

const sql = (name: string, columns: string, more = ''): string =>
  `passdb ${name} {\n  driver = sql\n  sql_driver = sqlite\n  sqlite_path = @DIR@/users.sqlite\n` +
  `  passdb_sql_query = SELECT ${columns} FROM users WHERE user = '%{user}'\n${more}}\n`;

const VERBOSE = 'auth_verbose = yes\n';

describe('a look-up in an auth-worker', () => {
  test('sends back what it set, not what it took away', async () => {
    const first =
      'passdb one {\n  driver = static\n  result_success = continue-ok\n  fields {\n    nopassword = y\n    a = 1\n  }\n}\n';
    const { fields } = await ask(first + sql('two', "password, '' AS 'a:remove', '2' AS b"));
    expect(fields).toEqual(['a=1', 'b=2']);
  });

  test('has its networks checked once more in the auth process', async () => {
    const { result, log } = await ask(sql('one', "password, '10.0.0.0/8' AS allow_nets"), 'pw', VERBOSE);
    expect(result).toBe('fail');
    expect(log).toEqual([
      "auth-worker(bob)<4711>: request [1]: Info: one: allow_nets check failed: Remote IP not known and 'local' missing",
      "auth(bob,sasl:plain): Info: one: allow_nets check failed: Remote IP not known and 'local' missing",
    ]);
  });

  test('sends no fields where the database failed', async () => {
    const { result, fields } = await ask(sql('one', "'x' AS a"));
    expect({ result, fields }).toEqual({ result: 'tempfail', fields: [] });
  });

  test('makes a field of the stored password where the row has noauthenticate', async () => {
    const last = 'passdb last {\n  driver = static\n  fields {\n    nopassword = y\n  }\n}\n';
    const { fields } = await ask(sql('one', "password, 'y' AS noauthenticate") + last);
    expect(fields).toEqual(['{PLAIN}pw=']);
  });
});

describe('lines of the auth process', () => {
  test('are written as auth_verbose says, of the whole process or of one passdb', async () => {
    const chain = sql('one', 'password');
    expect((await ask(chain, 'wrong')).log).toEqual([]);
    expect((await ask(chain, 'wrong', VERBOSE)).log).toEqual([
      'auth-worker(bob)<4711>: request [1]: Info: one: Password mismatch',
    ]);
    const quiet = sql('one', 'password', '  auth_verbose = no\n');
    expect((await ask(quiet, 'wrong', VERBOSE)).log).toEqual([]);
  });

  test('about failed logins are always written with auth_verbose_passwords', async () => {
    const { log } = await ask(sql('one', 'password'), 'wrong', 'auth_verbose_passwords = plain:3\n');
    expect(log).toEqual([
      'auth-worker(bob)<4711>: request [1]: Info: one: Password mismatch (given password: wro)',
    ]);
  });
});
