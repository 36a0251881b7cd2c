import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { tlsFile } from '../../serve/tls-files.js';
import { dvproxy } from '../../simulate/command-line.js';
import { type DovecotServer, dovecotServerMissing, startDovecot } from '../servers/dovecot.js';
import { freePort } from '../servers/mariadb.js';

const VERSIONS: readonly DovecotVersion[] = ['2.3.19.1', '2.4.1'];
for (const version of VERSIONS) {
  const missing = dovecotServerMissing(version);
  if (missing !== null) console.log(`skipped with Dovecot ${version}: ${missing}`);
}

type Service = 'imap' | 'pop3' | 'submission' | 'sieve' | 'lmtp';

const listener = (service: string, name: string, port: number) =>
  `service ${service} {\n  inet_listener ${name} {\n    port = ${port}\n  }\n}\n`;

function settings(
  version: DovecotVersion,
  ports: Readonly<Record<Exclude<Service, 'imap'>, number>>,
): string {
  const services =
    listener('pop3-login', 'pop3', ports.pop3) +
    listener('pop3-login', 'pop3s', 0) +
    listener('submission-login', 'submission', ports.submission) +
    listener('managesieve-login', 'sieve', ports.sieve) +
    listener('lmtp', 'lmtp', ports.lmtp) +
    'submission_relay_host = 127.0.0.1\n';
  return version === '2.4.1'
    ? `protocols {\n  pop3 = yes\n  submission = yes\n  sieve = yes\n  lmtp = yes\n}\n${services}ssl = yes\nssl_server_cert_file = @DIR@/cert.pem\nssl_server_key_file = @DIR@/key.pem\n`
    : `protocols = imap pop3 submission sieve lmtp\n${services}ssl = yes\nssl_cert = <@DIR@/cert.pem\nssl_key = <@DIR@/key.pem\n`;
}

describe.each(VERSIONS)('--connect to a real Dovecot %s', (version) => {
  describe.skipIf(dovecotServerMissing(version) !== null && process.env['CI'] !== 'true')(
    'as a backend',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'dvproxy-connect-'));
      let backend: DovecotServer;
      let ports: Record<Service, number>;

      beforeAll(async () => {
        const own = {
          pop3: await freePort(),
          submission: await freePort(),
          sieve: await freePort(),
          lmtp: await freePort(),
        };
        backend = await startDovecot(version, {
          users: ['joe:joepass'],
          settings: settings(version, own),
          files: { 'cert.pem': tlsFile('backend.pem'), 'key.pem': tlsFile('backend.key') },
        });
        ports = { ...own, imap: backend.port };
        writeFileSync(join(folder, 'right'), 'joepass\n');
        writeFileSync(join(folder, 'wrong'), 'otherpass\n');
        writeFileSync(join(folder, 'ca.pem'), tlsFile('ca.pem'));
      });
      afterAll(async () => {
        await backend?.stop();
        rmSync(folder, { recursive: true, force: true });
      });

      const connect = async (service: Service, fields: string, ...args: string[]) => {
        const path = join(folder, 'proxy.conf');
        const ca = join(folder, 'ca.pem');
        writeFileSync(
          path,
          `ssl_ca = <${ca}\nssl_client_ca_file = ${ca}\nssl_require_crl = no\npassdb {\n  driver = static\n  args = nopassword=y proxy=y hostip=127.0.0.1 host=backend.example.com port=${ports[service]} ${fields}\n}\n`,
        );
        const { exit, stdout } = await dvproxy([
          ...['simulate', 'joe', '-c', path, '--connect', '--service', service, '--format', 'json', ...args],
        ]);
        const { connect: trial } = JSON.parse(stdout);
        const lines: string[] = trial.events
          .filter(({ kind }: { kind: string }) => kind === 'sent' || kind === 'received')
          .map(({ kind, line }: { kind: string; line: string }) => `${kind === 'sent' ? '>' : '<'} ${line}`);
        const tls = trial.events.find(({ kind }: { kind: string }) => kind === 'tls');
        return { exit, outcome: trial.outcome, verdict: trial.verdict, lines, tls };
      };
      const password = (name: 'right' | 'wrong') => ['--password-file', join(folder, name)];

      test.each(['imap', 'pop3', 'submission', 'sieve'] as const)(
        '%s: logs in by STARTTLS with a good certificate, and is refused with a wrong password',
        async (service) => {
          const good = await connect(service, 'starttls=y', ...password('right'));
          expect(good).toMatchObject({
            exit: 0,
            outcome: 'logged_in',
            tls: { problem: null, checked: true },
          });
          expect(good.lines.join('\n')).not.toContain('joepass');
          const bad = await connect(service, '', ...password('wrong'));
          expect(bad).toMatchObject({ exit: 1, outcome: 'refused' });
          expect(bad.verdict).toMatch(/auth.*failed/i);
        },
      );

      test('imap: what the backend can, without a login', async () => {
        const look = await connect('imap', 'starttls=any-cert');
        expect(look).toMatchObject({ exit: 0, outcome: 'ready' });
        expect(look.lines).toContainEqual(expect.stringMatching(/^< \* CAPABILITY IMAP4rev1 .*AUTH=PLAIN/));
        expect(look.lines.at(-1)).toMatch(/^< Q OK/);
        expect(backend.log()).not.toMatch(/Aborted login.*LOGOUT/);
      });

      test('lmtp: a recipient is accepted, another one is not', async () => {
        const good = await connect('lmtp', 'starttls=y');
        expect(good).toMatchObject({ exit: 0, outcome: 'logged_in', tls: { problem: null } });
        expect(good.lines).toContainEqual(expect.stringMatching(/^< 250 2\.1\.5 OK/));
      });

      test('a certificate for another name is refused before anything is sent', async () => {
        const bad = await connect('imap', 'starttls=y host=other.example.com', ...password('right'));
        expect(bad).toMatchObject({ exit: 1, outcome: 'tls_failed' });
        expect(bad.verdict).toContain("SSL certificate doesn't match expected host name other.example.com");
        expect(bad.lines.join('\n')).not.toContain('LOGIN "');
      });
    },
  );
});
