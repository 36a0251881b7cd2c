import { spawn } from 'node:child_process';
import { treeCpu } from './process-cpu.js';
import type { MailPorts } from './proxy-configs.js';
import type { ProxyTarget } from './proxy-targets.js';

/** What one run of the load generator prints (bench/mailload.c). */
interface LoadReport {
  readonly n: number;
  readonly failed: number;
  readonly wall_s: number;
  readonly per_s: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  readonly mb_s: number;
  readonly err: string;
}

/** One load on one proxy with what it cost the proxy. */
export interface LoadRun extends LoadReport {
  /** CPU seconds of the proxy's process trees. */
  readonly cpu: number;
}

/** A kind of load. */
export interface LoadSuite {
  readonly name: string;
  readonly title: string;
  readonly port: keyof MailPorts;
  readonly args: readonly string[];
  /** Sessions, and fewer for proxies that start a process each. */
  readonly sessions: number;
  readonly slowSessions: number;
  /** Sessions through dvproxy before it is measured: its code is compiled while it runs. */
  readonly warmUp: number;
  /** Bytes a session; logins are counted where it is absent. */
  readonly bytes?: number;
  /** The backend is reached with TLS. */
  readonly tlsToBackend?: boolean;
}

export function runLoad(mailload: string, args: readonly string[]): Promise<LoadReport> {
  return new Promise((resolve, reject) => {
    let text = '';
    const child = spawn(mailload, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', () => {
      const line = text.split('\n').find((one) => one.startsWith('{'));
      if (line === undefined) reject(new Error(`mailload ${args.join(' ')} said nothing`));
      else resolve(JSON.parse(line));
    });
  });
}

export const userFormat = (domain: string) => ['--user-fmt', `u%d@${domain}`];

/** CPU seconds of a proxy once it has nothing more to do. */
async function settledCpu({ pids }: ProxyTarget): Promise<number> {
  let last = -1;
  for (let attempt = 0; attempt < 40; attempt++) {
    const now = pids.reduce((sum, pid) => sum + treeCpu(pid), 0);
    if (now === last) return now;
    last = now;
    await new Promise((resume) => setTimeout(resume, 150));
  }
  return last;
}

/** One suite once on one proxy. */
export async function measureLoad(
  mailload: string,
  target: ProxyTarget,
  { port, args, sessions, slowSessions, bytes }: LoadSuite,
  count = target.slow ? slowSessions : sessions,
): Promise<LoadRun> {
  const all = ['--port', String(target.ports[port]), '-n', String(count), ...args];
  const before = await settledCpu(target);
  const report = await runLoad(mailload, bytes === undefined ? all : [...all, '--bytes', String(bytes)]);
  const cpu = (await settledCpu(target)) - before;
  if (report.failed > 0)
    throw new Error(`${target.label}: ${report.failed} of ${count} failed: ${report.err}`);
  return { ...report, cpu };
}
