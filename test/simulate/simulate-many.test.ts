import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeConfigHost } from '../../src/cli/node-host.js';
import { nodeSystem } from '../../src/cli/node-system.js';
import { loadConfig } from '../../src/config/load.js';
import { createDatabases } from '../../src/databases/open.js';
import { questionOf } from '../../src/simulate/question.js';
import { Simulator } from '../../src/simulate/simulator.js';
import { dvproxy, folderWith } from './command-line.js';

let folder: ReturnType<typeof folderWith>;
const at = (name: string) => join(folder.path, name);

beforeAll(() => {
  const conf = (port: string, file: string) => `protocols = imap
passdb users {
  driver = passwd-file
  args = scheme=PLAIN @DIR@/${file}
  override_fields = proxy=y port=${port}
}
`;
  folder = folderWith({
    'old.conf': conf('143', 'users'),
    'listed.conf': `${conf('143', 'users')}userdb {\n  driver = passwd-file\n  args = @DIR@/users\n}\n`,
    'sql.conf': `${conf('143', 'users')}userdb {\n  driver = sql\n  args = @DIR@/sql.conf.ext\n}\n`,
    'sql.conf.ext':
      'driver = mysql\nconnect = host=127.0.0.1 dbname=users\niterate_query = SELECT username, domain FROM accounts ORDER BY id\n',
    'users.sql':
      "CREATE TABLE accounts (id INT, username VARCHAR(80), domain VARCHAR(80));\nINSERT INTO accounts VALUES (1, 'bob', 'example.com'), (2, 'ann', 'example.com');\n",
    users: '# all of us\n\nbob:pw::::::host=192.0.2.1\nann:pw::::::host=192.0.2.2\n',
    'expected.csv':
      'user,remote_ip,outcome,host,port,destuser\nbob,,ok_proxy,192.0.2.1,143,bob\nann,192.0.2.9,ok_proxy,192.0.2.2,,\n',
    'wrong.csv': 'user,outcome,host\nbob,ok_proxy,192.0.2.77\nnobody,fail_unknown_user,-\n',
    'broken.csv': 'user,local_port\nbob,http\n',
  });
});

afterAll(() => folder.remove());

describe('many users', () => {
  test('are counted by outcome and destination', async () => {
    const { exit, stdout } = await dvproxy(
      ['simulate', '-c', at('old.conf'), '--users', '-'],
      'bob\nann\n\n# nobody is not there\nnobody\n',
    );
    expect(stdout).toBe(`3 questions
   1  ok_proxy  192.0.2.1:143 (none)
   1  ok_proxy  192.0.2.2:143 (none)
   1  fail_unknown_user
`);
    expect(exit).toBe(1);
  });

  test('are a JSON document a line', async () => {
    const { stdout } = await dvproxy(
      ['simulate', '-c', at('old.conf'), '--users', '-', '--format', 'json'],
      'bob\nann\n',
    );
    const documents = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(documents.map(({ user, outcome }) => [user, outcome])).toEqual([
      ['bob', 'ok_proxy'],
      ['ann', 'ok_proxy'],
    ]);
  });

  test('a table that cannot be read is wrong usage, with its line', async () => {
    const { exit, stderr } = await dvproxy(['simulate', '-c', at('old.conf'), '--users', at('broken.csv')]);
    expect(exit).toBe(2);
    expect(stderr).toContain('broken.csv: line 2: local_port "http" is not a port number');
    const missing = await dvproxy(['simulate', '-c', at('old.conf'), '--users', at('nothing')]);
    expect(missing).toMatchObject({ exit: 2 });
  });

  test('with a NUL in a name are refused as Dovecot does', async () => {
    const { stdout } = await dvproxy(
      ['simulate', '-c', at('old.conf'), '--users', '-', '--format', 'json'],
      'b\0ob\n',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'fail_policy',
      reason: 'invalid input',
      steps: [{ action: 'not_reached' }],
    });
  });
});

describe('many client addresses', () => {
  // Dovecot refuses auth settings in remote blocks; they are read as --lenient reads them.
  const two4 = `dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.0
protocols = imap
passdb passwd-file {
  passwd_file_path = @DIR@/users
}
remote 10.0.0.0/24 {
  auth_username_format = bob
}
remote 10.0.1.0/24 {
  auth_username_format = ann
}
`;
  const two3 = `protocols = imap
auth_username_format = %u
passdb {
  driver = passwd-file
  args = scheme=PLAIN @DIR@/users
}
remote 10.0.0.0/24 {
  auth_username_format = bob
}
remote 10.0.1.0/24 {
  auth_username_format = ann
}
`;

  test.each<[string, string]>([
    ['2.3', two3],
    ['2.4', two4],
  ])(
    'with the same settings share one chain, with other settings they have their own: %s',
    async (_, conf) => {
      const own = folderWith({
        'dovecot.conf': conf,
        users: 'bob:pw::::::host=192.0.2.1\nann:pw::::::host=192.0.2.2\n',
      });
      try {
        const config = loadConfig({ path: join(own.path, 'dovecot.conf'), host: nodeConfigHost() });
        const { openPassdb } = createDatabases({ config });
        let opened = 0;
        const simulator = new Simulator({
          config,
          openPassdb: (passdb) => {
            opened += 1;
            return openPassdb(passdb);
          },
          system: nodeSystem(),
          resolve: null,
          detailed: false,
          lenient: true,
          doveadm: false,
        });
        const users: string[] = [];
        for (let address = 0; address < 600; address += 1) {
          const remoteIp = `10.0.${Math.floor(address / 200)}.${1 + (address % 200)}`;
          const { answer } = await simulator.ask(questionOf('carol', { remoteIp }));
          users.push(answer.user);
        }
        expect(new Set(users.slice(0, 200))).toEqual(new Set(['bob']));
        expect(new Set(users.slice(200, 400))).toEqual(new Set(['ann']));
        expect(new Set(users.slice(400))).toEqual(new Set(['carol']));
        expect(opened).toBe(3);
        await simulator.close();
      } finally {
        own.remove();
      }
    },
  );
});

describe('all users', () => {
  test('of a passwd-file are asked, comments and blank lines aside', async () => {
    const { exit, stdout } = await dvproxy(['simulate', '-c', at('listed.conf'), '--all-users', '-v']);
    expect(stdout).toBe(`bob: proxied to 192.0.2.1:143 as bob (no TLS)
ann: proxied to 192.0.2.2:143 as ann (no TLS)
2 questions
   1  ok_proxy  192.0.2.1:143 (none)
   1  ok_proxy  192.0.2.2:143 (none)
`);
    expect(exit).toBe(0);
  });

  test('come from the iterate query of a sql userdb', async () => {
    const { stdout } = await dvproxy([
      ...['simulate', '-c', at('sql.conf'), '--all-users', '--fixture', at('users.sql'), '--format', 'json'],
    ]);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).user),
    ).toEqual(['bob@example.com', 'ann@example.com']);
  });

  test('cannot be listed where no userdb can', async () => {
    const { exit, stderr } = await dvproxy(['simulate', '-c', at('old.conf'), '--all-users']);
    expect({ exit, stderr }).toEqual({
      exit: 75,
      stderr: 'dvproxy: no userdb can list its users: there is none; give --users FILE\n',
    });
  });
});

describe('a table of expectations', () => {
  test('is met', async () => {
    const { exit, stdout } = await dvproxy([
      'simulate',
      '-c',
      at('old.conf'),
      '--expect',
      at('expected.csv'),
    ]);
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: '2 of 2 as expected.\n' });
  });

  test('is not met: what was expected, what came', async () => {
    const { exit, stdout } = await dvproxy(['simulate', '-c', at('old.conf'), '--expect', at('wrong.csv')]);
    expect({ exit, stdout }).toEqual({
      exit: 1,
      stdout: 'bob  imap\n   host  192.0.2.77 -> 192.0.2.1\n1 of 2 are not as expected: host 1.\n',
    });
  });

  test.each([
    [
      'a misspelt header',
      'usr,outcome\nbob,ok_proxy\n',
      'line 1: expected a header with user, outcome and fields',
    ],
    ['no expectation', 'user,service\nbob,imap\n', 'line 1: nothing is expected'],
    ['an outcome that there is not', 'user,outcome\nbob,ok_prox\n', 'line 2: there is no outcome ok_prox'],
    ['an open quote', 'user,outcome\n"bob,ok_proxy\n', 'line 2: a quote is not closed'],
    ['nothing', '', 'there is nothing in it to expect'],
  ])('with %s is wrong usage', async (_, text, words) => {
    writeFileSync(at('broken-table.csv'), text);
    const { exit, stderr } = await dvproxy([
      'simulate',
      '-c',
      at('old.conf'),
      '--expect',
      at('broken-table.csv'),
    ]);
    expect(exit).toBe(2);
    expect(stderr).toContain(`broken-table.csv: ${words}`);
  });
});
