import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './mariadb.js';

const SERVER = '/usr/bin/redis-server';

/** Why no Redis server can be started here; null: it can. */
export function redisMissing(): string | null {
  return existsSync(SERVER) ? null : 'redis-server is not installed';
}

/** A Redis server of a test: its own folder, 127.0.0.1 on a free port, a password. */
export interface RedisServer {
  readonly port: number;
  readonly password: string;
  /** Runs one command as an administrator; gives what redis-cli prints. */
  command(database: number, ...words: readonly string[]): string;
  remove(): Promise<void>;
}

export async function startRedis(): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-redis-'));
  const port = await freePort();
  const password = 'secret';
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const child: ChildProcess = spawn(SERVER, [...options, '--requirepass', password], { stdio: 'ignore' });
  const command = (database: number, ...words: readonly string[]): string =>
    execFileSync(
      'redis-cli',
      ['-p', String(port), '-a', password, '--no-auth-warning', '-n', String(database), ...words],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
  for (let attempt = 0; ; attempt++) {
    try {
      command(0, 'PING');
      break;
    } catch (error) {
      if (attempt >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    port,
    password,
    command,
    async remove() {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
