import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { tlsFile, tlsPath } from '../../serve/tls-files.js';
import { type DovecotServer, dovecotServerMissing, startDovecot } from '../servers/dovecot.js';
import { type DvproxyServer, runDvproxy, startDvproxy } from '../servers/dvproxy.js';
import { type MariadbServer, mariadbMissing, startMariadb } from '../servers/mariadb.js';
import { imapSession } from './imap-client.js';

const VERSIONS: readonly DovecotVersion[] = ['2.3.19.1', '2.4.1'];
for (const version of VERSIONS) {
  const missing = dovecotServerMissing(version);
  if (missing !== null) console.log(`tests with a real Dovecot ${version} are skipped: ${missing}`);
}
const noMariadb = mariadbMissing();
if (noMariadb !== null) console.log(`tests with MariaDB are skipped: ${noMariadb}`);

const folder = mkdtempSync(join(tmpdir(), 'dvproxy-real-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const running: DvproxyServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

async function serve(...args: string[]): Promise<DvproxyServer> {
  const server = await startDvproxy(args);
  running.push(server);
  return server;
}

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const PROXY_23 = `protocols = imap
disable_plaintext_auth = no
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
auth_verbose = yes
log_timestamp =
ssl = no
`;
const PROXY_24 = `dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
protocols {
  imap = yes
}
auth_allow_cleartext = yes
auth_failure_delay = 0
auth_verbose = yes
log_timestamp =
ssl = no
`;

/** Place that the simulator names for a user. */
async function simulated(user: string, ...args: string[]): Promise<{ port: number; user: string }> {
  const output = await runDvproxy(['simulate', user, '--format', 'json', '--service', 'imap', ...args]);
  const { destination } = JSON.parse(output) as { destination: { port: number; user: string } };
  return { port: destination.port, user: destination.user };
}

describe.each(VERSIONS)('in front of real backends with Dovecot %s', (version) => {
  describe.skipIf(dovecotServerMissing(version) !== null)('dvproxy serve', () => {
    const users = ['joe@example.com:joepass', 'anna@example.com:annpass', 'admin:adminpass'];
    let one: DovecotServer;
    let two: DovecotServer;

    beforeAll(async () => {
      one = await startDovecot(version, { users });
      two = await startDovecot(version, { users });
    });
    afterAll(async () => {
      await one?.stop();
      await two?.stop();
    });

    function passwdFile(): string {
      const lines = [
        `joe@example.com:{PLAIN}joepass::::::proxy host=127.0.0.1 port=${one.port}`,
        `ann@example.com:{PLAIN}annpass::::::proxy host=127.0.0.1 port=${two.port} destuser=anna@example.com`,
        `lost@example.com:{PLAIN}lostpass::::::proxy host=127.0.0.1 port=${two.port}`,
      ];
      const users_ = write(`users-${version}`, `${lines.join('\n')}\n`);
      return write(
        `passwd-file-${version}.conf`,
        version === '2.4.1'
          ? `${PROXY_24}passdb passwd-file {\n  passwd_file_path = ${users_}\n}\nuserdb static {\n}\n`
          : `${PROXY_23}passdb {\n  driver = passwd-file\n  args = username_format=%u ${users_}\n}\nuserdb {\n  driver = static\n}\n`,
      );
    }

    test('brings each user to the right backend, and the simulator names the same place', async () => {
      const config = passwdFile();
      const proxy = await serve('-c', config);
      const message = `Subject: through the proxy\r\n\r\n${'line of text\r\n'.repeat(5000)}`;
      const joe = await imapSession({
        port: proxy.port,
        user: 'joe@example.com',
        password: 'joepass',
        message,
      });
      expect(joe).toMatchObject({ login: true, messages: [message] });
      const ann = await imapSession({ port: proxy.port, user: 'ann@example.com', password: 'annpass' });
      expect(ann).toMatchObject({ login: true, messages: [] });
      expect(one.logins()).toEqual(['joe@example.com']);
      expect(two.logins()).toEqual(['anna@example.com']);
      expect(await simulated('joe@example.com', '-c', config)).toEqual({
        port: one.port,
        user: 'joe@example.com',
      });
      expect(await simulated('ann@example.com', '-c', config)).toEqual({
        port: two.port,
        user: 'anna@example.com',
      });
    });

    test('refuses a wrong password itself and passes on what a backend refuses', async () => {
      const proxy = await serve('-c', passwdFile());
      const before = one.log();
      const wrong = await imapSession({ port: proxy.port, user: 'joe@example.com', password: 'x' });
      expect(wrong.error).toContain('[AUTHENTICATIONFAILED] Authentication failed.');
      expect(one.log()).toBe(before);
      const lost = await imapSession({ port: proxy.port, user: 'lost@example.com', password: 'lostpass' });
      expect(lost.error).toContain('[AUTHENTICATIONFAILED] Authentication failed.');
      await proxy.logged(/Login failed: \[AUTHENTICATIONFAILED\]/);
    });

    test('stops with exit code 0 on SIGTERM, and reads its configuration again on SIGHUP', async () => {
      const config = passwdFile();
      const proxy = await serve('-c', config);
      writeFileSync(config, `${readFileSync(config, 'utf8')}login_greeting = Read again.\n`);
      proxy.signal('SIGHUP');
      await proxy.logged(/configuration reloaded/);
      const { welcome } = await imapSession({
        port: proxy.port,
        user: 'joe@example.com',
        password: 'joepass',
      });
      expect(welcome).toContain('Read again.');
      writeFileSync(config, 'passdb {\n');
      proxy.signal('SIGHUP');
      await proxy.logged(/configuration not reloaded, the old one stays in use: doveconf: Fatal: /);
      expect(
        await imapSession({ port: proxy.port, user: 'joe@example.com', password: 'joepass' }),
      ).toMatchObject({
        login: true,
      });
      expect(await proxy.stop()).toBe(0);
    });
  });
});

describe.skipIf(dovecotServerMissing('2.3.19.1') !== null)('several processes', () => {
  test('serve the same addresses, and one that is killed is replaced', async () => {
    const backend = await startDovecot('2.3.19.1', { users: ['joe@example.com:joepass'] });
    try {
      const users = write(
        'users-workers',
        `joe@example.com:{PLAIN}joepass::::::proxy host=127.0.0.1 port=${backend.port}\n`,
      );
      const passdb = `passdb {\n  driver = passwd-file\n  args = username_format=%u ${users}\n}\n`;
      const config = write('workers.conf', `${PROXY_23}${passdb}userdb {\n  driver = static\n}\n`);
      const proxy = await serve('-c', config, '--workers', '2');
      const ask = () => imapSession({ port: proxy.port, user: 'joe@example.com', password: 'joepass' });
      expect(await ask()).toMatchObject({ login: true });
      const [victim] = proxy.workers();
      expect(victim).toBeDefined();
      if (victim !== undefined) process.kill(victim, 'SIGKILL');
      await proxy.logged(/worker \d+ was killed with SIGKILL, starting another/);
      expect(await ask()).toMatchObject({ login: true });
      expect(await proxy.stop()).toBe(0);
    } finally {
      await backend.stop();
    }
  });
});

describe.skipIf(dovecotServerMissing('2.3.19.1') !== null)(
  'a master user and TLS towards a real backend',
  () => {
    test('arrive as a master login over a verified STARTTLS', async () => {
      const backend = await startDovecot('2.3.19.1', {
        users: ['joe@example.com:joepass'],
        files: {
          masters: 'proxymaster:masterpass\n',
          'backend.pem': tlsFile('backend.pem'),
          'backend.key': tlsFile('backend.key'),
        },
        settings: `ssl = yes
ssl_cert = <@DIR@/backend.pem
ssl_key = <@DIR@/backend.key
auth_master_user_separator = *
passdb {
  driver = passwd-file
  master = yes
  args = scheme=PLAIN @DIR@/masters
}
`,
      });
      try {
        const fields = `proxy host=backend.example.com hostip=127.0.0.1 port=${backend.port} starttls=yes master=proxymaster pass=masterpass`;
        const users = write('users-master', `joe@example.com:{PLAIN}clientpass::::::${fields}\n`);
        const config = write(
          'master.conf',
          `${PROXY_23}ssl = yes
ssl_cert = <${tlsPath('proxy.pem')}
ssl_key = <${tlsPath('proxy.key')}
ssl_ca = <${tlsPath('ca.pem')}
ssl_require_crl = no
passdb {
  driver = passwd-file
  args = username_format=%u ${users}
}
userdb {
  driver = static
}
`,
        );
        const proxy = await serve('-c', config);
        const question = { port: proxy.port, user: 'joe@example.com', password: 'clientpass' };
        expect(
          await imapSession({ ...question, starttls: true, message: 'Subject: x\r\n\r\nx\r\n' }),
        ).toMatchObject({
          login: true,
          messages: ['Subject: x\r\n\r\nx\r\n'],
        });
        expect(backend.logins()).toEqual(['joe@example.com']);
        await proxy.logged(
          /Started proxying to <127\.0\.0\.1> \(<backend\.example\.com>\) \(master proxymaster\)/,
        );
      } finally {
        await backend.stop();
      }
    });
  },
);

describe.skipIf(dovecotServerMissing('2.3.19.1') !== null || noMariadb !== null)('a chain on MySQL', () => {
  let one: DovecotServer;
  let two: DovecotServer;
  let database: MariadbServer;
  let dump: string;

  beforeAll(async () => {
    const users = ['joe@example.com:joepass', 'ann@example.com:annpass'];
    [one, two] = await Promise.all([
      startDovecot('2.3.19.1', { users }),
      startDovecot('2.3.19.1', { users }),
    ]);
    database = await startMariadb();
    dump = write(
      'mailproxy.sql',
      `CREATE TABLE proxies (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  address VARCHAR(255) NOT NULL,
  password VARCHAR(255) NOT NULL,
  host VARCHAR(255) NOT NULL,
  port INT UNSIGNED NOT NULL,
  active TINYINT(1) NOT NULL DEFAULT 1,
  UNIQUE KEY address (address)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO proxies (address, password, host, port, active) VALUES
  ('joe@example.com', '{PLAIN}joepass', '127.0.0.1', ${one.port}, 1),
  ('ann@example.com', '{PLAIN}annpass', '127.0.0.1', ${two.port}, 1),
  ('old@example.com', '{PLAIN}oldpass', '127.0.0.1', ${two.port}, 0);
`,
    );
    database.sql('CREATE DATABASE mailproxy');
    database.load(dump, 'mailproxy');
  });
  afterAll(async () => {
    await one?.stop();
    await two?.stop();
    await database?.remove();
  });

  function config(): string {
    const ext = write(
      'dovecot-sql.conf.ext',
      `driver = mysql
connect = "host=127.0.0.1 port=${database.port} user=${database.user} password=${database.password} dbname=mailproxy"
password_query = SELECT password, 'y' AS proxy, host, port FROM proxies WHERE address = '%u' AND active = 1
`,
    );
    return write(
      'mysql.conf',
      `${PROXY_23}passdb {\n  driver = sql\n  args = ${ext}\n}\nuserdb {\n  driver = static\n}\n`,
    );
  }

  test.each(['the database itself', 'a fixture of it'])(
    'brings users to their backends by %s',
    async (source) => {
      const path = config();
      const fixture = source === 'a fixture of it' ? ['--fixture', dump] : [];
      if (fixture.length > 0) await database.stop();
      const proxy = await serve('-c', path, ...fixture);
      const [before1, before2] = [one.logins().length, two.logins().length];
      const ask = (user: string, password: string) => imapSession({ port: proxy.port, user, password });
      expect(await ask('joe@example.com', 'joepass')).toMatchObject({ login: true });
      expect(await ask('ann@example.com', 'annpass')).toMatchObject({ login: true });
      expect((await ask('old@example.com', 'oldpass')).error).toContain('AUTHENTICATIONFAILED');
      expect(one.logins().slice(before1)).toEqual(['joe@example.com']);
      expect(two.logins().slice(before2)).toEqual(['ann@example.com']);
      expect((await simulated('ann@example.com', '-c', path, ...fixture)).port).toBe(two.port);
      if (fixture.length > 0) await database.start();
    },
  );

  test('answers a temporary failure while the database is down', async () => {
    await database.stop();
    try {
      const proxy = await serve('-c', config());
      const answer = await imapSession({ port: proxy.port, user: 'joe@example.com', password: 'joepass' });
      expect(answer.error).toMatch(/\[UNAVAILABLE\] Temporary authentication failure\. \[[^\]]+\]/);
    } finally {
      await database.start();
    }
  });
});
