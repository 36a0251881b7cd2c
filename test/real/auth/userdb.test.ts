import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DovecotAuth, dovecotMissing, startDovecotAuth } from '../servers/dovecot-auth.js';
import {
  type OpenedUserdbs,
  openUserdbsOf,
  ourLogin,
  ourUser,
  withoutMaster,
} from '../servers/userdb-answers.js';
import { userdbSetups } from './userdb-setups.js';

describe.each(['2.3.19.1', '2.4.1'] as const)('userdbs beside %s', (version) => {
  const missing = dovecotMissing(version);
  if (missing !== null) {
    console.log(`skipped: ${missing}`);
    if (process.env['CI'] === 'true') test('Dovecot is installed', () => expect(missing).toBeNull());
    return;
  }
  describe.each(userdbSetups(version))('$name', ({ config, files }) => {
    let server: DovecotAuth;
    let ours: OpenedUserdbs;
    beforeAll(async () => {
      server = startDovecotAuth({ version, config, files });
      ours = await openUserdbsOf(server, version);
    });
    afterAll(async () => {
      await ours?.close();
      await server.stop();
    });

    test.each(['ann', 'bob', 'cid', 'dot', 'eve', 'none'])('doveadm user -u %s', async (user) => {
      const real = server.doveadm(['user', '-u', user]);
      expect(await ourUser(ours, version, user)).toEqual({ ...real, stderr: withoutMaster(real.stderr) });
    });

    test.each(['ann', 'bob', 'cid', 'dot', 'eve'])('doveadm auth login %s', async (user) => {
      const real = server.doveadm(['auth', 'login', user, 'pw']);
      expect(await ourLogin(ours, version, user, 'pw')).toEqual({
        ...real,
        stderr: withoutMaster(real.stderr),
      });
    });
  });
});
