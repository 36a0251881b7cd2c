import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runDvproxy } from '../servers/dvproxy.js';

const folder = mkdtempSync(join(tmpdir(), 'dvproxy-sockets-'));
afterAll(() => rmSync(folder, { recursive: true }));
const program = new URL('../../../bin/dvproxy.js', import.meta.url).pathname;

// What systemd does: open a socket, name it, and become the service.
const ACTIVATE = `
import os, socket, sys
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='imap')
os.execv(sys.argv[1], sys.argv[1:])
`;

// What systemd does for Type=notify: listen, start the service, and read what it says.
const NOTIFY = `
import os, socket, subprocess, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
os.environ['NOTIFY_SOCKET'] = sys.argv[1]
subprocess.Popen(sys.argv[2:])
while True:
    print(listener.recv(4096).decode().replace('\\n', ' '), flush=True)
`;

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython && process.env['CI'] === 'true') throw new Error('no python3 in PATH');
if (!hasPython) console.warn('sockets of a service manager skipped: no python3 in PATH');

describe.skipIf(!hasPython).each([1, 2])(
  'a proxy of %i process(es) started by a service manager',
  (workers) => {
    test('serves the socket that it was given under the name of its listener', async () => {
      const config = join(folder, 'dovecot.conf');
      writeFileSync(
        config,
        'protocols = imap\nssl = no\npassdb {\n  driver = static\n  args = nopassword=y proxy=y host=127.0.0.1\n}\n',
      );
      const command = [process.execPath, program, 'serve', '-c', config, '--workers', String(workers)];
      const proxy = spawn('python3', ['-c', ACTIVATE, ...command]);
      let stdout = '';
      let stderr = '';
      proxy.stdout.on('data', (chunk: Buffer) => {
        stdout += chunk.toString();
      });
      const ended = new Promise<number | null>((resolve) => proxy.on('exit', resolve));
      await new Promise<void>((resolve, reject) => {
        proxy.stderr.on('data', (chunk: Buffer) => {
          stderr += chunk.toString();
          if (stderr.includes('dvproxy: ready')) resolve();
        });
        void ended.then((code) => reject(new Error(`ended with ${code}: ${stderr}`)));
      });
      const port = Number(stdout);
      expect(stderr).toContain(`ready imap=127.0.0.1:${port} `);
      const greeting = await new Promise<string>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', reject);
        socket.once('data', (chunk) => {
          socket.destroy();
          resolve(chunk.toString());
        });
      });
      expect(greeting).toMatch(/^\* OK .*ready\.\r\n$/);
      proxy.kill('SIGTERM');
      expect(await ended).toBe(0);
    });
  },
);

const hasNotify = hasPython && spawnSync('systemd-notify', ['--version']).status === 0;
if (!hasNotify && process.env['CI'] === 'true') throw new Error('no systemd-notify in PATH');
if (!hasNotify) console.warn('notices to a service manager skipped: no systemd-notify in PATH');

describe.skipIf(!hasNotify)('a proxy of a service manager that waits', () => {
  test('says when it is ready, who serves after a restart, and when it stops', async () => {
    const config = join(folder, 'notify.conf');
    writeFileSync(
      config,
      'protocols = imap\nssl = no\npassdb {\n  driver = static\n  args = nopassword=y\n}\n',
    );
    const admin = ['--admin', `unix:${join(folder, 'notify-admin.sock')}`];
    const manager = spawn('python3', [
      ...['-c', NOTIFY, join(folder, 'notify.sock'), process.execPath, program, 'serve', '-c', config],
      ...['--listen', 'imap=127.0.0.1:0', ...admin],
    ]);
    let said = '';
    manager.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const pids = () =>
      [...said.matchAll(/READY=1.*/g)].map(([line]) => /MAINPID=(\d+)/.exec(line)?.[1] ?? line);
    const status = async (): Promise<{ readonly pid: number }> =>
      JSON.parse(await runDvproxy(['stats', '--format', 'json', ...admin]));
    await expect.poll(() => said, { timeout: 30_000 }).toMatch(/READY=1/);
    const { pid } = await status();
    await runDvproxy(['restart', ...admin]);
    await expect.poll(() => pids().length, { timeout: 30_000 }).toBe(2);
    const next = await status();
    expect(next.pid).not.toBe(pid);
    expect(said).toContain(`MAINPID=${pid}`);
    expect(said).toContain(`MAINPID=${next.pid}`);
    // The one that was replaced ends; the service does not stop with it.
    expect(said).not.toContain('STOPPING=1');
    await runDvproxy(['stop', ...admin]);
    await expect.poll(() => said, { timeout: 30_000 }).toMatch(/STOPPING=1/);
    manager.kill('SIGKILL');
  });
});

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!hasAnalyze && process.env['CI'] === 'true') throw new Error('no systemd-analyze in PATH');
if (!hasAnalyze) console.warn('units of systemd skipped: no systemd-analyze in PATH');

test.skipIf(!hasAnalyze)('the units are what systemd takes', () => {
  const packaging = new URL('../../../packaging/', import.meta.url);
  for (const name of ['dvproxy.service', 'dvproxy.socket']) {
    const text = readFileSync(new URL(name, packaging), 'utf8');
    // The program is not installed here.
    writeFileSync(join(folder, name), text.replaceAll('/usr/bin/dvproxy', process.execPath));
  }
  const units = ['dvproxy.service', 'dvproxy.socket'].map((name) => join(folder, name));
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', ...units], { encoding: 'utf8' });
  expect(`${stdout}${stderr}`).toBe('');
  expect(status).toBe(0);
});
