import { afterEach, describe, expect, test } from 'vitest';
import { BackendHealth } from '../../../src/serve/operation/backend-health.js';
import { MemoryState } from '../../../src/serve/operation/shared-state.js';
import { joe } from '../cases.js';
import { LineBackend } from '../line-backend.js';
import { RunningProxy } from '../running-proxy.js';
import { ScriptedBackend } from '../scripted-backend.js';
import { ScriptedClient } from '../scripted-client.js';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function keep<T extends { stop(): Promise<void> }>(thing: T): T {
  cleanups.push(() => thing.stop());
  return thing;
}

/** A state whose clock stands still until it is moved. */
function frozenState(failures: number): { readonly state: MemoryState; pass(milliseconds: number): void } {
  let now = 0;
  const health = new BackendHealth({ failures, restMs: 1000 }, () => now);
  return {
    state: new MemoryState(health),
    pass: (milliseconds) => {
      now += milliseconds;
    },
  };
}

async function answerTo(proxy: RunningProxy, command = 'LOGIN joe secret'): Promise<string> {
  const client = await ScriptedClient.connect(proxy.port('imap'));
  cleanups.push(() => client.close());
  await client.greeting();
  return client.command('a', command);
}

const UNAVAILABLE = 'a NO [UNAVAILABLE] Account is temporarily unavailable.\r\n';

describe('the circuit breaker', () => {
  test('keeps sessions from a backend that cannot be reached, until one of them finds it well', async () => {
    const { state, pass } = frozenState(2);
    const gone = await ScriptedBackend.start();
    const { port } = gone;
    await gone.stop();
    const proxy = keep(await RunningProxy.start([joe(port)], '', [], state));
    for (let i = 0; i < 3; i++) expect(await answerTo(proxy)).toBe(UNAVAILABLE);
    expect(proxy.log.filter((line) => line.includes('Connection refused (after'))).toHaveLength(2);
    expect(
      proxy.log.filter((line) => line.includes('The backend is down (Connection refused)')),
    ).toHaveLength(1);
    expect(state.backends).toMatchObject([{ backend: `127.0.0.1:${port}`, state: 'down', failures: 2 }]);
    pass(1000);
    expect(await answerTo(proxy)).toBe(UNAVAILABLE);
    expect(state.backends).toMatchObject([{ state: 'down', failures: 3 }]);
  });

  test('counts a backend that is silent, or that closes at once, and forgets it with its first word', async () => {
    const { state, pass } = frozenState(2);
    let isWell = false;
    const backend = keep(
      await ScriptedBackend.start({
        banner: null,
        accepted: (socket) => {
          if (isWell) socket.write('* OK [CAPABILITY IMAP4rev1 SASL-IR ID] well again\r\n');
        },
      }),
    );
    const proxy = keep(await RunningProxy.start([joe(backend.port, 'proxy_timeout=1')], '', [], state));
    for (let i = 0; i < 2; i++) expect(await answerTo(proxy)).toBe(UNAVAILABLE);
    expect(state.backends).toMatchObject([{ state: 'down', last_error: 'Timed out' }]);
    isWell = true;
    expect(await answerTo(proxy)).toBe(UNAVAILABLE);
    pass(1000);
    expect(await answerTo(proxy)).toMatch(/^a OK /);
    expect(state.backends).toEqual([]);
  });
});

describe('a drained backend', () => {
  test('keeps the sessions that it has, and gets no new one', async () => {
    const state = new MemoryState();
    const backend = keep(await ScriptedBackend.start());
    const proxy = keep(await RunningProxy.start([joe(backend.port)], '', [], state));
    const client = await ScriptedClient.connect(proxy.port('imap'));
    cleanups.push(() => client.close());
    await client.greeting();
    await client.command('a', 'LOGIN joe secret');
    state.change('drain', '127.0.0.1');
    expect(await answerTo(proxy)).toBe(UNAVAILABLE);
    expect(proxy.log.join('\n')).toContain('The backend is drained');
    expect(await client.command('b', 'NOOP')).toBe('b OK done\r\n');
    state.change('reset', '127.0.0.1');
    expect(await answerTo(proxy)).toMatch(/^a OK /);
    expect(backend.connections).toBe(2);
  });

  test.each([
    ['pop3', ['USER joe', 'PASS secret'], /-ERR \[SYS\/TEMP\] Account is temporarily unavailable\.\r\n/],
    [
      'submission',
      ['EHLO x', 'AUTH PLAIN AGpvZQBzZWNyZXQ='],
      /454 4\.7\.0 Account is temporarily unavailable\./,
    ],
    [
      'sieve',
      ['AUTHENTICATE "PLAIN" "AGpvZQBzZWNyZXQ="'],
      /NO \(TRYLATER\) "Account is temporarily unavailable\."/,
    ],
    ['lmtp', ['LHLO x', 'MAIL FROM:<a@example.com>', 'RCPT TO:<joe>'], /451 4\.4\.0 .*\r\n/],
  ] as const)('is a temporary failure in %s', async (protocol, lines, expected) => {
    const state = new MemoryState();
    const backend = keep(await LineBackend.start('+OK\r\n', () => '+OK\r\n'));
    const proxy = keep(await RunningProxy.start([joe(backend.port)], '', [], state));
    state.change('drain', `127.0.0.1:${backend.port}`);
    const client = await ScriptedClient.connect(proxy.port(protocol));
    cleanups.push(() => client.close());
    client.send(lines.map((line) => `${line}\r\n`).join(''));
    await client.until(expected);
    expect(backend.connections).toBe(0);
  });
});
