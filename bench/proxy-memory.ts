import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { treePids } from './process-cpu.js';
import { userFormat } from './proxy-load.js';
import type { ProxyTarget } from './proxy-targets.js';

/** Sessions that are logged in and say nothing. */
export interface IdleSuite {
  readonly title: string;
  readonly port: 'imap' | 'imaps';
  readonly sessions: number;
}

/** Kilobytes of Pss of all processes of a proxy: shared pages count once. */
function memoryOf({ pids }: ProxyTarget): number {
  let kilobytes = 0;
  for (const pid of pids.flatMap(treePids)) {
    try {
      const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      kilobytes += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
    } catch {
      // It has ended just now.
    }
  }
  return kilobytes;
}

/** KiB a session: all that the proxy takes, divided by its sessions, and what it took more than before. */
export async function measureIdle(
  mailload: string,
  target: ProxyTarget,
  { port, sessions }: IdleSuite,
): Promise<{ readonly total: number; readonly growth: number }> {
  const before = memoryOf(target);
  const child = spawn(
    mailload,
    [
      ...['--port', String(target.ports[port]), '--mode', 'idle', '-n', String(sessions), '-c', '50'],
      ...['--sources', '16', ...userFormat('plain.example'), ...(port === 'imaps' ? ['--tls'] : [])],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  let text = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('READY')) resolve();
    });
    child.once('close', () => reject(new Error(`mailload ended: ${text}`)));
  });
  if (!text.includes('"failed":0')) throw new Error(`${target.label}: ${text}`);
  // Garbage of the logins is collected, and what was read into is given back.
  await new Promise((resume) => setTimeout(resume, 3000));
  const after = memoryOf(target);
  child.stdin.end();
  await ended;
  return { total: after / sessions, growth: (after - before) / sessions };
}
