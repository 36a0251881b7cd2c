import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DovecotAuth, dovecotMissing, saidOf, startDovecotAuth } from '../servers/dovecot-auth.js';
import { type FakeOauth2, startFakeOauth2 } from '../servers/fake-oauth2.js';

const VERSION = '2.4.1';

const config = (port: number) => `
auth_mechanisms = plain login scram-sha-1 scram-sha-256 xoauth2 oauthbearer external anonymous
auth_anonymous_username = guest
auth_master_user_separator = *
oauth2 {
  introspection_url = http://127.0.0.1:${port}/?
  introspection_mode = get
  username_attribute = email
}
passdb m1 {
  driver = passwd-file
  passwd_file_path = @DIR@/masters
  master = yes
}
passdb p1 {
  driver = passwd-file
  passwd_file_path = @DIR@/users
}
`;

const USERS = `ann:{PLAIN}pw::::::a=1 proxy=y host=127.0.0.2
ann@example.com:{PLAIN}pw::::::d=1
sha:{SHA256}MMlS+rEiw/l1nwKmbxbBsEtYcYt4eZ9A+Xw6SCkCvU4=::::::y=1
broken:{SCRAM-SHA-256}4096,broken::::::
fail:{PLAIN}pw::::::fail=y z=1
`;

const LOGINS = [
  ['ann', 'pw'],
  ['ann', 'wrong'],
  ['ANN@example.com', 'pw'],
  ['sha', 'pw'],
  ['broken', 'pw'],
  ['fail', 'pw'],
  ['none', 'pw'],
  ['b+ob', 'pw'],
] as const;

const TOKENS = ['good', 'inactive', 'other', 'noname', 'error', 'denied', 'broken'] as const;

describe('mechanisms of `doveadm auth test -A`', () => {
  const missing = dovecotMissing(VERSION);
  if (missing !== null) {
    test(`are not compared: ${missing}`, () => expect(process.env['CI']).toBeUndefined());
    return;
  }
  let server: DovecotAuth;
  let oauth2: FakeOauth2;
  beforeAll(async () => {
    oauth2 = await startFakeOauth2();
    const files = { users: USERS, masters: 'chief:{PLAIN}mpw::::::m=1\n' };
    server = startDovecotAuth({ version: VERSION, config: config(oauth2.port), files });
  });
  afterAll(async () => {
    oauth2.stop();
    await server.stop();
  });

  const compared = async (
    mechanism: string,
    user: string,
    password: string,
    master: string | null = null,
  ) => {
    const masters = master === null ? [] : ['-M', master];
    const real = server.doveadm(['auth', 'test', '-A', mechanism, ...masters, user, password]);
    const ours = saidOf(await server.ours({ user, password, more: { mechanism, master } }));
    return { ours: { mechanism, user, password, ...ours }, real: { mechanism, user, password, ...real } };
  };

  test.each(['PLAIN', 'LOGIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'ANONYMOUS'])('%s', async (mechanism) => {
    for (const [user, password] of LOGINS) {
      const { ours, real } = await compared(mechanism, user, password);
      expect(ours).toEqual(real);
    }
  });

  test.each(['XOAUTH2', 'OAUTHBEARER'])('%s with tokens of all kinds', async (mechanism) => {
    for (const token of TOKENS) {
      const { ours, real } = await compared(mechanism, 'ann', token);
      expect(ours).toEqual(real);
    }
    for (const user of ['none', 'b+ob']) {
      const { ours, real } = await compared(mechanism, user, 'good');
      expect(ours).toEqual(real);
    }
  });

  test('EXTERNAL, which doveadm has no certificate for', async () => {
    const { ours, real } = await compared('EXTERNAL', 'ann', 'pw');
    expect(ours).toEqual(real);
  });

  test.each(['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256'])('%s of a master user', async (mechanism) => {
    for (const password of ['mpw', 'wrong']) {
      const { ours, real } = await compared(mechanism, 'ann', password, 'chief');
      expect(ours).toEqual(real);
    }
  });
});
