import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConfigHost } from '../../src/config/host.js';
import { loadForDump } from '../../src/config/load.js';
import { migrate } from '../../src/migrate/migrate.js';
import { dovecotServerMissing } from './servers/dovecot.js';
import { dialogue, startTree } from './servers/dovecot-tree.js';
import { freePort, type MariadbServer, mariadbMissing, startMariadb } from './servers/mariadb.js';
import {
  LDAP_ADMIN,
  LDAP_ADMIN_PASSWORD,
  LDAP_SUFFIX,
  type OpenldapServer,
  openldapMissing,
  startOpenldap,
} from './servers/openldap.js';
import { type RecordingBackends, startBackends } from './servers/recording-backend.js';

const FIXTURES = new URL('../../fixtures/', import.meta.url).pathname;
const BACKENDS = ['127.77.0.1', '127.77.0.2'];

/** A client: what it says to which port, and what has to be there for it. */
interface Client {
  readonly protocol: 'imap' | 'pop3' | 'lmtp';
  readonly lines: readonly string[];
}

const imap = (user: string, password: string): Client => ({
  protocol: 'imap',
  lines: [`a LOGIN ${user} ${password}`, 'b NOOP', 'c LOGOUT'],
});
const pop3 = (user: string, password: string): Client => ({
  protocol: 'pop3',
  lines: [`USER ${user}`, `PASS ${password}`, 'QUIT'],
});
const lmtp = (user: string): Client => ({
  protocol: 'lmtp',
  lines: [
    'LHLO client',
    'MAIL FROM:<me@example.com>',
    `RCPT TO:<${user}>`,
    'DATA',
    'Subject: hello\r\n\r\nText\r\n.',
    'QUIT',
  ],
});

interface Ports {
  readonly imap: number;
  readonly pop3: number;
  readonly lmtp: number;
}

/** What belongs to the machine of a test and not to an example. */
function machine(ports: Ports): string {
  const listener = (service: string, name: string, port: number, tls: string) =>
    `service ${service} {\n  inet_listener ${name} {\n    port = ${port}\n    address =\n  }\n${tls === '' ? '' : `  inet_listener ${tls} {\n    port = 0\n  }\n`}}\n`;
  return `
base_dir = @DIR@/run
state_dir = @DIR@/state
log_path = @DIR@/log
listen = 127.0.0.1
disable_plaintext_auth = no
auth_failure_delay = 0
ssl = no
login_greeting = ready
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
${listener('imap-login', 'imap', ports.imap, 'imaps')}${listener('pop3-login', 'pop3', ports.pop3, 'pop3s')}${listener('lmtp', 'lmtp', ports.lmtp, '')}`;
}

function exampleFiles(folder: string, adapt: (text: string) => string, ports: Ports): Record<string, string> {
  const path = join(FIXTURES, folder);
  return Object.fromEntries(
    readdirSync(path)
      .filter((name) => name.startsWith('dovecot'))
      .map((name) => {
        const text = adapt(readFileSync(join(path, name), 'utf8'))
          .replaceAll(/\/usr\/local\/etc\/dovecot|\/etc\/dovecot/g, '@DIR@')
          .replaceAll(/\b(user|uid)( ?= ?)vmail/g, '$1$2nobody')
          .replaceAll(/\b(group|gid)( ?= ?)vmail/g, '$1$2nogroup')
          .replaceAll(/^ssl.*\n/gm, '')
          .replaceAll(/^(?:mail|first_valid)_[ug]id = .*\n/gm, '');
        return [name, name === 'dovecot.conf' ? text + machine(ports) : text];
      }),
  );
}

/** The 2.4 files of 2.3 files that stand in a folder that no machine has. */
function migrated(files: Readonly<Record<string, string>>): Record<string, string> {
  const folder = '/etc/dovecot-of-a-test';
  const texts = new Map(
    Object.entries(files).map(
      ([name, text]) => [join(folder, name), text.replaceAll('@DIR@', folder)] as const,
    ),
  );
  const host: ConfigHost = {
    readFile: (path) => {
      const text = texts.get(path);
      if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
      return Buffer.from(text, 'latin1');
    },
    glob: (pattern) => (texts.has(pattern) ? [pattern] : []),
    isDirectory: () => false,
    environment: {},
  };
  const config = loadForDump({ path: join(folder, 'dovecot.conf'), host, version: '2.3.19.1' });
  const { files: now } = migrate(config, { target: '2.4.1', host });
  return Object.fromEntries(now.map(({ path, text }) => [path, text.replaceAll(folder, '@DIR@')]));
}

/** What a proxy says to a backend, without what differs from connection to connection and between the versions. */
function comparable(line: string): string {
  return line
    .replace(/^Received:.*|^\t(?:by|for|id|\(envelope).*/i, 'Received')
    .replace(/SESSION=\S+/, 'SESSION')
    .replace(/ TTL=\d+/, ' TTL');
}

async function run(
  version: '2.3.19.1' | '2.4.1',
  files: Readonly<Record<string, string>>,
  ports: Ports,
  clients: readonly Client[],
  backends: RecordingBackends,
) {
  const used = [...new Set(clients.map(({ protocol }) => ports[protocol]))];
  const proxy = await startTree(version, files, used);
  backends.taken();
  try {
    const results: object[] = [];
    for (const { protocol, lines } of clients) {
      const said = await dialogue(ports[protocol], lines);
      const reached = backends.taken().map(({ backend, lines: sent }) => ({
        backend,
        sent: sent
          .map(comparable)
          .filter((line, at, all) => line !== 'Received' || all[at - 1] !== 'Received'),
      }));
      const accepted =
        /^(?:a OK|250 2\.0\.0 <)/m.test(said) || (/^\+OK/.test(said) && !said.includes('-ERR'));
      results.push({ client: lines, accepted, reached });
    }
    return { results, log: proxy.log() };
  } finally {
    await proxy.stop();
  }
}

describe('examples of a proxy, migrated', () => {
  const missing =
    dovecotServerMissing('2.3.19.1') ??
    dovecotServerMissing('2.4.1') ??
    mariadbMissing() ??
    openldapMissing();
  if (missing !== null) {
    console.log(`skipped: ${missing}`);
    if (process.env['CI'] === 'true') test('the programs are installed', () => expect(missing).toBeNull());
    return;
  }
  let backends: RecordingBackends;
  let mariadb: MariadbServer;
  let ldap: OpenldapServer;
  let ports: Ports;
  beforeAll(async () => {
    ports = { imap: await freePort(), pop3: await freePort(), lmtp: await freePort() };
    // LMTP goes to the port at which it came in.
    backends = await startBackends(BACKENDS, ports.lmtp);
    mariadb = await startMariadb();
    mariadb.sql("ALTER USER 'dovecot'@'%' IDENTIFIED BY 'secret'");
    ldap = await startOpenldap(LDIF);
  });
  afterAll(async () => {
    await backends?.stop();
    await mariadb?.remove();
    await ldap?.remove();
  });

  const compare = async (
    files: Record<string, string>,
    clients: readonly Client[],
    accepted: number,
  ): Promise<void> => {
    const before = await run('2.3.19.1', files, ports, clients, backends);
    const after = await run('2.4.1', migrated(files), ports, clients, backends);
    expect(after.results, after.log.slice(-3000)).toEqual(before.results);
    // Something was tried: so many clients are let in.
    expect(
      before.results.filter((one) => (one as { accepted: boolean }).accepted).length,
      before.log.slice(-3000),
    ).toBe(accepted);
  };
  const connect =
    (database: string) =>
    (text: string): string =>
      text.replaceAll(/^connect = .*$/gm, (line) => {
        const name = /dbname=(\S+)/.exec(line)?.[1] ?? database;
        return `connect = host=127.0.0.1 port=${mariadb.port} dbname=${name} user=dovecot password=secret`;
      });

  test("the wiki's forwarding of passwords (MySQL)", { timeout: 60_000 }, async () => {
    mariadb.sql('CREATE DATABASE mail');
    mariadb.load(join(FIXTURES, 'wiki/corrected/password-forwarding/mail.sql'), 'mail');
    mariadb.sql("UPDATE proxy SET host = REPLACE(host, '192.168.0.', '127.77.0.')", 'mail');
    const files = exampleFiles('wiki/corrected/password-forwarding', connect('mail'), ports);
    await compare(
      files,
      [
        imap('john', 'any'),
        imap('joe', '"with blank"'),
        pop3('ann', 'secret'),
        imap('nohost', 'x'),
        imap('none', 'x'),
      ],
      3,
    );
    mariadb.sql('DROP DATABASE mail');
  });

  test("the wiki's proxy_maybe (MySQL)", { timeout: 60_000 }, async () => {
    mariadb.sql('CREATE DATABASE mail');
    mariadb.load(join(FIXTURES, 'wiki/corrected/proxy-maybe/mail.sql'), 'mail');
    mariadb.sql("UPDATE users SET host = REPLACE(host, '192.168.0.', '127.77.0.')", 'mail');
    const files = exampleFiles('wiki/corrected/proxy-maybe', connect('mail'), ports);
    await compare(
      files,
      [
        imap('anna@example.com', 'here'),
        pop3('bert@example.com', 'there'),
        imap('bert@example.com', 'wrong'),
        imap('x@y', 'z'),
      ],
      2,
    );
    mariadb.sql('DROP DATABASE mail');
  });

  test("the guide's chain of three databases (MySQL)", { timeout: 60_000 }, async () => {
    const path = join(FIXTURES, 'guide/corrected/databases');
    for (const name of ['mail', 'mailproxy', 'maillocal']) {
      mariadb.sql(`CREATE DATABASE ${name}`);
      mariadb.load(join(path, `${name}.sql`), name);
    }
    mariadb.sql(
      "UPDATE proxy_users SET ssl_mode = 'none', host = IF(host LIKE '%1%', '127.77.0.1', '127.77.0.2')",
      'mailproxy',
    );
    const files = exampleFiles('guide/corrected/proxy', connect('mail'), ports);
    const clients = [
      imap('user1@domain1.com', 'pw'),
      imap('user2@domain2.com', 'other'),
      pop3('info@domain1.com', 'pw'),
      imap('gone@domain1.com', 'pw'),
      imap('user1@domain1.com*helpdesk@domain1.com', 'helpdesk'),
      imap('user1@domain1.com*helpdesk@domain1.com', 'wrong'),
      lmtp('user3@domain1.com'),
      lmtp('nobody@example.net'),
    ];
    await compare(files, clients, 5);
  });

  test('users and their servers in a directory (LDAP)', { timeout: 60_000 }, async () => {
    const files = {
      'dovecot.conf': `protocols = imap pop3\nmail_location = maildir:~/Maildir\npassdb {\n  driver = ldap\n  args = @DIR@/dovecot-ldap.conf.ext\n}\nuserdb {\n  driver = static\n  args = uid=nobody gid=nogroup home=/tmp/%u\n}\n${machine(ports)}`,
      'dovecot-ldap.conf.ext': `hosts = 127.0.0.1:${ldap.port}
dn = ${LDAP_ADMIN}
dnpass = ${LDAP_ADMIN_PASSWORD}
base = ou=people,${LDAP_SUFFIX}
# Where the mailbox is stands in a field of its own; who has none is local.
pass_attrs = uid=user,userPassword=password,description=host,l=destuser,=proxy=y,=pass=%w
pass_filter = (&(objectClass=inetOrgPerson)(uid=%n))
`,
    };
    await compare(
      files,
      [
        imap('ann@example.com', 'pw'),
        imap('bob', 'pw'),
        pop3('bob', 'pw'),
        imap('bob', 'wrong'),
        imap('none', 'pw'),
      ],
      3,
    );
  });
});

const LDIF = `dn: ${LDAP_SUFFIX}
objectClass: domain
dc: example

dn: ou=people,${LDAP_SUFFIX}
objectClass: organizationalUnit
ou: people

dn: uid=ann,ou=people,${LDAP_SUFFIX}
objectClass: inetOrgPerson
uid: ann
cn: ann
sn: ann
userPassword: {PLAIN}pw
description: 127.77.0.1
l: ann.other

dn: uid=bob,ou=people,${LDAP_SUFFIX}
objectClass: inetOrgPerson
uid: bob
cn: bob
sn: bob
userPassword: {PLAIN}pw
description: 127.77.0.2
`;
