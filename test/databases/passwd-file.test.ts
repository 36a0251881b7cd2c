import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { authenticate } from '../../src/auth/authenticate.js';
import { openChain } from '../../src/auth/chain.js';
import { nodeConfigHost } from '../../src/cli/node-host.js';
import { loadConfig } from '../../src/config/load.js';
import { openPasswdFile } from '../../src/databases/passwd-file.js';
import { requestOfCase, SYSTEM } from '../auth/case-chain.js';
import { folderWith } from '../simulate/command-line.js';

const removing: (() => void)[] = [];
afterEach(() => {
  for (const remove of removing.splice(0)) remove();
});

async function open(files: Readonly<Record<string, string>>, args: string, clock = { now: 1_000_000 }) {
  const folder = folderWith({
    ...files,
    'dovecot.conf': `passdb p {\n  driver = passwd-file\n  args = ${args}\n}\n`,
  });
  removing.push(() => folder.remove());
  const config = loadConfig({ path: join(folder.path, 'dovecot.conf'), host: nodeConfigHost() });
  const chain = await openChain({
    settings: config.effective.auth({ protocol: 'imap' }),
    open: (block) => openPasswdFile(block, { series: '2.3', now: () => clock.now }),
    system: SYSTEM,
    resolve: async () => ({ kind: 'failed', message: '' }),
  });
  const ask = async (user: string, password = 'pw') => {
    const answer = await authenticate(requestOfCase({ user, password }), chain);
    const fields = answer.fields.map(({ name, value }) => (value === null ? name : `${name}=${value}`));
    return {
      result: answer.result,
      fields,
      log: answer.log.map((entry) => entry.text.replaceAll(folder.path, '@DIR@')),
    };
  };
  return { folder, ask, clock };
}

describe('passwd-file', () => {
  test('reads a changed file anew, and looks once a second', async () => {
    const { folder, ask, clock } = await open({ users: 'bob:{PLAIN}pw::::::a=1\n' }, '@DIR@/users');
    expect(await ask('bob')).toMatchObject({ result: 'ok', fields: ['a=1'] });
    writeFileSync(join(folder.path, 'users'), 'bob:{PLAIN}pw::::::a=2 b\n');
    utimesSync(join(folder.path, 'users'), 2_000_000, 2_000_000);
    expect(await ask('bob')).toMatchObject({ fields: ['a=1'] });
    clock.now += 1000;
    expect(await ask('bob')).toMatchObject({ fields: ['a=2', 'b'] });
  });

  test('that is missing makes users unknown, then fails within the same second', async () => {
    const { ask, clock } = await open({}, '@DIR@/users');
    expect(await ask('bob')).toMatchObject({
      result: 'fail',
      log: [
        'passwd-file @DIR@/users:open(@DIR@/users) failed: No such file or directory',
        'missing passwd file: @DIR@/users',
      ],
    });
    expect(await ask('bob')).toMatchObject({ result: 'tempfail' });
    clock.now += 1000;
    expect(await ask('bob')).toMatchObject({ result: 'fail', log: ['missing passwd file: @DIR@/users'] });
  });

  test('takes the first of two entries of one user, and says so', async () => {
    const { ask } = await open({ users: 'bob:{PLAIN}pw::::::a=1\nbob:{PLAIN}pw::::::a=2\n' }, '@DIR@/users');
    const answer = await ask('bob');
    expect(answer.fields).toEqual(['a=1']);
    expect(answer.log).toEqual(['passwd-file @DIR@/users:User bob exists more than once']);
  });

  test('leaves out comments and lines without a user, and takes CRLF', async () => {
    const { ask } = await open(
      { users: '#bob:{PLAIN}pw\n:{PLAIN}pw\n\nann:{PLAIN}pw::::::a=1\r\n' },
      '@DIR@/users',
    );
    expect(await ask('ann')).toMatchObject({ result: 'ok', fields: ['a=1'] });
    expect(await ask('#bob')).toMatchObject({ result: 'fail' });
  });

  test('keeps colons of the extra fields', async () => {
    const { ask } = await open({ users: 'bob:{PLAIN}pw::::::host=2001:db8::1 x=a:b\n' }, '@DIR@/users');
    expect(await ask('bob')).toMatchObject({ fields: ['host=2001:db8::1', 'x=a:b'] });
  });

  test('has a file for each domain where its path says so', async () => {
    const { ask } = await open(
      { 'users.a.org': 'bob:{PLAIN}pw::::::a=1\n' },
      'username_format=%n @DIR@/users.%d',
    );
    expect(await ask('bob@a.org')).toMatchObject({ result: 'ok', fields: ['a=1'] });
    expect(await ask('bob@b.org')).toMatchObject({
      result: 'fail',
      log: ['missing passwd file: @DIR@/users.b.org'],
    });
  });

  test('refuses args that Dovecot refuses', async () => {
    await expect(open({}, 'foo=1 /x')).rejects.toThrow('passdb passwd-file: Unknown setting: foo');
    await expect(open({}, 'scheme=PLAIN')).rejects.toThrow('passdb passwd-file: Missing args');
  });

  test('finds one user of 100,000 without reading the others', async () => {
    const users = Array.from(
      { length: 100_000 },
      (_, n) => `user${n}@example.com:{PLAIN}pw::::::n=${n}`,
    ).join('\n');
    const { ask } = await open({ users }, '@DIR@/users');
    expect(await ask('user99999@example.com')).toMatchObject({ result: 'ok', fields: ['n=99999'] });
    expect(await ask('user100000@example.com')).toMatchObject({ result: 'fail' });
  });
});
