import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dvproxy, folderWith } from './command-line.js';

let folder: ReturnType<typeof folderWith>;

const file = (name: string) => `passdb {
  driver = passwd-file
  args = scheme=PLAIN @DIR@/${name}
}
`;

beforeAll(() => {
  folder = folderWith({
    'all.conf': `${file('denied').replace('}', '  deny = yes\n}')}${file('users')}`,
    denied: 'evil:\n',
    users: [
      'local:secret',
      'proxied:secret::::::proxy host=192.0.2.10',
      'referred:secret::::::host=192.0.2.11 nologin reason=Moved',
      'closed:secret::::::nologin reason=Closed',
      'inside:secret::::::allow_nets=10.0.0.0/8',
      'nowhere:secret::::::proxy',
      'ill:secret::::::host=%{nosuchvar}',
      'self:secret::::::proxy host=192.0.2.1',
      '',
    ].join('\n'),
    'login-user.conf':
      'passdb {\n  driver = static\n  args = nopassword login_user=x\n  result_success = continue\n}\n',
    'mailbox.conf': 'passdb {\n  driver = static\n  args = nopassword=y\n}\n',
    'own-pass.conf':
      'passdb {\n  driver = static\n  args = nopassword=y proxy=y host=192.0.2.3 pass=secret\n}\n',
    'backend-checks.conf': 'passdb {\n  driver = static\n  args = nopassword=y proxy=y host=192.0.2.3\n}\n',
    'down.conf':
      'passdb {\n  driver = passwd-file\n  args = @DIR@/%{nosuchvar}\n  result_internalfail = return-ok\n}\n',
  });
});

afterAll(() => folder.remove());

const ask = async (conf: string, ...args: string[]) => {
  const { exit, stdout } = await dvproxy([
    ...['simulate', '-c', join(folder.path, conf), '--format', 'json'],
    ...args,
  ]);
  return { exit, ...JSON.parse(stdout) };
};

describe('every outcome', () => {
  const at = ['--local-ip', '192.0.2.1', '--local-port', '143'];
  const from = ['--remote-ip', '192.0.2.9'];
  test.each([
    ['ok_local', 0, 'all.conf', ['local']],
    ['ok_proxy', 0, 'all.conf', ['proxied']],
    ['ok_referral', 0, 'all.conf', ['referred']],
    ['fail_password', 1, 'all.conf', ['local', '--password', 'wrong']],
    ['fail_unknown_user', 1, 'all.conf', ['nobody']],
    ['fail_disabled', 1, 'all.conf', ['evil']],
    ['fail_policy', 1, 'all.conf', ['closed']],
    ['fail_policy', 1, 'all.conf', ['inside', ...from]],
    ['fail_config', 1, 'all.conf', ['nowhere']],
    ['tempfail', 75, 'all.conf', ['ill']],
    ['loop', 1, 'all.conf', ['self', ...at]],
    ['loop', 1, 'login-user.conf', ['anybody']],
  ])('%s, exit code %i: %s %j', async (outcome, exit, conf, args) => {
    expect(await ask(conf, ...args)).toMatchObject({ outcome, exit });
  });
});

describe('a login that nobody checks', () => {
  const notesOf = async (conf: string, ...args: string[]) => {
    const { notes } = await ask(conf, 'anybody', ...args);
    return notes.filter(({ code }: { code: string }) => code === 'fail_open' || code === 'any_password');
  };

  test('is said with the rule that finds it in the configuration', async () => {
    expect(await notesOf('mailbox.conf')).toMatchObject([{ code: 'fail_open', rule: 'DV422' }]);
    expect(await notesOf('down.conf')).toMatchObject([{ code: 'fail_open', rule: 'DV304' }]);
  });

  test("is said where the backend gets the passdb's own password", async () => {
    expect(await notesOf('own-pass.conf')).toMatchObject([{ code: 'fail_open' }]);
  });

  test('is none where the backend checks the password of the client', async () => {
    expect(await notesOf('backend-checks.conf')).toMatchObject([{ code: 'any_password' }]);
  });

  test('is none for a look-up, which knows no passwords', async () => {
    expect(await notesOf('mailbox.conf', '--lookup')).toEqual([]);
  });
});

test('--password-prompt asks at the terminal, and fails where there is none', async () => {
  const args = ['simulate', '-c', join(folder.path, 'all.conf'), 'local', '--password-prompt'];
  const typed = async () => 'wrong';
  expect((await dvproxy(args, '', { askHidden: typed })).stdout).toMatch(
    /^local: refused: password mismatch/,
  );
  const without = await dvproxy(args);
  expect(without.exit).toBe(2);
  expect(without.stderr).toContain('there is no terminal to ask for the password');
});
