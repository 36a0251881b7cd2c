import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RunningProxy } from '../../serve/running-proxy.js';
import { ScriptedBackend } from '../../serve/scripted-backend.js';
import { ScriptedClient } from '../../serve/scripted-client.js';
import { startDvproxy } from '../servers/dvproxy.js';
import { FaultBackend } from './fault-backend.js';

const folder = mkdtempSync(join(tmpdir(), 'dvproxy-machine-'));
const config = join(folder, 'dovecot.conf');
let backend: ScriptedBackend;

beforeAll(async () => {
  backend = await ScriptedBackend.start();
  writeFileSync(
    config,
    `protocols = imap
ssl = no
disable_plaintext_auth = no
login_proxy_max_reconnects = 0
passdb {
  driver = static
  args = nopassword=y proxy=y host=127.0.0.1 port=${backend.port}
}
`,
  );
});

afterAll(async () => {
  await backend.stop();
  rmSync(folder, { recursive: true });
});

async function logIn(port: number): Promise<ScriptedClient> {
  const client = await ScriptedClient.connect(port);
  await client.greeting();
  expect(await client.command('a', 'LOGIN joe secret')).toMatch(/^a OK /m);
  return client;
}

describe('a full disk', () => {
  test('for the log file loses lines and no session', async () => {
    const proxy = await startDvproxy(['-c', config, '--log-path', '/dev/full']);
    const clients = await Promise.all(Array.from({ length: 5 }, () => logIn(proxy.port)));
    for (const client of clients) {
      expect(await client.command('b', 'NOOP')).toBe('b OK done\r\n');
      client.close();
    }
    expect(await proxy.stop()).toBe(0);
  });

  test('for standard error loses lines and no session', async () => {
    const full = openSync('/dev/full', 'w');
    const admin = join(folder, 'full.sock');
    const { pathname } = new URL('../../../bin/dvproxy.js', import.meta.url);
    const proxy = spawn(
      process.execPath,
      [pathname, 'serve', '-c', config, '--listen', 'imap=127.0.0.1:0', '--admin', `unix:${admin}`],
      { stdio: ['ignore', 'ignore', full] },
    );
    closeSync(full);
    const ended = new Promise((resolve) => proxy.once('exit', resolve));
    // It cannot say that it is ready, but its socket can.
    const { askProxy } = await import('../../../src/serve/operation/admin-client.js');
    const status = async () => {
      try {
        const reply = await askProxy(admin, { schema: 1, command: 'status' });
        return reply.ok ? reply.status?.endpoints[0] : undefined;
      } catch {
        return undefined;
      }
    };
    await expect.poll(status, { timeout: 20_000 }).toMatch(/^imap=/);
    const port = Number((await status())?.split(':').at(-1));
    for (let i = 0; i < 5; i++) (await logIn(port)).close();
    proxy.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  test('for a long message of LMTP refuses this message for now', async () => {
    const store = await FaultBackend.start('lmtp', null);
    const proxy = await RunningProxy.start(
      [`joe:secret::::::proxy host=127.0.0.1 port=${store.port}`],
      `mail_temp_dir = ${folder}/nowhere\n`,
    );
    const client = await ScriptedClient.connect(proxy.port('lmtp'));
    client.send('LHLO client\r\nMAIL FROM:<sender@example.com>\r\nRCPT TO:<joe>\r\nDATA\r\n');
    await client.until(/^354 /m);
    client.send(`${'x'.repeat(70)}\r\n`.repeat(5000));
    client.send('.\r\nQUIT\r\n');
    expect(await client.end()).toMatch(/^4\d\d [^\n]*\r\n221 /m);
    await proxy.idle();
    await proxy.stop();
    await store.stop();
  });
});

test('file descriptors that are used up refuse newcomers, not those who are there; and come back', async () => {
  const { pathname } = new URL('../../../bin/dvproxy.js', import.meta.url);
  const script = `ulimit -n 80; exec "$0" "$@"`;
  const proxy = spawn('bash', [
    '-c',
    script,
    process.execPath,
    ...[pathname, 'serve', '-c', config, '--listen', 'imap=127.0.0.1:0'],
  ]);
  let said = '';
  proxy.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise((resolve) => proxy.once('exit', resolve));
  await expect.poll(() => said, { timeout: 20_000 }).toMatch(/^dvproxy: ready/m);
  const port = Number(/imap=127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
  const descriptors = () => readdirSync(`/proc/${proxy.pid}/fd`).length;
  const first = await logIn(port);
  const before = descriptors();
  const crowd: ScriptedClient[] = [];
  const outcomes = new Set<string>();
  for (let i = 0; i < 60; i++) {
    const client = await ScriptedClient.connect(port);
    crowd.push(client);
    client.send('a LOGIN joe secret\r\n');
    const outcome = client.until(/^a (?:OK|NO)|^\* BYE/m).then(
      (text) => text.trim().slice(-4),
      () => 'cut',
    );
    // One that is neither served nor refused waits for a descriptor.
    outcomes.add(
      await Promise.race([outcome, new Promise<string>((resolve) => setTimeout(resolve, 300, 'waits'))]),
    );
    if (outcomes.size > 1 && i > 45) break;
  }
  expect(outcomes.has('a OK')).toBe(true);
  expect(outcomes.size).toBeGreaterThan(1);
  expect(await first.command('b', 'NOOP')).toBe('b OK done\r\n');
  for (const client of crowd) client.close();
  await expect.poll(descriptors, { timeout: 20_000 }).toBeLessThanOrEqual(before);
  (await logIn(port)).close();
  expect(await first.command('c', 'NOOP')).toBe('c OK done\r\n');
  first.close();
  proxy.kill('SIGTERM');
  expect(await ended).toBe(0);
});
