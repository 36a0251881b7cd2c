import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dvproxy, folderWith } from './command-line.js';

const GUIDE = 'fixtures/guide';
const OLD = `${GUIDE}/corrected/proxy`;
const TWIN = readFileSync(`${GUIDE}/twin-2.4/dovecot.conf`, 'utf8');
const FIXTURES = ['mail', 'mailproxy', 'maillocal'].flatMap((name) => [
  '--fixture',
  `${GUIDE}/corrected/databases/${name}.sql`,
]);

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
    'new.conf': conf('993 ssl=yes', 'users-new'),
    'short.conf': conf('143 destuser=%n', 'users'),
    users:
      'bob:pw::::::host=192.0.2.1\nann:pw::::::host=192.0.2.2\na@b:pw::::::host=192.0.2.2\nc@b:pw::::::host=192.0.2.2\n',
    'users-new': 'bob:pw::::::host=192.0.2.1\n',
  });
});

afterAll(() => folder.remove());

const compare = (one: string, other: string, users: string, ...args: string[]) =>
  dvproxy(['simulate', '-c', at(one), '--compare', at(other), '--users', '-', ...args], users);

describe('two configurations', () => {
  test('that differ: the users, then each kind of change with its count', async () => {
    const { exit, stdout } = await compare('old.conf', 'new.conf', 'bob\nann\nnobody\n');
    expect(stdout).toBe(`bob  imap
   port    143 -> 993
   tls     none -> implicit
   verify  (none) -> yes
ann  imap
   outcome   ok_proxy -> fail_unknown_user
   host      192.0.2.2 -> (none)
   port      143 -> (none)
   tls       none -> (none)
   destuser  ann -> (none)
2 of 3 differ
   1  outcome      ok_proxy 192.0.2.2:143 -> fail_unknown_user  ann
   1  destination  192.0.2.1:143 -> 192.0.2.1:993               bob
   1  TLS          none -> implicit, certificate verified       bob
`);
    expect(exit).toBe(1);
  });

  test('the same change of many users is one, whatever their names', async () => {
    const { stdout } = await compare('old.conf', 'short.conf', 'a@b\nc@b\n');
    expect(stdout).toContain('2 of 2 differ\n   2  user sent  %u -> %n  a@b, c@b\n');
  });

  test('users beyond the first ten are counted, and shown with -v', async () => {
    const users = 'bob\n'.repeat(12);
    const short = await compare('old.conf', 'new.conf', users);
    expect(short.stdout.match(/^bob {2}imap$/gm)).toHaveLength(10);
    expect(short.stdout).toContain('... (-v shows all users)\n12 of 12 differ\n');
    const long = await compare('old.conf', 'new.conf', users, '-v');
    expect(long.stdout.match(/^bob {2}imap$/gm)).toHaveLength(12);
  });

  test('for programs: a line each, then the summary', async () => {
    const { stdout } = await compare('old.conf', 'new.conf', 'bob\n', '--format', 'json');
    const [user, summary] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(user).toMatchObject({ schema: 1, user: 'bob', differences: [{ name: 'port' }, {}, {}] });
    expect(summary).toMatchObject({
      summary: {
        total: 1,
        differing: 1,
        changes: [{ kind: 'destination', count: 1, examples: ['bob'] }, {}],
      },
    });
  });

  test('that do not differ: exit 0', async () => {
    const { exit, stdout } = await compare('old.conf', 'old.conf', 'bob\n');
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: 'No difference in 1 of 1.\n' });
  });
});

describe('the corrected guide for 2.3 against its twin for 2.4', () => {
  const ask = (twin: string, ...args: string[]) =>
    dvproxy([
      ...['simulate', '-c', `${OLD}/dovecot.conf`, '--map', `/etc/dovecot=${OLD}`, ...FIXTURES],
      ...['--users', `${GUIDE}/questions.csv`, '--compare', twin, ...args],
    ]);

  test('no difference', async () => {
    const { exit, stdout, stderr } = await ask(`${GUIDE}/twin-2.4/dovecot.conf`);
    expect({ exit, stdout, stderr }).toEqual({ exit: 0, stdout: 'No difference in 20 of 20.\n', stderr: '' });
  });

  const SEEDED: readonly (readonly [what: string, from: string | RegExp, to: string, found: string])[] = [
    ['another host', '\n    host, \\', "\n    'backend9.example.com' AS host, \\", 'destination  backend1'],
    [
      'a port for all protocols',
      "CASE WHEN '%{protocol}' = 'imap' THEN port END AS port",
      '1143 AS port',
      '.com:1143',
    ],
    [
      'no STARTTLS',
      /CASE WHEN ssl_mode = 'starttls' THEN 'yes' END AS starttls, \\\n/,
      '',
      'starttls, certificate verified -> none',
    ],
    [
      'any certificate',
      "'starttls' THEN 'yes'",
      "'starttls' THEN 'any-cert'",
      'starttls, certificate verified -> starttls, any certificate',
    ],
    [
      'another user sent',
      '    destuser, \\',
      "    '%{user | username}' AS destuser, \\",
      'user sent  %u -> %n',
    ],
    [
      'a passdb that ends the walk',
      'result_failure = continue',
      'result_failure = return-fail',
      'ok_local -> fail_unknown_user',
    ],
    [
      'no master users',
      'AND masteradmin = 1',
      'AND masteradmin = 2',
      'ok_proxy backend1.example.com:143 -> fail_',
    ],
    [
      'inactive users',
      "WHERE username = '%{user}' AND active = 1\n}\n\n# Users of this",
      "WHERE username = '%{user}'\n}\n\n# Users of this",
      'fail_unknown_user -> ok_proxy backend1',
    ],
    [
      'a field less',
      /, \\\n {4}'Y' AS proxy_nopipelining/,
      '',
      'proxy_nopipelining=Y -> proxy_nopipelining=(none)',
    ],
    [
      'a local login without a password',
      '    username AS user, \\\n    password,',
      "    username AS user, \\\n    NULL AS password, 'y' AS nopassword,",
      'fail_password -> ok_local',
    ],
  ];

  test.each(SEEDED)('finds %s', async (what, from, to, found) => {
    const changed = TWIN.replace(from, to);
    expect(changed).not.toBe(TWIN);
    const path = at(`${what.replaceAll(' ', '-')}.conf`);
    writeFileSync(path, changed);
    const { exit, stdout, stderr } = await ask(path);
    expect(stderr).toBe('');
    expect(stdout).toContain(found);
    expect(exit).toBe(1);
  });

  test('the other one may be told its version', async () => {
    const path = at('unversioned.conf');
    writeFileSync(path, TWIN.replace(/^dovecot_config_version.*\n/m, ''));
    const told = await ask(path, '--compare-dovecot', '2.4', '--lenient');
    expect(told.stdout).toBe('No difference in 20 of 20.\n');
  });
});
