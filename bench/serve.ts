import { spawn } from 'node:child_process';
import { loadavg } from 'node:os';
import { median, ratio } from './measure.js';
import { type LoadRun, type LoadSuite, measureLoad, runLoad, userFormat } from './proxy-load.js';
import { type IdleSuite, measureIdle } from './proxy-memory.js';
import {
  type BenchSetup,
  DVPROXY_LABEL,
  HP_23,
  openBenchSetup,
  type ProxyTarget,
  proxyBenchMissing,
  TARGETS,
  type TargetLabel,
} from './proxy-targets.js';
import { LOADS } from './serve-suites.js';

const IDLE: Readonly<Record<string, IdleSuite>> = {
  'idle-10000': { title: '10,000 idle sessions in clear', port: 'imap', sessions: 10_000 },
  'idle-tls-2000': { title: '2,000 idle sessions with TLS', port: 'imaps', sessions: 2000 },
};
const UNDER_BULK = 'bulk-latency';

/**
 * Prints each table as it is made: `dvproxy serve` beside real login proxies, all in turn in every round. `only`: names
 * of suites, and parts of the proxies' labels.
 */
export async function benchServe(rounds: number, only: readonly string[] = []): Promise<string> {
  const missing = proxyBenchMissing();
  if (missing !== null) return `The proxy is not measured: ${missing}\n`;
  const names = [...LOADS.map(({ name }) => name), ...Object.keys(IDLE), UNDER_BULK];
  const chosen = only.filter((text) => names.includes(text));
  const isChosen = (name: string) => chosen.length === 0 || chosen.includes(name);
  const parts = only.filter((text) => !names.includes(text));
  const labels = TARGETS.filter((label) => parts.length === 0 || parts.some((part) => label.includes(part)));
  const setup = await openBenchSetup();
  try {
    for (const [name, suite] of Object.entries(IDLE))
      if (isChosen(name)) console.log(await idleTable(setup, suite, labels));
    const targets: ProxyTarget[] = [];
    for (const label of labels) targets.push(await setup.start(label));
    for (const suite of LOADS)
      if (isChosen(suite.name)) console.log(await loadTable(setup, suite, targets, rounds));
    if (isChosen(UNDER_BULK)) console.log(await bulkTable(setup, targets, rounds));
    return '';
  } finally {
    await setup.close();
  }
}

async function loadTable(
  setup: BenchSetup,
  suite: LoadSuite,
  targets: readonly ProxyTarget[],
  rounds: number,
): Promise<string> {
  const able = targets.filter(({ tlsToBackend }) => tlsToBackend || suite.tlsToBackend !== true);
  const runs = new Map<ProxyTarget, LoadRun[]>(able.map((target) => [target, []]));
  for (const target of able)
    if (target.label.startsWith('dvproxy')) await measureLoad(setup.mailload, target, suite, suite.warmUp);
  // The first round does not count: processes are started.
  for (let round = -1; round < rounds; round++)
    for (const target of able) {
      const run = await measureLoad(setup.mailload, target, suite);
      if (round >= 0) runs.get(target)?.push(run);
    }
  const cost = ({ cpu, n }: LoadRun) =>
    suite.bytes === undefined ? (cpu / n) * 1e4 : (cpu / (n * suite.bytes)) * 1e9;
  const costs = new Map([...runs].map(([{ label }, all]) => [label, median(all.map(cost))]));
  const ours = costs.get(DVPROXY_LABEL) ?? 0;
  const first = costs.get(HP_23) ?? 0;
  const rows = [...runs].map(([{ label }, all]) => {
    const own = costs.get(label) ?? 0;
    const range = `${Math.min(...all.map(cost)).toFixed(2)}..${Math.max(...all.map(cost)).toFixed(2)}`;
    const p50 = median(all.map((run) => run.p50_ms)).toFixed(2);
    const p99 = median(all.map((run) => run.p99_ms)).toFixed(1);
    const times = [ratio(first, own), ratio(own, ours)];
    return `| ${label} | ${own.toFixed(2)} [${range}] | ${times.join(' | ')} | ${p50} | ${p99} |`;
  });
  const unit = suite.bytes === undefined ? 'CPU s per 10,000 logins' : 'CPU s per GB';
  return [
    ...heading(suite.title),
    `| proxy | ${unit}, median [range] | work per CPU second, ${HP_23} = 1 | ${DVPROXY_LABEL} against it | login p50 ms | p99 ms |`,
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function heading(title: string): string[] {
  return [`### ${title}`, '', `Load average ${loadavg()[0]?.toFixed(1)}.`, ''];
}

/** Each proxy is started anew: what is left of other work does not count. */
async function idleTable(
  setup: BenchSetup,
  suite: IdleSuite,
  labels: readonly TargetLabel[],
): Promise<string> {
  const rows: string[] = [];
  for (const label of labels) {
    // One process has too few descriptors for two a session.
    if (label === 'dvproxy, 1 worker') continue;
    const target = await setup.start(label);
    // A process a session takes a megabyte and more each.
    if (!target.slow) {
      const { total, growth } = await measureIdle(setup.mailload, target, suite);
      rows.push(`| ${label} | ${total.toFixed(1)} | ${growth.toFixed(1)} |`);
    }
    await setup.stop(target);
  }
  return [
    ...heading(suite.title),
    '| proxy | KiB of Pss a session, all of it | growth alone |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** Logins with TLS, two at once, while four downloads with TLS take what they can get. */
async function bulkTable(
  setup: BenchSetup,
  targets: readonly ProxyTarget[],
  rounds: number,
): Promise<string> {
  const rows: string[] = [];
  const found = new Map<string, { readonly p50: number[]; readonly p99: number[] }>();
  for (let round = 0; round < rounds; round++)
    for (const target of targets) {
      if (target.slow) continue;
      const base = ['--port', String(target.ports.imaps), '--tls', ...userFormat('plain.example')];
      const bulk = spawn(
        setup.mailload,
        [...base, '--mode', 'down', '-n', '4', '-c', '4', '--bytes', String(1e12)],
        { stdio: 'ignore' },
      );
      const ended = new Promise<void>((resolve) => {
        bulk.once('close', () => resolve());
      });
      await new Promise((resume) => setTimeout(resume, 1000));
      const report = await runLoad(setup.mailload, [...base, '-n', '100', '-c', '2']);
      bulk.kill();
      await ended;
      const all = found.get(target.label) ?? { p50: [], p99: [] };
      found.set(target.label, all);
      all.p50.push(report.p50_ms);
      all.p99.push(report.p99_ms);
    }
  for (const [label, { p50, p99 }] of found)
    rows.push(
      `| ${label} | ${median(p50).toFixed(1)} | ${median(p99).toFixed(1)} | ${Math.max(...p99).toFixed(1)} |`,
    );
  return [
    ...heading('TLS logins while four TLS downloads run'),
    '| proxy | p50 ms | p99 ms, median of rounds | worst |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
