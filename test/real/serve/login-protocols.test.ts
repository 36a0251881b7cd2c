import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { type LineAnswer, LineBackend } from '../../serve/line-backend.js';
import { tlsPath } from '../../serve/tls-files.js';
import { type DovecotServer, dovecotServerMissing, startDovecot } from '../servers/dovecot.js';
import { type DvproxyServer, startDvproxy } from '../servers/dvproxy.js';
import { freePort } from '../servers/mariadb.js';

const VERSIONS: readonly DovecotVersion[] = ['2.3.19.1', '2.4.1'];
for (const version of VERSIONS) {
  const missing = dovecotServerMissing(version);
  if (missing !== null) console.log(`tests with a real Dovecot ${version} are skipped: ${missing}`);
}

const folder = mkdtempSync(join(tmpdir(), 'dvproxy-protocols-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs Python with one argument and reads the JSON that it prints. */
async function python(script: string, question: unknown, program = 'python3'): Promise<unknown> {
  const { stdout } = await promisify(execFile)(program, ['-c', script, JSON.stringify(question)]);
  return JSON.parse(stdout);
}

const POP3 = `
import json, poplib, sys
q = json.loads(sys.argv[1])
out = {}
try:
    p = poplib.POP3('127.0.0.1', q['port'])
    p.user(q['user'])
    p.pass_(q['password'])
    out['count'] = p.stat()[0]
    p.quit()
except poplib.error_proto as e:
    out['error'] = str(e)
print(json.dumps(out))
`;

const SUBMISSION = `
import json, smtplib, sys
q = json.loads(sys.argv[1])
out = {}
try:
    s = smtplib.SMTP('127.0.0.1', q['port'])
    s.login(q['user'], q['password'])
    s.sendmail('joe@example.com', ['ann@example.com'], 'Subject: x\\r\\n\\r\\nthrough the proxy\\r\\n')
    out['sent'] = True
    s.quit()
except smtplib.SMTPException as e:
    out['error'] = str(e)
print(json.dumps(out))
`;

const SIEVE = `
import base64, json, socket, sys
q = json.loads(sys.argv[1])
f = socket.create_connection(('127.0.0.1', q['port'])).makefile('rwb')
def answer():
    while True:
        line = f.readline().decode().strip()
        if line == '' or line.split(' ')[0] in ('OK', 'NO', 'BYE'):
            return line
def ask(text):
    f.write((text + '\\r\\n').encode())
    f.flush()
    return answer()
answer()
plain = base64.b64encode(('\\0' + q['user'] + '\\0' + q['password']).encode()).decode()
out = {'login': ask('AUTHENTICATE "PLAIN" "' + plain + '"')}
if out['login'].startswith('OK'):
    out['put'] = ask('PUTSCRIPT "one" {6+}\\r\\nkeep;\\n')[:2]
    out['list'] = ask('LISTSCRIPTS')[:2]
ask('LOGOUT')
print(json.dumps(out))
`;

/** A sieve client as Debian has it. */
const SIEVELIB = `
import json, sys
from sievelib.managesieve import Client
q = json.loads(sys.argv[1])
c = Client('127.0.0.1', q['port'])
out = {'login': c.connect(q['user'], q['password'], starttls=False, authmech='PLAIN')}
out['put'] = c.putscript('two', 'keep;')
out['list'] = sorted(c.listscripts()[1])
c.logout()
print(json.dumps(out))
`;

/** Everything that openssl s_client says behind the handshake, until it fits. */
async function secured(port: number, starttls: string | null, send: string, until: RegExp): Promise<string> {
  const how = starttls === null ? [] : ['-starttls', starttls];
  const child = spawn('openssl', ['s_client', '-quiet', '-connect', `127.0.0.1:${port}`, ...how]);
  let said = '';
  try {
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString('latin1');
        if (until.test(said)) resolve();
      });
      child.once('exit', (code) => reject(new Error(`openssl ended with ${code}: ${said}`)));
      child.stdin.write(send);
    });
  } finally {
    child.kill();
  }
  return said;
}

async function curl(...args: string[]): Promise<string> {
  return (await promisify(execFile)('curl', ['-sk', '--max-time', '60', ...args])).stdout;
}

interface Ports {
  readonly pop3: number;
  readonly submission: number;
  readonly sieve: number;
  /** Where the backend passes mail on. */
  readonly relay: number;
}

/** A mail server that takes everything. */
function relay(line: string): LineAnswer | string {
  if (line === 'DATA') return '354 go on\r\n';
  if (line === 'QUIT') return { text: '221 bye\r\n', next: 'end' };
  return /^(EHLO|MAIL|RCPT|RSET|NOOP|\.)/.test(line) ? '250 OK\r\n' : '';
}

function backendSettings(
  version: DovecotVersion,
  { pop3, submission, sieve, relay: relayPort }: Ports,
): string {
  const listeners = `service pop3-login {
  inet_listener pop3 {
    port = ${pop3}
  }
  inet_listener pop3s {
    port = 0
  }
}
service submission-login {
  inet_listener submission {
    port = ${submission}
  }
}
service managesieve-login {
  inet_listener sieve {
    port = ${sieve}
  }
}
submission_relay_host = 127.0.0.1
submission_relay_port = ${relayPort}
`;
  return version === '2.4.1'
    ? `protocols {\n  pop3 = yes\n  submission = yes\n  sieve = yes\n}\n${listeners}`
    : `protocols = imap pop3 submission sieve\n${listeners}`;
}

function proxyConfig(version: DovecotVersion, users: string): string {
  return version === '2.4.1'
    ? `dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
protocols {
  imap = yes
  pop3 = yes
  lmtp = yes
  submission = yes
  sieve = yes
}
lmtp_proxy = yes
auth_allow_cleartext = yes
auth_failure_delay = 0
auth_verbose = yes
log_timestamp =
ssl_server_cert_file = ${tlsPath('proxy.pem')}
ssl_server_key_file = ${tlsPath('proxy.key')}
passdb passwd-file {
  passwd_file_path = ${users}
}
userdb static {
}
`
    : `protocols = imap pop3 lmtp submission sieve
lmtp_proxy = yes
disable_plaintext_auth = no
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
auth_verbose = yes
log_timestamp =
ssl_cert = <${tlsPath('proxy.pem')}
ssl_key = <${tlsPath('proxy.key')}
passdb {
  driver = passwd-file
  args = username_format=%u ${users}
}
userdb {
  driver = static
}
`;
}

describe.each(VERSIONS)('in front of a real backend with Dovecot %s', (version) => {
  describe.skipIf(dovecotServerMissing(version) !== null)('dvproxy serve', () => {
    let backend: DovecotServer;
    let ports: Ports;
    let relayServer: LineBackend;
    let proxy: DvproxyServer;

    beforeAll(async () => {
      relayServer = await LineBackend.start('220 relay ESMTP\r\n', relay);
      ports = {
        pop3: await freePort(),
        submission: await freePort(),
        sieve: await freePort(),
        relay: relayServer.port,
      };
      backend = await startDovecot(version, {
        users: ['joe@example.com:joepass'],
        settings: backendSettings(version, ports),
      });
      const line = (user: string, port: number, more: string) =>
        `${user}:{PLAIN}clientpass::::::proxy host=127.0.0.1 port=${port} ${more}\n`;
      const users = join(folder, `users-${version}`);
      writeFileSync(
        users,
        line('pop3@example.com', ports.pop3, 'destuser=joe@example.com pass=joepass') +
          line('submission@example.com', ports.submission, 'destuser=joe@example.com pass=joepass') +
          line('imap@example.com', backend.port, 'destuser=joe@example.com pass=joepass') +
          line('lost@example.com', ports.pop3, '') +
          line('gone@example.com', ports.submission, '') +
          line('sieve@example.com', ports.sieve, 'destuser=joe@example.com pass=joepass') +
          line('away@example.com', ports.sieve, ''),
      );
      const config = join(folder, `${version}.conf`);
      writeFileSync(config, proxyConfig(version, users));
      const names = ['imaps', 'pop3', 'pop3s', 'submission', 'submissions', 'sieve', 'lmtp'];
      const listen = names.flatMap((name) => ['--listen', `${name}=127.0.0.1:0`]);
      proxy = await startDvproxy(['-c', config, ...listen]);
    });
    afterAll(async () => {
      await proxy?.stop();
      await backend?.stop();
      await relayServer?.stop();
    });

    test('brings POP3 users to their backend and passes on what it refuses', async () => {
      const ask = (user: string) =>
        python(POP3, { port: proxy.portOf('pop3'), user, password: 'clientpass' });
      expect(await ask('pop3@example.com')).toEqual({ count: 0 });
      expect(backend.log()).toMatch(/pop3-login: Info: (Login|Logged in): user=<joe@example\.com>/);
      expect(await ask('lost@example.com')).toEqual({
        error: expect.stringContaining('-ERR [AUTH] Authentication failed.'),
      });
      await proxy.logged(/pop3-login: Info: proxy\(pop3@example\.com,.*Disconnected by server/);
    });

    test('brings mail of submission users through their backend', async () => {
      const ask = (user: string) =>
        python(SUBMISSION, { port: proxy.portOf('submission'), user, password: 'clientpass' });
      expect(await ask('submission@example.com')).toEqual({ sent: true });
      expect(relayServer.lines).toContain('through the proxy');
      expect(await ask('gone@example.com')).toEqual({
        error: expect.stringContaining('Authentication failed.'),
      });
      await proxy.logged(/submission-login: Info: proxy\(submission@example\.com,.*Disconnected by/);
    });

    test('brings ManageSieve users to their backend', async () => {
      const ask = (user: string) =>
        python(SIEVE, { port: proxy.portOf('sieve'), user, password: 'clientpass' });
      expect(await ask('sieve@example.com')).toEqual({ login: 'OK "Logged in."', put: 'OK', list: 'OK' });
      expect(await ask('away@example.com')).toEqual({ login: 'NO "Authentication failed."' });
      await proxy.logged(/managesieve-login: Info: proxy\(sieve@example\.com,.*Disconnected by/);
    });

    test('serves curl in clear and with TLS', async () => {
      const at = (listener: string) =>
        `127.0.0.1:${listener === 'imap' ? proxy.port : proxy.portOf(listener)}`;
      const user = (name: string) => ['-u', `${name}@example.com:clientpass`];
      for (const listener of ['imap', 'imaps'])
        expect(await curl(`${listener}://${at(listener)}/`, ...user('imap'))).toContain('INBOX');
      expect(await curl(`imap://${at('imap')}/`, '--ssl-reqd', ...user('imap'))).toContain('INBOX');
      for (const listener of ['pop3', 'pop3s'])
        expect(await curl(`${listener}://${at(listener)}/`, ...user('pop3'))).toBe('\r\n');
      expect(await curl(`pop3://${at('pop3')}/`, '--ssl-reqd', ...user('pop3'))).toBe('\r\n');
      const message = join(folder, `message-${version}`);
      writeFileSync(message, 'Subject: x\r\n\r\nby curl\r\n');
      const mail = ['--mail-from', 'joe@example.com', '--mail-rcpt', 'ann@example.com', '-T', message];
      for (const [scheme, listener] of [
        ['smtp', 'submission'],
        ['smtps', 'submissions'],
      ] as const)
        await curl(`${scheme}://${at(listener)}/`, ...user('submission'), ...mail);
      await curl(`smtp://${at('submission')}/`, '--ssl-reqd', ...user('submission'), ...mail);
      expect(relayServer.lines.filter((text) => text === 'by curl')).toHaveLength(3);
    });

    test('serves openssl s_client with TLS at once and by STARTTLS', async () => {
      expect(await secured(proxy.port, 'imap', 'a CAPABILITY\r\n', /^a OK/m)).toContain('AUTH=PLAIN');
      expect(await secured(proxy.portOf('imaps'), null, 'a CAPABILITY\r\n', /^a OK/m)).toContain(
        'AUTH=PLAIN',
      );
      expect(await secured(proxy.portOf('pop3'), 'pop3', 'CAPA\r\n', /^\.\r/m)).toContain('SASL PLAIN');
      expect(await secured(proxy.portOf('pop3s'), null, 'CAPA\r\n', /^\.\r/m)).toContain('SASL PLAIN');
      const hello = 'EHLO x\r\n';
      expect(await secured(proxy.portOf('submission'), 'smtp', hello, /^250 /m)).toContain('AUTH PLAIN');
      expect(await secured(proxy.portOf('submissions'), null, hello, /^250 /m)).toContain('AUTH PLAIN');
      const noop = 'NOOP "x"\r\n';
      expect(await secured(proxy.portOf('sieve'), 'sieve', noop, /^OK \(TAG/m)).toContain('Done');
      expect(await secured(proxy.portOf('lmtp'), 'lmtp', 'LHLO x\r\n', /^250 /m)).not.toContain('STARTTLS');
    });

    test('serves a sieve client', async () => {
      const question = { port: proxy.portOf('sieve'), user: 'sieve@example.com', password: 'clientpass' };
      expect(await python(SIEVELIB, question, '/usr/bin/python3')).toEqual({
        login: true,
        put: true,
        list: expect.arrayContaining(['two']),
      });
    });
  });
});
