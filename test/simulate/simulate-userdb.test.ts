import { afterAll, describe, expect, test } from 'vitest';
import { dvproxy, folderWith } from './command-line.js';

const folder = folderWith({
  'dovecot.conf': `auth_mechanisms = plain cram-md5 scram-sha-256
passdb p1 {
  driver = passwd-file
  args = @DIR@/users
}
userdb u1 {
  driver = prefetch
}
userdb u2 {
  driver = passwd-file
  args = @DIR@/u2
}
`,
  users: `bob:{PLAIN}pw::::::x=1
ann:{PLAIN}pw::::::userdb_home=/pre
cid:{PLAIN}pw::::::
sha:{SHA256}MMlS+rEiw/l1nwKmbxbBsEtYcYt4eZ9A+Xw6SCkCvU4=::::::
away:{PLAIN}pw::::::proxy=y host=127.0.0.2
`,
  u2: 'bob::1000:1000::/h/bob::userdb_q=1\n',
});
afterAll(() => folder.remove());

async function simulate(user: string, ...more: readonly string[]) {
  const args = [
    'simulate',
    user,
    '-c',
    `${folder.path}/dovecot.conf`,
    '--password-stdin',
    '--format',
    'json',
  ];
  const { stdout } = await dvproxy([...args, ...more], 'pw\n');
  return JSON.parse(stdout);
}

describe('the userdbs of a user that is not proxied', () => {
  test('answer in their order', async () => {
    const { outcome, userdb } = await simulate('bob');
    expect(outcome).toBe('ok_local');
    expect(userdb).toMatchObject({
      result: 'found',
      fields: { uid: '1000', gid: '1000', home: '/h/bob', q: '1', auth_mech: 'PLAIN' },
      steps: [
        { name: 'u1', result: 'unknown', next: 'continue' },
        { name: 'u2', result: 'found', next: 'stop' },
      ],
    });
  });

  test('prefetch answers with what the passdb gave', async () => {
    const { userdb } = await simulate('ann');
    expect(userdb).toMatchObject({ result: 'found', fields: { home: '/pre' } });
    expect(userdb.steps).toMatchObject([{ result: 'found' }, { action: 'not_reached' }]);
  });

  test('a user whom none of them knows is not let in', async () => {
    const { userdb } = await simulate('cid');
    expect(userdb).toMatchObject({ result: 'unknown' });
    const text = await dvproxy(
      ['simulate', 'cid', '-c', `${folder.path}/dovecot.conf`, '--password-stdin'],
      'pw\n',
    );
    expect(text.stdout).toContain('userdb   u1: unknown, u2: unknown; user unknown');
  });

  test('are not asked about a user that is proxied', async () => {
    expect(await simulate('away')).not.toHaveProperty('userdb');
  });
});

describe('mechanisms that want the stored password', () => {
  test.each(['CRAM-MD5', 'SCRAM-SHA-256'])('%s takes what can be made of it', async (mechanism) => {
    expect(await simulate('bob', '--mech', mechanism)).toMatchObject({ result: 'ok' });
    expect(await simulate('sha', '--mech', mechanism)).toMatchObject({
      result: 'fail',
      passdb_result: 'scheme_not_available',
    });
  });

  test('the password given is compared with it', async () => {
    const { stdout } = await dvproxy(
      [
        'simulate',
        'bob',
        '-c',
        `${folder.path}/dovecot.conf`,
        '--password-stdin',
        '--format',
        'json',
        '--mech',
        'CRAM-MD5',
      ],
      'wrong\n',
    );
    expect(JSON.parse(stdout)).toMatchObject({ result: 'fail', outcome: 'fail_password' });
  });
});
