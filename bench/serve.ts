import { loadavg } from 'node:os';
import { median } from './measure.js';
import { TLS_DOMAIN } from './proxy-configs.js';
import { type LoadRun, type LoadSuite, measureLoad, userFormat } from './proxy-load.js';
import {
  DVPROXY_LABEL,
  HP_23,
  openBenchSetup,
  type ProxyTarget,
  proxyBenchMissing,
  TARGETS,
} from './proxy-targets.js';

const PLAIN = userFormat('plain.example');
const ENCRYPTED = userFormat(TLS_DOMAIN);

const SUITES: readonly LoadSuite[] = [
  {
    name: 'imap-50',
    title: 'IMAP logins, 50 at once',
    port: 'imap',
    args: ['-c', '50', ...PLAIN],
    sessions: 4000,
    slowSessions: 200,
  },
  {
    name: 'pop3-50',
    title: 'POP3 logins, 50 at once',
    port: 'pop3',
    args: ['-c', '50', '--proto', 'pop3', ...PLAIN],
    sessions: 4000,
    slowSessions: 200,
  },
  {
    name: 'tls-50',
    title: 'IMAP logins with TLS, 50 at once',
    port: 'imaps',
    args: ['-c', '50', '--tls', ...PLAIN],
    sessions: 1000,
    slowSessions: 100,
  },
  {
    name: 'imap-1',
    title: 'IMAP logins, one after the other',
    port: 'imap',
    args: ['-c', '1', ...PLAIN],
    sessions: 1000,
    slowSessions: 100,
  },
  {
    name: 'imap-500',
    title: 'IMAP logins, 500 at once',
    port: 'imap',
    args: ['-c', '500', ...PLAIN],
    sessions: 5000,
    slowSessions: 500,
  },
  {
    name: 'down',
    title: 'Download, 4 at once',
    port: 'imap',
    args: ['-c', '4', '--mode', 'down', ...PLAIN],
    sessions: 8,
    slowSessions: 8,
    bytes: 125_000_000,
  },
  {
    name: 'up',
    title: 'Upload, 4 at once',
    port: 'imap',
    args: ['-c', '4', '--mode', 'up', ...PLAIN],
    sessions: 8,
    slowSessions: 8,
    bytes: 125_000_000,
  },
  {
    name: 'down-tls',
    title: 'Download, TLS to the client, 4 at once',
    port: 'imaps',
    args: ['-c', '4', '--tls', '--mode', 'down', ...PLAIN],
    sessions: 8,
    slowSessions: 8,
    bytes: 25_000_000,
  },
  {
    name: 'down-tls-both',
    title: 'Download, TLS on both sides, 4 at once',
    port: 'imaps',
    args: ['-c', '4', '--tls', '--mode', 'down', ...ENCRYPTED],
    sessions: 8,
    slowSessions: 8,
    bytes: 25_000_000,
    tlsToBackend: true,
  },
];

/**
 * Prints each table as it is made: `dvproxy serve` beside real login proxies, all in turn in every round. `only`: names
 * of suites, and parts of the proxies' labels.
 */
export async function benchServe(rounds: number, only: readonly string[] = []): Promise<string> {
  const suites = SUITES.filter(({ name }) => only.includes(name));
  const wanted = only.filter((text) => !SUITES.some(({ name }) => name === text));
  const missing = proxyBenchMissing();
  if (missing !== null) return `The proxy is not measured: ${missing}\n`;
  const setup = await openBenchSetup();
  try {
    const targets: ProxyTarget[] = [];
    for (const label of TARGETS) {
      if (wanted.length > 0 && !wanted.some((text) => label.includes(text))) continue;
      const target = await setup.start(label);
      if (target !== null) targets.push(target);
    }
    for (const suite of suites.length === 0 ? SUITES : suites) {
      const runs = new Map<ProxyTarget, LoadRun[]>(targets.map((target) => [target, []]));
      // Code is compiled and processes are started in the first round, which does not count.
      for (let round = -1; round < rounds; round++)
        for (const target of targets) {
          if (suite.tlsToBackend === true && !target.tlsToBackend) continue;
          const run = await measureLoad(setup.mailload, target, suite);
          if (round >= 0) runs.get(target)?.push(run);
        }
      console.log(tableOf(suite, runs));
    }
    return '';
  } finally {
    await setup.close();
  }
}

function tableOf(suite: LoadSuite, runs: ReadonlyMap<ProxyTarget, readonly LoadRun[]>): string {
  const cost = ({ cpu, n }: LoadRun) =>
    suite.bytes === undefined ? (cpu / n) * 1e4 : (cpu / (n * suite.bytes)) * 1e9;
  const costs = new Map([...runs].map(([{ label }, all]) => [label, median(all.map(cost))]));
  const ours = costs.get(DVPROXY_LABEL) ?? 0;
  const rows = [...runs].map(([{ label }, all]) => {
    const own = costs.get(label) ?? 0;
    const range = `${Math.min(...all.map(cost)).toFixed(2)}..${Math.max(...all.map(cost)).toFixed(2)}`;
    const p50 = median(all.map((run) => run.p50_ms)).toFixed(2);
    const p99 = median(all.map((run) => run.p99_ms)).toFixed(1);
    return `| ${label} | ${own.toFixed(2)} [${range}] | ${((costs.get(HP_23) ?? 0) / own).toFixed(2)}x | ${(own / ours).toFixed(2)}x | ${p50} | ${p99} |`;
  });
  const unit = suite.bytes === undefined ? 'CPU s per 10,000 logins' : 'CPU s per GB';
  return [
    `### ${suite.title}`,
    '',
    `Load average ${loadavg()[0]?.toFixed(1)}.`,
    '',
    `| proxy | ${unit}, median [range] | work per CPU second, ${HP_23} = 1 | ${DVPROXY_LABEL} against it | p50 ms | p99 ms |`,
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
