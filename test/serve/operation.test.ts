import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.js';
import { LineBackend } from './line-backend.js';

const folder = mkdtempSync(join(tmpdir(), 'dvproxy-operation-'));
const program = new URL('../../bin/dvproxy.js', import.meta.url).pathname;
const admin = `unix:${join(folder, 'admin.sock')}`;

/** A login that stays. */
async function logIn(port: number, user: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      if (text === '') socket.write(`a LOGIN ${user} secret\r\n`);
      text += chunk.toString();
      if (/^a OK/m.test(text)) resolve();
      if (/^a (?:NO|BAD)/m.test(text)) reject(new Error(text));
    });
  });
  return socket;
}

async function dvproxy(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  const exitCode = await main([...args, '--admin', admin], {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    stdoutIsTty: false,
    stderrIsTty: false,
    columns: 80,
    environment: {},
  });
  return { exitCode, stdout, stderr };
}

describe.each([1, 2])('a proxy of %i process(es)', (workers) => {
  const config = join(folder, `dovecot-${workers}.conf`);
  let backend: LineBackend;
  let proxy: ChildProcess;
  let port = 0;
  let http = '';
  let log = '';
  const sockets: Socket[] = [];

  beforeAll(async () => {
    backend = await LineBackend.start('* OK [CAPABILITY IMAP4rev1 SASL-IR ID] there\r\n', (line) => {
      const tag = line.split(' ', 1)[0] ?? '';
      return /^\S+ (?:LOGOUT|ID)/.test(line)
        ? `${tag} OK done\r\n`
        : `${tag} OK [CAPABILITY IMAP4rev1] in\r\n`;
    });
    writeFileSync(
      config,
      'protocols = imap\nssl = no\ndisable_plaintext_auth = no\npassdb {\n  driver = static\n' +
        `  args = nopassword=y proxy=y host=127.0.0.1 port=${backend.port}\n}\n`,
    );
    proxy = spawn(process.execPath, [
      program,
      ...['serve', '-c', config, '--listen', 'imap=127.0.0.1:0', '--workers', String(workers)],
      ...['--admin', admin, '--http', '127.0.0.1:0'],
    ]);
    await new Promise<void>((resolve, reject) => {
      proxy.on('exit', (code) => reject(new Error(`serve ended with ${code}: ${log}`)));
      proxy.stderr?.on('data', (chunk: Buffer) => {
        log += chunk.toString();
        http = /status page and metrics at (\S+)/.exec(log)?.[1] ?? '';
        port = Number(/ready imap=127\.0\.0\.1:(\d+)/.exec(log)?.[1] ?? 0);
        if (http !== '' && port !== 0) resolve();
      });
    });
    for (const user of ['joe', 'jane', 'joe']) sockets.push(await logIn(port, user));
  });

  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    proxy.kill('SIGKILL');
    await backend.stop();
  });

  test('lists its sessions, of all users or one', async () => {
    const { sessions } = JSON.parse((await dvproxy('who', '--format', 'json')).stdout);
    expect(sessions).toHaveLength(3);
    expect(sessions[0]).toMatchObject({
      protocol: 'imap',
      user: 'jane',
      client_ip: '127.0.0.1',
      backend: `127.0.0.1:${backend.port}`,
      state: 'proxied',
    });
    const { stdout } = await dvproxy('who', 'joe');
    expect(stdout.split('\n').map((line) => line.split(' ', 1)[0])).toEqual(['username', 'joe', 'joe', '']);
  });

  test('counts connections, logins and backends, as text, JSON and metrics', async () => {
    const stats = JSON.parse((await dvproxy('stats', '--format', 'json')).stdout);
    const name = `127.0.0.1:${backend.port}`;
    expect(stats).toMatchObject({
      workers,
      sessions: 3,
      counts: {
        connections: { imap: 3 },
        logins: { 'imap ok': 3 },
        backends: { [`${name} connected`]: 3 },
      },
    });
    expect((await dvproxy('stats')).stdout).toMatch(/^imap +3 +3 +0 +0$/m);
    const response = await fetch(`${http}metrics`);
    expect(response.headers.get('content-type')).toContain('application/openmetrics-text');
    const metrics = await response.text();
    expect(metrics).toContain('dvproxy_sessions{protocol="imap",state="proxied"} 3\n');
    expect(metrics).toContain('dvproxy_logins_total{protocol="imap",result="ok"} 3\n');
    expect(metrics).toContain(`dvproxy_backend_connects_total{backend="${name}",result="connected"} 3\n`);
    expect(metrics.endsWith('# EOF\n')).toBe(true);
  });

  test('says that it is well, shows a page, and refuses everything else', async () => {
    const health = await fetch(`${http}healthz`);
    expect([health.status, await health.text()]).toEqual([200, 'ok\n']);
    const page = await (await fetch(http)).text();
    expect(page).toContain('<td>jane</td><td>imap</td><td>127.0.0.1</td>');
    expect((await fetch(`${http}nothing`)).status).toBe(404);
    expect((await fetch(http, { method: 'POST' })).status).toBe(405);
  });

  test('ends the sessions of a user, and says how many they were', async () => {
    const ended = new Promise<void>((resolve) => sockets[0]?.once('close', () => resolve()));
    expect(await dvproxy('kick', 'joe')).toMatchObject({ exitCode: 0, stdout: '2 connections kicked\n' });
    await ended;
    expect(await dvproxy('kick', 'joe')).toMatchObject({ exitCode: 1, stdout: '0 connections kicked\n' });
    expect(await dvproxy('kick', '-h', '192.0.2.1')).toMatchObject({ exitCode: 1 });
    expect(await dvproxy('kick')).toMatchObject({ exitCode: 2 });
  });

  test('reads its configuration again, or keeps the old one and says why', async () => {
    expect(await dvproxy('reload')).toMatchObject({ exitCode: 0, stdout: 'configuration reloaded\n' });
    appendFileSync(config, 'nonsense = x\n');
    const refused = await dvproxy('reload');
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toContain('Unknown setting: nonsense');
    sockets.push(await logIn(port, 'jim'));
    expect((await dvproxy('who', 'jim')).stdout).toContain('jim');
  });

  test('keeps its socket to its user, and to itself', async () => {
    const path = admin.slice('unix:'.length);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const reply = await new Promise<string>((resolve) => {
      const socket = connect(path, () => socket.write('no JSON\n'));
      socket.on('data', (chunk) => resolve(chunk.toString()));
    });
    expect(JSON.parse(reply)).toEqual({ schema: 1, ok: false, error: 'the request is no JSON' });
    const second = spawn(process.execPath, [
      program,
      'serve',
      '-c',
      config,
      '--lenient',
      '--admin',
      admin,
      '--listen',
      'imap=127.0.0.1:0',
    ]);
    let stderr = '';
    second.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    expect(await new Promise((resolve) => second.on('exit', resolve))).toBe(1);
    expect(stderr).toContain('another proxy answers on it');
  });

  test('stops when it is told to, and takes its socket along', async () => {
    proxy.removeAllListeners('exit');
    const ended = new Promise((resolve) => proxy.on('exit', resolve));
    expect(await dvproxy('stop')).toMatchObject({ exitCode: 0 });
    for (const socket of sockets) socket.destroy();
    expect(await ended).toBe(0);
    expect(log.match(/Disconnected by proxy: Kicked by admin: user=<joe>/g)).toHaveLength(2);
    expect(existsSync(admin.slice('unix:'.length))).toBe(false);
    const { exitCode, stderr } = await dvproxy('who');
    expect(exitCode).toBe(75);
    expect(stderr).toContain('admin socket');
  });
});

afterAll(() => rmSync(folder, { recursive: true }));
