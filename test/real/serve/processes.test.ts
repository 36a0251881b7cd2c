import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ScriptedBackend } from '../../serve/scripted-backend.js';
import { ScriptedClient } from '../../serve/scripted-client.js';
import { type DvproxyServer, runDvproxy, startDvproxy } from '../servers/dvproxy.js';

const folder = mkdtempSync(join(tmpdir(), 'dvproxy-processes-'));
let admin = '';
const config = join(folder, 'dovecot.conf');
let backend: ScriptedBackend;
let number = 0;

beforeAll(async () => {
  backend = await ScriptedBackend.start();
});

afterAll(async () => {
  await backend.stop();
  rmSync(folder, { recursive: true });
});

/** A socket that no other proxy uses. */
function newAdmin(): string {
  admin = `unix:${join(folder, `admin${number}.sock`)}`;
  return admin;
}

function writeConfig(greeting: string): void {
  writeFileSync(
    config,
    `protocols = imap
ssl = no
disable_plaintext_auth = no
login_greeting = ${greeting}
passdb {
  driver = static
  args = nopassword=y proxy=y host=127.0.0.1 port=${backend.port}
}
`,
  );
}

async function logIn(port: number, greeting?: string): Promise<ScriptedClient> {
  const client = await ScriptedClient.connect(port);
  const greeted = await client.greeting();
  if (greeting !== undefined) expect(greeted).toContain(` ${greeting}\r\n`);
  number += 1;
  expect(await client.command('a', `LOGIN joe${number} secret`)).toMatch(/^a OK /m);
  return client;
}

async function greets(port: number): Promise<string> {
  const client = await ScriptedClient.connect(port);
  const greeting = await client.greeting();
  client.close();
  return greeting;
}

interface Pid {
  readonly pid: number;
  readonly workers: number;
  readonly sessions: number;
}

async function stats(): Promise<Pid> {
  return JSON.parse(await runDvproxy(['stats', '--admin', admin, '--format', 'json']));
}

/** Logs in and out without a pause until it is stopped; counts what went wrong. */
function visitors(port: number, count: number) {
  let stopped = false;
  let visits = 0;
  const failures: string[] = [];
  const visit = async () => {
    while (!stopped) {
      try {
        const client = await logIn(port);
        expect(await client.command('b', 'NOOP')).toBe('b OK done\r\n');
        await client.command('c', 'LOGOUT');
        client.close();
        visits += 1;
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const all = Promise.all(Array.from({ length: count }, visit));
  return {
    get visits() {
      return visits;
    },
    failures,
    async stop() {
      stopped = true;
      await all;
    },
  };
}

describe.each([1, 2])('a proxy of %i process(es)', (workers) => {
  let proxy: DvproxyServer;

  beforeAll(async () => {
    writeConfig('First.');
    proxy = await startDvproxy(['-c', config, '--workers', String(workers), '--admin', newAdmin()]);
  });

  test('is replaced while clients come and go: nobody is refused, sessions go on', async () => {
    const staying = await logIn(proxy.port);
    const { pid } = await stats();
    const coming = visitors(proxy.port, 4);
    await expect.poll(() => coming.visits, { timeout: 20_000 }).toBeGreaterThan(20);
    for (let round = 0; round < 2; round++) {
      const before = coming.visits;
      expect(await runDvproxy(['restart', '--admin', admin])).toBe('another process serves new sessions\n');
      await expect.poll(() => coming.visits, { timeout: 20_000 }).toBeGreaterThan(before + 20);
    }
    await coming.stop();
    expect(coming.failures).toEqual([]);
    expect(await staying.command('b', 'NOOP')).toBe('b OK done\r\n');
    staying.close();
    const now = await stats();
    expect(now.pid).not.toBe(pid);
    expect(now.workers).toBe(workers);
    await proxy.logged(/this one goes on with those it has/);
  });

  test('lists and ends the sessions of processes that were replaced like its own', async () => {
    const sessions = async (): Promise<readonly { user: string; pid: number }[]> =>
      JSON.parse(await runDvproxy(['who', '--admin', admin, '--format', 'json'])).sessions;
    const kick = (...what: readonly string[]) => runDvproxy(['kick', ...what, '--admin', admin]);
    const enter = async () => ({ client: await logIn(proxy.port), user: `joe${number}` });
    const first = await enter();
    await runDvproxy(['restart', '--admin', admin]);
    const second = await enter();
    await runDvproxy(['restart', '--admin', admin]);
    const third = await enter();
    const open = await sessions();
    expect(open.map(({ user }) => user).sort()).toEqual([first.user, second.user, third.user].sort());
    expect(new Set(open.map(({ pid }) => pid)).size).toBe(3);
    expect(await stats()).toMatchObject({ sessions: 3 });
    expect(await kick(second.user)).toBe('1 connections kicked\n');
    await expect.poll(() => second.client.ended, { timeout: 20_000 }).toBe(true);
    expect([first.client.ended, third.client.ended]).toEqual([false, false]);
    expect(await kick('-h', '127.0.0.1')).toBe('2 connections kicked\n');
    await expect.poll(() => first.client.ended && third.client.ended, { timeout: 20_000 }).toBe(true);
    await expect.poll(sessions, { timeout: 20_000 }).toEqual([]);
    // Processes without sessions leave nothing behind.
    const left = () => readdirSync(folder).filter((name) => /\.sock\.\d+$/.test(name));
    await expect.poll(left, { timeout: 20_000 }).toEqual([]);
  });

  test('goes on where its successor cannot start', async () => {
    appendFileSync(config, 'nonsense = x\n');
    const { pid } = await stats();
    await expect(runDvproxy(['restart', '--admin', admin])).rejects.toThrow(/the new process ended with 1/);
    expect((await stats()).pid).toBe(pid);
    await proxy.logged(/Unknown setting: nonsense/);
    (await logIn(proxy.port)).close();
    writeConfig('First.');
  });

  test('hands drained backends on, and takes them as well again in all processes', async () => {
    await runDvproxy(['backend', 'drain', '127.0.0.1', '--admin', admin]);
    await runDvproxy(['restart', '--admin', admin]);
    const refused = async () => {
      const client = await ScriptedClient.connect(proxy.port);
      await client.greeting();
      const answer = await client.command('a', 'LOGIN joe secret');
      client.close();
      return answer;
    };
    const { connections } = backend;
    for (let i = 0; i < 6; i++) expect(await refused()).toMatch(/^a NO \[UNAVAILABLE\]/);
    expect(backend.connections).toBe(connections);
    expect(await runDvproxy(['backend', '--admin', admin])).toMatch(/^127\.0\.0\.1 +draining/m);
    await runDvproxy(['backend', 'reset', '127.0.0.1', '--admin', admin]);
    // Workers hear of it a moment later.
    await expect.poll(refused, { timeout: 20_000 }).toMatch(/^a OK/m);
    for (let i = 0; i < 6; i++) (await logIn(proxy.port)).close();
    expect(await runDvproxy(['backend', '--admin', admin])).toBe('all backends are well\n');
  });

  test('reads its configuration again with SIGHUP, in all processes or none; open sessions keep theirs', async () => {
    const old = await ScriptedClient.connect(proxy.port);
    expect(await old.greeting()).toContain('First.');
    const { pid } = await stats();
    writeConfig('Second.');
    process.kill(pid, 'SIGHUP');
    await proxy.logged(/Info: configuration reloaded/);
    for (let i = 0; i < 8; i++) expect(await greets(proxy.port)).toContain('Second.');
    expect(await old.command('a', 'LOGIN joe secret')).toMatch(/^a OK /m);
    old.close();
    writeConfig('Third.');
    appendFileSync(config, 'nonsense = x\n');
    process.kill(pid, 'SIGHUP');
    await proxy.logged(/Error: configuration not reloaded, the old one stays in use: .*nonsense/);
    for (let i = 0; i < 8; i++) expect(await greets(proxy.port)).toContain('Second.');
    writeConfig('First.');
  });

  test('tells the sessions that are open when it stops, and ends', async () => {
    const { pid } = await stats();
    const waiting = await ScriptedClient.connect(proxy.port);
    await waiting.greeting();
    process.kill(pid, 'SIGTERM');
    expect(await waiting.end()).toContain('* BYE Shutting down\r\n');
    await expect
      .poll(
        () => {
          try {
            return process.kill(pid, 0);
          } catch {
            return false;
          }
        },
        { timeout: 20_000 },
      )
      .toBe(false);
  });
});

describe('workers', () => {
  test('are started again where one is killed; sessions of the others never notice, who and kick count all', async () => {
    writeConfig('First.');
    const proxy = await startDvproxy(['-c', config, '--workers', '2', '--admin', newAdmin()]);
    const clients = await Promise.all(Array.from({ length: 12 }, () => logIn(proxy.port)));
    const list = async (): Promise<readonly { user: string; pid: number }[]> =>
      JSON.parse(await runDvproxy(['who', '--admin', admin, '--format', 'json'])).sessions;
    await expect.poll(async () => (await list()).length, { timeout: 20_000 }).toBe(12);
    const [victim = 0] = proxy.workers();
    const cut = (await list()).filter(({ pid }) => pid === victim).length;
    process.kill(victim, 'SIGKILL');
    await expect.poll(() => clients.filter(({ ended }) => ended).length, { timeout: 20_000 }).toBe(cut);
    for (const client of clients)
      if (!client.ended) expect(await client.command('b', 'NOOP')).toContain('b OK');
    await proxy.logged(/worker \d+ was killed with SIGKILL, starting another/);
    await expect.poll(async () => (await stats()).workers, { timeout: 20_000 }).toBe(2);
    await expect.poll(async () => (await list()).length, { timeout: 20_000 }).toBe(12 - cut);
    await expect.poll(() => backend.openConnections, { timeout: 20_000 }).toBe(12 - cut);
    for (const client of clients) if (!client.ended) client.close();
    expect(await proxy.stop()).toBe(0);
  });
});
