import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { authenticate } from '../../src/auth/authenticate.js';
import { openChain } from '../../src/auth/chain.js';
import { nodeConfigHost } from '../../src/cli/node-host.js';
import { loadConfig } from '../../src/config/load.js';
import { createDatabases } from '../../src/databases/open.js';
import { folderWith } from '../simulate/command-line.js';
import { requestOfCase, SYSTEM } from './case-chain.js';
import type { CaseRequest } from './chain-cases.js';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const HEAD_24 = 'dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n';

async function chainOf(
  config: string,
  files: Readonly<Record<string, string>> = {},
  addresses: readonly string[] = [],
) {
  const folder = folderWith({ ...files, 'dovecot.conf': config });
  const loaded = loadConfig({ path: join(folder.path, 'dovecot.conf'), host: nodeConfigHost() });
  const databases = createDatabases({ config: loaded });
  const names: string[] = [];
  const chain = await openChain({
    settings: loaded.effective.auth({ protocol: 'imap' }),
    open: databases.openPassdb,
    system: SYSTEM,
    detailed: true,
    resolve: async (host) => {
      names.push(host);
      return addresses.length === 0
        ? { kind: 'failed', message: 'Host not found' }
        : { kind: 'addresses', ips: addresses };
    },
  });
  closing.push(async () => {
    await chain.close();
    await databases.close();
    folder.remove();
  });
  const ask = async (request: CaseRequest) => {
    const answer = await authenticate(requestOfCase(request), chain);
    const fields = answer.fields
      .map(({ name, value }) => (value === null ? name : `${name}=${value}`))
      .join(' ');
    return {
      ...answer,
      fields,
      lines: answer.log.filter(({ level }) => level === 'error').map(({ line }) => line),
    };
  };
  return { chain, ask, names };
}

const PROXY_23 = (fields: string) => `passdb p {\n  driver = static\n  args = nopassword ${fields}\n}\n`;

describe('proxy fields of a login', () => {
  const login: CaseRequest = {
    user: 'bob',
    password: 'pw',
    op: 'login',
    lip: '192.0.2.1',
    info: { lport: '143' },
  };

  test('a host name is looked up and its first address added', async () => {
    const { ask, names } = await chainOf(PROXY_23('proxy host=mail.example.com'), {}, [
      '192.0.2.7',
      '192.0.2.8',
    ]);
    expect((await ask(login)).fields).toBe('proxy host=mail.example.com hostip=192.0.2.7 pass=pw');
    expect(names).toEqual(['mail.example.com']);
  });

  test('proxy_maybe to one of our own addresses is a local login', async () => {
    const { ask } = await chainOf(PROXY_23('proxy_maybe host=mail.example.com x=1'), {}, [
      '192.0.2.7',
      '192.0.2.1',
    ]);
    expect((await ask(login)).fields).toBe('x=1 hostip=192.0.2.7');
  });

  test('a host that cannot be found fails for the time being', async () => {
    const { ask } = await chainOf(PROXY_23('proxy host=mail.example.com x=1'));
    expect(await ask(login)).toMatchObject({
      result: 'tempfail',
      code: 'temp_fail',
      fields: 'x=1',
      lines: ['auth: Error: DNS lookup for mail.example.com failed: Host not found'],
    });
  });

  test('an empty host is what the auth process panics on', async () => {
    const { ask } = await chainOf(PROXY_23('proxy host='));
    expect(await ask(login)).toMatchObject({
      result: 'tempfail',
      crash: 'the auth process panics on an empty host field',
    });
  });

  test('2.3 takes an address in brackets, 2.4 a name', async () => {
    const old = await chainOf(PROXY_23('proxy host=[2001:db8::25]'));
    expect((await old.ask(login)).result).toBe('ok');
    expect(old.names).toEqual([]);
    const passdb =
      'passdb p {\n  driver = static\n  fields {\n    nopassword = y\n    proxy = y\n    host = [2001:db8::25]\n  }\n}\n';
    const current = await chainOf(HEAD_24 + passdb);
    expect((await current.ask(login)).result).toBe('tempfail');
    expect(current.names).toEqual(['[2001:db8::25]']);
  });
});

describe('a walk', () => {
  test('fields_import_all = no takes the password of an entry, not one among its fields', async () => {
    const { ask } = await chainOf(
      `${HEAD_24}passdb p {\n  driver = passwd-file\n  passwd_file_path = @DIR@/users\n  fields_import_all = no\n}\n`,
      { users: 'bob:{PLAIN}pw::::::password=other a=1\n' },
    );
    expect(await ask({ user: 'bob', password: 'pw' })).toMatchObject({ result: 'ok', fields: '', lines: [] });
  });

  test('a password that is not known is taken as right, and the step says so', async () => {
    const { chain } = await chainOf('passdb p {\n  driver = static\n  args = password=pw\n}\n');
    const asked = { ...requestOfCase({ user: 'bob', password: '' }), password: null };
    const answer = await authenticate(asked, chain);
    expect(answer).toMatchObject({ result: 'ok', passwordAssumed: true, steps: [{ passwordAssumed: true }] });
  });

  test('is given up when nobody waits for it any more', async () => {
    const { chain } = await chainOf('passdb p {\n  driver = static\n  args = password=pw\n}\n');
    const aborted = AbortSignal.abort(new Error('gone'));
    const asking = authenticate(requestOfCase({ user: 'bob', password: 'pw' }), chain, aborted);
    await expect(asking).rejects.toThrow('gone');
  });

  test('a look-up keeps to the scheme of the first password', async () => {
    const passdb = (name: string, rule: string) =>
      `passdb ${name} {\n  driver = passwd-file\n  args = @DIR@/${name}\n  result_success = ${rule}\n}\n`;
    const { ask } = await chainOf(passdb('p1', 'continue-ok') + passdb('p2', 'return-ok'), {
      p1: 'bob:{PLAIN}pw\n',
      p2: 'bob:{CRYPT}x\n',
    });
    const answer = await ask({ user: 'bob', password: null, op: 'lookup' });
    expect(answer.log.at(-1)?.line).toBe(
      'auth: Info: p2(bob): Requested PLAIN scheme, but we have only CRYPT',
    );
  });

  test('2.3 passdbs with the same driver and args share mechanisms and username_filter of the first', async () => {
    const passdb = (name: string, more: string) =>
      `passdb ${name} {\n  driver = passwd-file\n  args = @DIR@/users\n${more}}\n`;
    const { ask } = await chainOf(passdb('p1', '  username_filter = ann\n') + passdb('p2', ''), {
      users: 'bob:{PLAIN}pw\nann:{PLAIN}pw\n',
    });
    expect((await ask({ user: 'bob', password: 'pw' })).code).toBe('temp_fail');
    expect((await ask({ user: 'ann', password: 'pw' })).result).toBe('ok');
  });
});
