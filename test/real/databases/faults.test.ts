import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { AuthSocket } from '../servers/auth-socket.js';
import { type DovecotAuth, dovecotMissing, startDovecotAuth } from '../servers/dovecot-auth.js';
import { type FaultyRelay, startFaultyRelay } from '../servers/faulty-relay.js';
import { LDAP_ADMIN, LDAP_ADMIN_PASSWORD, LDAP_SUFFIX } from '../servers/openldap.js';
import { startUserDatabases, type UserDatabases, userDatabasesMissing } from '../servers/user-databases.js';

const required = process.env['CI'] === 'true';
const missing = userDatabasesMissing() ?? dovecotMissing('2.3.19.1');
if (missing !== null) console.log(`skipped: ${missing}`);

const TABLE =
  "CREATE TABLE users (name varchar(40) PRIMARY KEY, password varchar(40)); INSERT INTO users VALUES ('ann', '{PLAIN}pw');";
const LDIF = `dn: ${LDAP_SUFFIX}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: uid=ann,${LDAP_SUFFIX}
objectClass: account
objectClass: simpleSecurityObject
uid: ann
userPassword: {PLAIN}pw
`;

/** How long either side may take to find a server again. */
const PATIENCE = 60_000;

/** The first host is a relay, the second one the server itself; the relay has the port of the server on another address. */
type Hosts = readonly string[];

interface Engine {
  readonly port: number;
  /** What a look-up sends that nothing else does. */
  readonly marker: string;
  config(version: DovecotVersion, hosts: Hosts): { config: string; files: Record<string, string> };
}

const RELAY = '127.0.0.2';
const DIRECT = '127.0.0.1';

describe.skipIf(missing !== null && !required)('databases that fail while they are asked', () => {
  let databases: UserDatabases;
  beforeAll(async () => {
    databases = await startUserDatabases({ mysql: TABLE, pgsql: TABLE }, LDIF);
  }, 120_000);
  afterAll(async () => {
    await databases?.remove();
  });

  const query = (name: string): string => `SELECT password FROM users WHERE name = '${name}'`;
  const sql = (driver: 'mysql' | 'pgsql', port: number, user: string, host24: (host: string) => string) => ({
    port,
    marker: 'SELECT password',
    config: (version: DovecotVersion, hosts: Hosts) =>
      version === '2.3.19.1'
        ? {
            config:
              'passdb p1 {\n  driver = sql\n  args = @DIR@/sql.ext\n  result_internalfail = return\n}\n',
            files: {
              'sql.ext': `driver = ${driver}\nconnect = ${hosts.map((host) => `host=${host}`).join(' ')} port=${port} dbname=mail user=${user} password=secret\ndefault_pass_scheme = PLAIN\npassword_query = ${query('%u')}\n`,
            },
          }
        : {
            config: `sql_driver = ${driver}\n${hosts.map(host24).join('')}passdb sql {\n  query = ${query('%{user}')}\n}\n`,
            files: {},
          },
  });
  const engines: Readonly<Record<string, () => Engine>> = {
    mysql: () =>
      sql(
        'mysql',
        databases.mariadb.port,
        'reader',
        (host) =>
          `mysql ${host} {\n  port = ${databases.mariadb.port}\n  user = reader\n  password = secret\n  dbname = mail\n}\n`,
      ),
    pgsql: () =>
      sql(
        'pgsql',
        databases.postgresql.port,
        'dovecot',
        (host) =>
          `pgsql ${host} {\n  parameters {\n    port = ${databases.postgresql.port}\n    user = dovecot\n    password = secret\n    dbname = mail\n  }\n}\n`,
      ),
    ldap: () => ({
      port: databases.openldap.port,
      marker: 'ann',
      config: (version, hosts) =>
        version === '2.3.19.1'
          ? {
              config:
                'passdb p1 {\n  driver = ldap\n  args = @DIR@/ldap.ext\n  result_internalfail = return\n}\n',
              files: {
                'ldap.ext': `hosts = ${hosts.map((host) => `${host}:${databases.openldap.port}`).join(' ')}\ndn = ${LDAP_ADMIN}\ndnpass = ${LDAP_ADMIN_PASSWORD}\nbase = ${LDAP_SUFFIX}\npass_attrs = userPassword=password\npass_filter = (uid=%u)\n`,
              },
            }
          : {
              config: `ldap_uris = ${hosts.map((host) => `ldap://${host}:${databases.openldap.port}`).join(' ')}\nldap_auth_dn = ${LDAP_ADMIN}\nldap_auth_dn_password = ${LDAP_ADMIN_PASSWORD}\nldap_base = ${LDAP_SUFFIX}\npassdb ldap {\n  filter = (uid=%{user})\n  fields {\n    password = %{ldap:userPassword}\n  }\n}\n`,
              files: {},
            },
    }),
  };

  for (const version of ['2.3.19.1', '2.4.1'] as const) {
    const noDovecot = dovecotMissing(version);
    if (noDovecot !== null) console.log(`skipped ${version}: ${noDovecot}`);
    describe.skipIf(noDovecot !== null && !required)(version, () => {
      for (const [name, make] of Object.entries(engines))
        test.concurrent(`${name}: refused, cut off in the middle of a query, back again: as real Dovecot`, async ({
          expect,
        }) => {
          const { port, marker, config } = make();
          const relay: FaultyRelay = await startFaultyRelay(RELAY, port, { host: DIRECT, port });
          const alone = startDovecotAuth({ version, ...config(version, [RELAY]) });
          const both = startDovecotAuth({ version, ...config(version, [RELAY, DIRECT]) });
          const same = async (auth: DovecotAuth, wanted: Verdict, when: string): Promise<void> => {
            const [real, ours] = [
              await settled(() => realSays(auth), wanted),
              await settled(() => weSay(auth), wanted),
            ];
            expect.soft({ when, real, ours }).toEqual({ when, real: wanted, ours: wanted });
          };
          try {
            await same(alone, 'ok', 'all is well');
            await same(both, 'ok', 'all is well with two hosts');
            relay.cutAt(marker, 1);
            const real = await realSays(alone);
            relay.cutAt(marker, 1);
            expect
              .soft({ when: 'cut off once', said: await weSay(alone) })
              .toEqual({ when: 'cut off once', said: real });
            await relay.setMode('refuse');
            await same(both, 'ok', 'the first host is gone');
            await same(alone, 'temporary failure', 'the only host is gone');
            await relay.setMode('pass');
            await same(alone, 'ok', 'it is back');
            await same(both, 'ok', 'it is back, with two hosts');
          } finally {
            await alone.stop();
            await both.stop();
            await relay.close();
          }
        }, 180_000);
    });
  }
});

type Verdict = 'ok' | 'temporary failure' | 'failure';

/** Asked over a socket, not by a program that this process would wait for: it relays what the auth process asks. */
async function realSays({ realDirectory }: DovecotAuth): Promise<Verdict> {
  const socket = new AuthSocket(join(realDirectory, 'run/auth-client'), false);
  try {
    const ann = { user: 'ann', password: 'pw', mechanism: 'PLAIN', authorizationId: '' } as const;
    const { kind, fields } = await socket.ask({ ...ann, parameters: ['service=doveadm'] });
    if (kind === 'OK') return 'ok';
    // 2.4 lets a request wait for a minute, which no client does.
    if (kind === 'SILENT') return 'temporary failure';
    return fields.includes('code=temp_fail') ? 'temporary failure' : 'failure';
  } finally {
    socket.close();
  }
}

async function weSay(auth: DovecotAuth): Promise<Verdict> {
  const { stdout, exitCode } = await auth.ours({ user: 'ann', password: 'pw' });
  if (exitCode === 0) return 'ok';
  return stdout.includes('code=temp_fail') ? 'temporary failure' : 'failure';
}

/** What is said in the end: who waits before connecting again is asked again. */
async function settled(ask: () => Promise<Verdict>, wanted: Verdict): Promise<Verdict> {
  const until = Date.now() + PATIENCE;
  for (let said = await ask(); ; said = await ask()) {
    if (said === wanted || Date.now() > until) return said;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
