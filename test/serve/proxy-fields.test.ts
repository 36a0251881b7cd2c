import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ProxyNotify } from '../../src/serve/proxy-notify.js';
import { joe, setUpCases } from './cases.js';

const cases = setUpCases();
const folder = mkdtempSync(join(tmpdir(), 'dvproxy-notify-'));
afterAll(() => rmSync(folder, { recursive: true }));

function readAll(descriptor: number): string {
  const buffer = Buffer.alloc(4096);
  try {
    return buffer.toString('latin1', 0, readSync(descriptor, buffer));
  } catch {
    return '';
  }
}

describe('proxy_refresh', () => {
  test('tells the pipe of login_proxy_notify_path who is still there, by the name of the backend', async () => {
    const pipe = join(folder, 'proxy-notify');
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const backend = await cases.backend();
    const proxy = await cases.proxy(
      [joe(backend.port, 'destuser=jo@x proxy_refresh=1')],
      `login_proxy_notify_path = ${pipe}\n`,
    );
    const client = await cases.client(proxy);
    expect(await client.command('a', 'LOGIN joe secret')).toContain('a OK');
    let told = '';
    while (told.length < 10) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      told += readAll(reader);
    }
    expect(told).toBe('jo@x\njo@x\n');
    client.close();
    await proxy.idle();
    closeSync(reader);
  });

  test('says once a minute that nobody reads', () => {
    let now = 0;
    const notify = new ProxyNotify(join(folder, 'missing'), () => now);
    const problem = `open(${join(folder, 'missing')}) failed: No such file or directory`;
    expect(notify.tell('joe')).toEqual([problem]);
    expect(notify.tell('joe')).toEqual([]);
    now = 60_000;
    expect(notify.tell('joe')).toEqual([problem]);
  });

  test('finds a reader that went away and came back', () => {
    const pipe = join(folder, 'again');
    execFileSync('mkfifo', [pipe]);
    const first = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const notify = new ProxyNotify(pipe);
    expect(notify.tell('a\tb')).toEqual([]);
    expect(readAll(first)).toBe('a\x01tb\n');
    const second = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    closeSync(first);
    expect(notify.tell('c')).toEqual([]);
    expect(readAll(second)).toBe('c\n');
    closeSync(second);
    expect(notify.tell('d')).toEqual([
      `write(${pipe}) failed: Broken pipe`,
      `open(${pipe}) failed: No such device or address`,
    ]);
    notify.close();
  });
});
