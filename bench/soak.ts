import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SOAK_GROUPS, type SoakReport } from './soak-clients.js';

const SAMPLE_MS = 10_000;

interface Sample {
  readonly seconds: number;
  readonly mib: number;
  readonly report: SoakReport;
}

function startRole(role: string, port: number): ChildProcess {
  return fork(join(dirname(process.argv[1] ?? ''), 'soak-role.mjs'), [role, String(port)]);
}

async function startBackend(port = 0): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = startRole('backend', port);
  const told = await messageOf<{ readonly port: number }>(child);
  return { child, port: told.port };
}

function messageOf<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve) => child.once('message', (message) => resolve(message as T)));
}

async function reportOf(clients: ChildProcess): Promise<SoakReport> {
  const report = messageOf<SoakReport>(clients);
  clients.send('report');
  return report;
}

function writeConfig(folder: string, stable: number, failing: number): string {
  const users = SOAK_GROUPS.flatMap(({ name, count }) =>
    Array.from({ length: count }, (_, index) => {
      const port = name === 'failing' ? failing : stable;
      return `${name}${index}:{PLAIN}secret::::::proxy=y host=127.0.0.1 port=${port}`;
    }),
  );
  writeFileSync(join(folder, 'users'), `${users.join('\n')}\n`);
  const path = join(folder, 'dovecot.conf');
  writeFileSync(
    path,
    `protocols = imap
ssl = no
disable_plaintext_auth = no
login_proxy_max_reconnects = 0
passdb {
  driver = passwd-file
  args = ${folder}/users
}
`,
  );
  return path;
}

/** MiB of a process and its children (Pss). */
function memoryOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const pids = [pid, ...(children === '' ? [] : children.split(' ').map(Number))];
  const kib = pids.reduce((sum, one) => {
    const text = readFileSync(`/proc/${one}/smaps_rollup`, 'utf8');
    return sum + Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
  }, 0);
  return kib / 1024;
}

interface Proxy {
  readonly child: ChildProcess;
  readonly port: number;
  log(): string;
}

async function startProxy(config: string): Promise<Proxy> {
  const args = ['serve', '-c', config, '--listen', 'imap=127.0.0.1:0', '--workers', '4', '--breaker', '5:2'];
  const child = spawn(process.execPath, ['bin/dvproxy.js', ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${said}`)));
    child.stderr.on('data', (chunk: Buffer) => {
      // Lines of logins are many.
      said = (said + chunk.toString())
        .split('\n')
        .filter((line) => !line.includes('imap-login: Info'))
        .join('\n');
      if (/^dvproxy: ready/m.test(said)) resolve();
    });
  });
  return { child, port: Number(/imap=127\.0\.0\.1:(\d+)/.exec(said)?.[1]), log: () => said };
}

/**
 * 10,000 idle and 500 busy sessions for `minutes`: a reload after 30 % of the time, one of two backends killed after 50 %
 * and back after 60 %. The busy ones check every byte.
 */
export async function benchSoak(minutes: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-soak-'));
  const stable = await startBackend();
  let failing = await startBackend();
  const proxy = await startProxy(writeConfig(folder, stable.port, failing.port));
  const clients = startRole('clients', proxy.port);
  const all = SOAK_GROUPS.reduce((sum, { count }) => sum + count, 0);
  try {
    while ((await reportOf(clients)).logins < all) await sleep(500);
    const total = minutes * 60_000;
    const begun = Date.now();
    const samples: Sample[] = [];
    const plan = [
      { at: 0.3, act: () => void proxy.child.kill('SIGHUP') },
      { at: 0.5, act: () => void failing.child.kill('SIGKILL') },
      {
        at: 0.6,
        act: async () => {
          failing = await startBackend(failing.port);
        },
      },
    ];
    for (;;) {
      const elapsed = Date.now() - begun;
      const due = plan[0] !== undefined && elapsed >= plan[0].at * total ? plan.shift() : undefined;
      await due?.act();
      const mib = memoryOf(proxy.child.pid ?? 0);
      samples.push({ seconds: Math.round(elapsed / 1000), mib, report: await reportOf(clients) });
      if (elapsed >= total) break;
      await sleep(Math.min(SAMPLE_MS, total / 20));
    }
    // What is on its way comes back before the end.
    let last = await reportOf(clients);
    for (let wait = 0; wait < 100 && last.open < all; wait++) {
      await sleep(100);
      last = await reportOf(clients);
    }
    return soakText(minutes, samples, last, proxy.log());
  } finally {
    for (const child of [clients, proxy.child, stable.child, failing.child]) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

function soakText(minutes: number, samples: readonly Sample[], last: SoakReport, log: string): string {
  const at = (part: number) => samples[Math.round((samples.length - 1) * part)];
  const rows = [0, 0.1, 0.25, 0.45, 0.55, 0.75, 1].flatMap((part) => {
    const sample = at(part);
    if (sample === undefined) return [];
    const { open, logins, echoed, wrong } = sample.report;
    const mb = Math.round(echoed / 1e6);
    return [`| ${sample.seconds} | ${sample.mib.toFixed(1)} | ${open} | ${logins} | ${mb} | ${wrong} |`];
  });
  return [
    `### Soak: 10,000 idle and 500 busy sessions, ${minutes} minutes`,
    '',
    '| second | proxy MiB | open | logins so far | MB checked | wrong bytes |',
    '| ------ | --------- | ---- | ------------- | ---------- | ----------- |',
    ...rows,
    '',
    `Sessions that ended: ${JSON.stringify(last.ended)}, with bytes on their way: ${JSON.stringify(last.lost)}; refused logins: ${last.refused}.`,
    `Reloads in the log: ${log.match(/configuration reloaded/g)?.length ?? 0}; errors of the proxy: ${log.match(/: Error: /g)?.length ?? 0}.`,
    '',
  ].join('\n');
}
