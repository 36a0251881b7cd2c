import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FixtureSet } from '../../../src/databases/fixture/fixture-set.js';
import { type LdapDirectory, LdapResult, type SearchScope } from '../../../src/databases/ldap/directory.js';
import { ByteFilter } from '../../../src/databases/ldap/filter.js';
import { LdapPool } from '../../../src/databases/ldap/pool.js';
import {
  LDAP_ADMIN,
  LDAP_ADMIN_PASSWORD,
  LDAP_SUFFIX,
  type OpenldapServer,
  openldapMissing,
  startOpenldap,
} from '../servers/openldap.js';

const FOLDER = join(import.meta.dirname, '../../../fixtures/databases');
const LDIF = join(FOLDER, 'people.ldif');
const lines = readFileSync(join(FOLDER, 'ldap-filters.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

const required = process.env['CI'] === 'true';
const missing = openldapMissing();
if (missing !== null) console.log(`skipped: ${missing}`);

/** Who binds with what. */
const BINDS: readonly (readonly [dn: string, password: string])[] = [
  [`uid=ann,ou=people,${LDAP_SUFFIX}`, 'pw'],
  [`uid=bob,ou=people,${LDAP_SUFFIX}`, 'plainpw'],
  [`UID=Robert,ou=people,${LDAP_SUFFIX}`, 'plainpw'],
  [`UID=BOB, OU=People,${LDAP_SUFFIX}`, 'plainpw'],
  [`uid=bob,ou=people,${LDAP_SUFFIX}`, 'PLAINPW'],
  [`uid=zo\u00c3\u00ab,ou=people,${LDAP_SUFFIX}`, 'password'],
  [`uid=comma\\,name,ou=people,${LDAP_SUFFIX}`, '{UNKNOWN}x'],
  [`ou=people,${LDAP_SUFFIX}`, 'x'],
  [`uid=nobody,ou=people,${LDAP_SUFFIX}`, 'x'],
  ['nonsense', 'x'],
];

async function searched(directory: LdapDirectory, line: string): Promise<unknown> {
  const [base, scope, text] = /^([^|(]+)\|(\w+)\|(.*)$/.exec(line)?.slice(1) ?? [
    LDAP_SUFFIX,
    'subtree',
    line,
  ];
  try {
    const filter = new ByteFilter(text ?? '');
    const entries = await directory.search(base ?? '', scope as SearchScope, filter, [
      'uid',
      'cn',
      'mail',
      'ou',
    ]);
    return entries.map(({ dn, attributes }) => [dn.toLowerCase(), attributes]).toSorted();
  } catch (error) {
    return error instanceof LdapResult ? `result ${error.code}` : String(error);
  }
}

async function bound(directory: LdapDirectory, [dn, password]: readonly [string, string]): Promise<unknown> {
  try {
    await directory.bind(dn, password);
    return 'ok';
  } catch (error) {
    return error instanceof LdapResult ? `result ${error.code}` : String(error);
  }
}

describe.skipIf(missing !== null && !required)('an LDIF fixture', () => {
  let server: OpenldapServer;
  let real: LdapDirectory;
  let fixture: LdapDirectory;
  beforeAll(async () => {
    server = await startOpenldap(readFileSync(LDIF, 'latin1').replace('version: 1\n', ''));
    real = new LdapPool({
      servers: [{ scheme: 'ldap', host: '127.0.0.1', port: server.port }],
      label: '',
      dn: LDAP_ADMIN,
      password: LDAP_ADMIN_PASSWORD,
      startTls: false,
      tls: { ca: '', certificate: '', key: '', ciphers: '', minProtocol: '', verify: false },
      deref: 'never',
    });
    const directory = await new FixtureSet([LDIF], Date.now).directory();
    if (directory === null) throw new Error('no entries');
    fixture = directory;
  });
  afterAll(async () => {
    await real?.close();
    await server?.remove();
  });

  test(`answers ${lines.length} searches as OpenLDAP does`, async () => {
    for (const line of lines)
      expect
        .soft({ line, found: await searched(fixture, line) })
        .toEqual({ line, found: await searched(real, line) });
  });

  test('takes the passwords that OpenLDAP takes', async () => {
    for (const bind of BINDS)
      expect
        .soft({ bind, said: await bound(fixture, bind) })
        .toEqual({ bind, said: await bound(real, bind) });
  });

  test('lists entries one by one as a search does', async () => {
    const filter = new ByteFilter('(objectClass=posixAccount)');
    const names = async (directory: LdapDirectory): Promise<string[]> => {
      const all: string[] = [];
      for await (const { dn } of directory.stream(LDAP_SUFFIX, 'subtree', filter, ['uid'])) all.push(dn);
      return all;
    };
    expect(await names(fixture)).toEqual(await names(real));
  });
});
