import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authenticate } from '../../../src/auth/authenticate.js';
import { openChain } from '../../../src/auth/chain.js';
import { policySettings } from '../../../src/auth/policy-settings.js';
import { nodeConfigHost } from '../../../src/cli/node-host.js';
import { nodeSystem } from '../../../src/cli/node-system.js';
import { loadConfig } from '../../../src/config/load.js';
import { createDatabases } from '../../../src/databases/open.js';
import { HttpPolicyServer } from '../../../src/databases/policy-server.js';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { doveadmReport } from '../../../src/report/simulation-doveadm.js';
import { questionOf, requestOf } from '../../../src/simulate/question.js';
import { type DovecotAuth, dovecotMissing, startDovecotAuth } from '../servers/dovecot-auth.js';
import { printedBy } from '../servers/dvproxy.js';

/** A policy server that does what the name of the user says, and remembers what it was sent. */
class PolicyDouble {
  readonly #server: Server;
  readonly #seen: object[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const { url = '', headers } = request;
        const key = headers['x-api-key'] ?? headers['x-policy'] ?? null;
        this.#seen.push({ url, type: headers['content-type'], agent: headers['user-agent'], key, body });
        const user = /"login":"([^"@]*)/.exec(body)?.[1] ?? '';
        const [status, text] = url.endsWith('report') ? [200, ''] : (ANSWERS[user] ?? [200, '{"status":0}']);
        response.writeHead(status, { 'Content-Type': 'application/json' });
        response.end(text);
      });
    });
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  /** Everything since the last time, once so many requests are there. */
  async seen(count: number): Promise<object[]> {
    await expect.poll(() => this.#seen.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
    return this.#seen.splice(0);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

const ANSWERS: Readonly<Record<string, readonly [number, string]>> = {
  no: [200, '{"status":-1,"msg":"go away"}'],
  mute: [200, '{"status":-1}'],
  slow: [200, '{"status":1,"msg":"wait"}'],
  more: [200, '{"status":0,"msg":"","other":{"x":[1]}}'],
  broken: [500, ''],
  empty: [200, ''],
  odd: [200, '{"status":"x"}'],
  none: [200, '{"msg":"hello"}'],
};

const USERS = ['ann', 'bob@a.org', ...Object.keys(ANSWERS), 'nobody', 'disabled'];
const LOGINS = [...USERS.map((user) => [user, 'pw'] as const), ['ann', 'wrong'], ['no', 'wrong']] as const;
const FEW = LOGINS.filter(([user]) => ['ann', 'no', 'slow', 'broken'].includes(user));

interface Setup {
  readonly name: string;
  readonly logins: readonly (readonly [user: string, password: string])[];
  readonly settings: Readonly<Record<DovecotVersion & ('2.3.19.1' | '2.4.1'), string>>;
}

const both = (text: string) => ({ '2.3.19.1': text, '2.4.1': text });

const SETUPS: readonly Setup[] = [
  { name: 'as it is by default', logins: LOGINS, settings: both('') },
  { name: 'that is obeyed in doubt', logins: LOGINS, settings: both('auth_policy_reject_on_fail = yes\n') },
  { name: 'whose words are only logged', logins: FEW, settings: both('auth_policy_log_only = yes\n') },
  {
    name: 'asked only before',
    logins: FEW,
    settings: both(
      'auth_policy_check_after_auth = no\nauth_policy_report_after_auth = no\nauth_policy_hash_mech = sha1\nauth_policy_hash_truncate = 0\nauth_policy_server_api_header = secret\n',
    ),
  },
  {
    name: 'asked only behind, with attributes of attributes',
    logins: FEW,
    settings: {
      '2.3.19.1':
        'auth_policy_check_before_auth = no\nauth_policy_hash_truncate = 21\nauth_policy_hash_mech = sha512\n' +
        'auth_policy_server_api_header = X-Policy: a:b\n' +
        'auth_policy_request_attributes = login=%{requested_username} z/b=%{rip} z/a=%u a/x=%n a/y=%{session} pw=%{hashed_password}\n',
      '2.4.1':
        'auth_policy_check_before_auth = no\nauth_policy_hash_truncate = 21\nauth_policy_hash_mech = sha512\n' +
        'auth_policy_server_api_header = X-Policy: a:b\n' +
        'auth_policy_request_attributes {\n  z/b = %{remote_ip}\n  z/a = %{user}\n  a/x = %{user | username}\n  a/y = %{session}\n}\n',
    },
  },
];

describe.each(['2.3.19.1', '2.4.1'] as const)('the policy server of Dovecot %s', (version) => {
  const missing = dovecotMissing(version);
  if (missing !== null) {
    test(`is not compared: ${missing}`, () => expect(process.env['CI']).toBeUndefined());
    return;
  }
  describe.each(SETUPS)('$name', ({ settings, logins }) => {
    const double = new PolicyDouble();
    let server: DovecotAuth;
    beforeAll(async () => {
      const port = await double.listen();
      const passdb = (file: string, more = '') =>
        version === '2.3.19.1'
          ? `passdb ${file} {\n  driver = passwd-file\n  args = @DIR@/${file}\n${more}}\n`
          : `passdb ${file} {\n  driver = passwd-file\n  passwd_file_path = @DIR@/${file}\n${more}}\n`;
      const lines = USERS.filter((user) => user !== 'nobody').map((user) => `${user}:{PLAIN}pw::::::a=1\n`);
      server = startDovecotAuth({
        version,
        config:
          `auth_policy_server_url = http://127.0.0.1:${port}/\nauth_policy_hash_nonce = salt\n${settings[version]}` +
          passdb('denied', '  deny = yes\n') +
          passdb('users'),
        files: { users: lines.join(''), denied: 'disabled:{PLAIN}pw::::::\n' },
      });
    });
    afterAll(async () => {
      double.close();
      await server.stop();
    });

    test('is sent the same, and is obeyed in the same way', async () => {
      const ours = await ourSide(server, version);
      const compared: [object, object][] = [];
      for (const [user, password] of logins) {
        const { said, requests, sent } = await ours.ask(user, password);
        const about = ['service=imap', 'rip=192.0.2.7', 'session=s"1'].flatMap((each) => ['-x', each]);
        const real = await printedBy(server.commandOf('doveadm', ['auth', 'test', ...about, user, password]));
        const sentByReal = await double.seen(requests);
        compared.push([
          { user, password, ...said, sent },
          { user, password, ...real, sent: sentByReal },
        ]);
      }
      await ours.close();
      for (const [mine, real] of compared) expect(mine).toEqual(real);
    }, 120_000);

    async function ourSide({ directory, realDirectory }: DovecotAuth, of: '2.3.19.1' | '2.4.1') {
      const config = loadConfig({
        path: `${realDirectory}/dovecot.conf`,
        host: nodeConfigHost(),
        version: of,
        maps: directory === realDirectory ? [] : [{ from: directory, to: realDirectory }],
      });
      const mapPath = (path: string) =>
        path.startsWith(`${directory}/`) ? realDirectory + path.slice(directory.length) : path;
      const databases = createDatabases({ config, mapPath });
      const policy = policySettings(config.effective);
      if (policy === null) throw new Error('no policy server is set');
      const chain = await openChain({
        settings: config.effective.auth({ protocol: 'imap' }),
        open: databases.openPassdb,
        system: nodeSystem(),
        resolve: async () => ({ kind: 'not-asked' }),
        policy: new HttpPolicyServer(policy, false),
      });
      return {
        async ask(user: string, password: string) {
          const question = questionOf(user, { password, remoteIp: '192.0.2.7', session: 's"1' });
          const request = requestOf(question, false);
          const answer = await authenticate(request, chain);
          const { stdout, stderr, exitCode } = doveadmReport({ version: of, question, request, answer });
          const isIn = answer.passdbResult === 'ok';
          const wasRefused = answer.passdbResult === null;
          const requests =
            Number(policy.checkBefore) +
            Number(policy.checkAfter && isIn && !wasRefused) +
            Number(policy.reportAfter);
          return { said: { stdout, stderr, exitCode }, requests, sent: await double.seen(requests) };
        },
        async close() {
          await chain.close();
          await databases.close();
        },
      };
    }
  });
});
