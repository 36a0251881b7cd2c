import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { LineBackend } from '../../serve/line-backend.js';
import { ScriptedBackend } from '../../serve/scripted-backend.js';
import { tlsPath } from '../../serve/tls-files.js';
import { type DovecotServer, dovecotServerMissing, startDovecot } from '../servers/dovecot.js';
import { type DvproxyServer, startDvproxy } from '../servers/dvproxy.js';
import { freePort } from '../servers/mariadb.js';

const folder = mkdtempSync(join(tmpdir(), 'dvproxy-clients-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const IMAPLIB = `
import imaplib, ssl, sys
context = ssl._create_unverified_context()
m = imaplib.IMAP4('127.0.0.1', int(sys.argv[1]))
m.starttls(context)
for user in ('joe', 'nobody'):
    try:
        print(m.authenticate('CRAM-MD5', lambda c: (user + ' ' + __import__('hmac').new(b'secret', c, 'md5').hexdigest()).encode())[0])
    except imaplib.IMAP4.error as e:
        print(e)
        break
    print(m.noop()[0])
    m.logout()
    m = imaplib.IMAP4_SSL('127.0.0.1', int(sys.argv[2]), ssl_context=context)
`;

function config(users: string, more: string): string {
  return `protocols = imap pop3
disable_plaintext_auth = no
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
log_timestamp =
auth_mechanisms = plain login cram-md5
ssl = yes
ssl_cert = <${tlsPath('proxy.pem')}
ssl_key = <${tlsPath('proxy.key')}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${users}
}
${more}`;
}

/** Sends everything at once and gives what came until the other side said this often `until`, or ended. */
function spoken(port: number, data: string, until: RegExp): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(Buffer.from(data, 'latin1')));
    let heard = '';
    const done = () => {
      socket.destroy();
      resolve(heard);
    };
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (until.test(heard)) done();
    });
    socket.on('error', () => undefined);
    socket.on('close', done);
  });
}

describe('programs that read mail', () => {
  let backend: ScriptedBackend;
  let pop3: LineBackend;
  let proxy: DvproxyServer;

  beforeAll(async () => {
    backend = await ScriptedBackend.start({});
    pop3 = await LineBackend.start('+OK ready\r\n', (line) =>
      line === 'QUIT'
        ? { text: '+OK bye\r\n', next: 'end' }
        : line === 'LIST'
          ? '+OK\r\n1 7\r\n.\r\n'
          : '+OK\r\n',
    );
    const users = join(folder, 'users');
    writeFileSync(
      users,
      `joe:secret::::::proxy host=127.0.0.1 port=${backend.port} pass=x\nann:secret::::::proxy host=127.0.0.1 port=${pop3.port} pass=secret\n`,
    );
    const path = join(folder, 'dovecot.conf');
    writeFileSync(path, config(users, ''));
    const listen = ['imaps', 'pop3', 'pop3s'].flatMap((name) => ['--listen', `${name}=127.0.0.1:0`]);
    proxy = await startDvproxy(['-c', path, ...listen]);
  });
  afterAll(async () => {
    await proxy?.stop();
    await backend?.stop();
    await pop3?.stop();
  });

  test('imaplib logs in with CRAM-MD5 behind STARTTLS', async () => {
    const args = ['-c', IMAPLIB, String(proxy.port), String(proxy.portOf('imaps'))];
    const { stdout } = await promisify(execFile)('python3', args);
    expect(stdout.split('\n').slice(0, 2)).toEqual(['OK', 'OK']);
    expect(stdout).toContain('[AUTHENTICATIONFAILED] Authentication failed.');
  });

  test('curl lists a POP3 mailbox over TLS', async () => {
    const url = `pop3s://127.0.0.1:${proxy.portOf('pop3s')}/`;
    const { stdout } = await promisify(execFile)('curl', ['-sk', '-u', 'ann:secret', url]);
    expect(stdout).toBe('1 7\r\n');
    expect(pop3.lines).toContain('PASS secret');
  });

  test('openssl s_client sees the greeting behind STLS', async () => {
    const address = `127.0.0.1:${proxy.portOf('pop3')}`;
    const child = spawn('openssl', ['s_client', '-quiet', '-starttls', 'pop3', '-connect', address]);
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.stdin.write('CAPA\r\n');
    await expect.poll(() => said, { timeout: 10_000 }).toContain('SASL PLAIN LOGIN CRAM-MD5');
    expect(said).not.toContain('STLS');
    child.stdin.end('QUIT\r\n');
    await new Promise((resolve) => child.once('exit', resolve));
  });
});

const VERSIONS: readonly DovecotVersion[] = ['2.3.19.1', '2.4.1'];
const V2 = '\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x10\x00\x00\x8f';
const LOGIN = 'a LOGIN joe secret\r\n';
const HEADERS: Readonly<Record<string, string>> = {
  'version 1': `PROXY TCP4 192.0.2.1 192.0.2.2 4096 143\r\n${LOGIN}`,
  'version 1 without addresses': `PROXY UNKNOWN\r\n${LOGIN}`,
  'version 2': `${V2}${LOGIN}`,
  'a broken one': `PROXY TCP4 192.0.2.1\r\n${LOGIN}`,
  none: LOGIN,
};

describe.each(VERSIONS)('a front end that speaks the PROXY protocol to Dovecot %s', (version) => {
  describe.skipIf(dovecotServerMissing(version) !== null)('hears the same of dvproxy', () => {
    let backend: LineBackend;
    let dovecot: DovecotServer;
    let proxy: DvproxyServer;
    let real: number;
    let ours: number;

    beforeAll(async () => {
      backend = await LineBackend.start('* OK [CAPABILITY IMAP4rev1 ID] ready\r\n', (line) => {
        const [tag = ''] = line.split(' ');
        return `${tag} OK done\r\n`;
      });
      real = await freePort();
      ours = await freePort();
      // dvproxy never asks a backend of 2.4 to frame its output.
      const user = `joe:secret::::::proxy proxy_no_multiplex host=127.0.0.1 port=${backend.port}`;
      const listener = (port: number) => `haproxy_trusted_networks = 127.0.0.0/8
login_trusted_networks = 192.0.2.0/24
service imap-login {
  inet_listener haproxied {
    port = ${port}
    haproxy = yes
  }
}
`;
      dovecot = await startDovecot(version, { users: [user], settings: listener(real) });
      const users = join(folder, `haproxied-${version}`);
      writeFileSync(users, `${user}\n`);
      const path = join(folder, `haproxied-${version}.conf`);
      const inet = `service imap-login {
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = 0
  }
}
listen = 127.0.0.1
`;
      const is24 = version === '2.4.1';
      writeFileSync(
        path,
        is24
          ? `dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
protocols {
  imap = yes
}
auth_allow_cleartext = yes
ssl = no
log_timestamp =
passdb passwd-file {
  passwd_file_path = ${users}
  default_password_scheme = PLAIN
}
${inet}${listener(ours)}`
          : `protocols = imap
disable_plaintext_auth = no
ssl = no
log_timestamp =
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${users}
}
${inet}${listener(ours)}`,
      );
      proxy = await startDvproxy(['-c', path, '--listen', 'pop3=127.0.0.1:0'], false);
    });
    afterAll(async () => {
      await proxy?.stop();
      await dovecot?.stop();
      await backend?.stop();
    });

    test.each(Object.keys(HEADERS))('with %s', async (name) => {
      const data = HEADERS[name] ?? '';
      const until = /^a [^\n]*\n/m;
      const told = () =>
        backend.lines.splice(0).map((line) => line.replace(/session-id" "[^"]*"/, 'session-id" *'));
      const masked = (port: number, lines: string[]) =>
        lines.map((line) => line.replaceAll(String(port), 'PORT'));
      // Said to a client that speaks before its login process has reached the auth process; dvproxy's never has to wait.
      // A try that failed may have left lines.
      told();
      const fromReal = (await spoken(real, data, until)).replaceAll(
        '* OK Waiting for authentication process to respond..\r\n',
        '',
      );
      const realTold = masked(real, told());
      expect(await spoken(ours, data, until)).toBe(fromReal);
      const mine = masked(ours, told());
      if (name !== 'version 1 without addresses') expect(mine).toEqual(realTold);
      else expect(mine.length).toBe(realTold.length);
    });
  });
});
