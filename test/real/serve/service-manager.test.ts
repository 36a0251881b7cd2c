import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

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
