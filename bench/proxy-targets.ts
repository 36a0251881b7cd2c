import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Series } from '../src/knowledge/versions.js';
import { DOVECOT_24_ROOT } from '../test/real/servers/dovecot-2.4-root.js';
import { freePort } from '../test/real/servers/mariadb.js';
import { DVPROXY } from './program.js';
import { dovecotProxyConfig, type LoginMode, type MailPorts, nginxMailConfig } from './proxy-configs.js';

/** One proxy under measurement. */
export interface ProxyTarget {
  readonly label: string;
  readonly ports: MailPorts;
  /** Roots of the process trees whose CPU and memory count: with nginx its responder for auth_http too. */
  readonly pids: readonly number[];
  /** It starts a process a login: fewer logins are enough. */
  readonly slow: boolean;
  readonly tlsToBackend: boolean;
}

/** The backend double, the load generator and a certificate, in a folder of their own. */
export interface BenchSetup {
  readonly folder: string;
  readonly mailload: string;
  readonly backend: MailPorts;
  start(label: TargetLabel): Promise<ProxyTarget>;
  stop(target: ProxyTarget): Promise<void>;
  close(): Promise<void>;
}

export const DVPROXY_LABEL = 'dvproxy, 2 workers';
export const HP_23 = 'Dovecot 2.3 high-performance';
const HP_24 = 'Dovecot 2.4 high-performance';

const LAUNCHES = {
  [HP_23]: (context) => dovecot(context, '2.3', 'hp'),
  [DVPROXY_LABEL]: (context) => dvproxy(context, '2.3', 2),
  'dvproxy, 1 worker': (context) => dvproxy(context, '2.3', 1),
  'dvproxy as 2.4, 2 workers': (context) => dvproxy(context, '2.4', 2),
  [HP_24]: (context) => dovecot(context, '2.4', 'hp'),
  'nginx mail, 2 workers': nginx,
  'Dovecot 2.3 default': (context) => dovecot(context, '2.3', 'default'),
  'Dovecot 2.4 default': (context) => dovecot(context, '2.4', 'default'),
} as const satisfies Record<string, (context: Context) => Promise<Started>>;

export type TargetLabel = keyof typeof LAUNCHES;

function isTargetLabel(text: string): text is TargetLabel {
  return Object.hasOwn(LAUNCHES, text);
}

/** All proxies, in the order in which they take turns. */
export const TARGETS: readonly TargetLabel[] = Object.keys(LAUNCHES).filter(isTargetLabel);

interface Context {
  readonly root: string;
  readonly mockd: string;
  readonly backend: MailPorts;
  readonly listen: MailPorts;
  /** Folder of the proxy, `inside` as it sees it itself. */
  folder(root?: string): { readonly path: string; readonly inside: string };
}

interface Started {
  readonly children: readonly ChildProcess[];
  readonly slow?: boolean;
  readonly tlsToBackend?: boolean;
}

async function freePorts(): Promise<MailPorts> {
  return { imap: await freePort(), pop3: await freePort(), imaps: await freePort(), pop3s: await freePort() };
}

/** Why nothing can be measured here; null: it can. */
export function proxyBenchMissing(): string | null {
  if (process.getuid?.() !== 0) return 'Dovecot needs root';
  const needed = [
    '/usr/sbin/dovecot',
    join(DOVECOT_24_ROOT, 'usr/sbin/dovecot'),
    '/usr/lib/nginx/modules/ngx_mail_module.so',
  ];
  const missing = needed.find((file) => !existsSync(file));
  return missing === undefined ? null : `${missing} is not installed`;
}

/** Builds the programs, makes a certificate and starts the backend double. */
export async function openBenchSetup(): Promise<BenchSetup> {
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-bench-serve-'));
  chmodSync(folder, 0o755);
  for (const name of ['mailload', 'mockd'])
    execFileSync('cc', [
      '-O2',
      '-w',
      '-o',
      join(folder, name),
      resolve(`bench/${name}.c`),
      '-lssl',
      '-lcrypto',
    ]);
  const certificate = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '30',
    '-subj',
    '/CN=localhost',
  ];
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  execFileSync('openssl', [...certificate, ...files], { stdio: 'pipe' });
  const mockd = join(folder, 'mockd');
  const backend = await freePorts();
  const ports = Object.entries(backend).flatMap(([name, port]) => [`--${name}`, String(port)]);
  const tls = ['--cert', join(folder, 'cert.pem'), '--key', join(folder, 'key.pem')];
  const double = spawn(mockd, [...ports, ...tls], { stdio: 'inherit' });
  await untilAnswers(backend.imap, double);
  const running = new Map<
    ProxyTarget,
    { readonly children: readonly ChildProcess[]; readonly folders: string[] }
  >();
  const stop = async (target: ProxyTarget) => {
    const { children, folders } = running.get(target) ?? { children: [], folders: [] };
    running.delete(target);
    await Promise.all(children.map(end));
    for (const path of folders)
      rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  return {
    folder,
    mailload: join(folder, 'mailload'),
    backend,
    start: async (label) => {
      const folders: string[] = [];
      const listen = await freePorts();
      const context: Context = {
        root: folder,
        mockd,
        backend,
        listen,
        folder: (root = '') => {
          const path = mkdtempSync(join(root, '/tmp/dvproxy-bench-proxy-'));
          folders.push(path);
          chmodSync(path, 0o755);
          for (const name of ['cert.pem', 'key.pem']) copyFileSync(join(folder, name), join(path, name));
          return { path, inside: path.slice(root.length) };
        },
      };
      const { children, slow = false, tlsToBackend = true } = await LAUNCHES[label](context);
      const [main] = children;
      if (main === undefined) throw new Error(`${label} was not started`);
      for (const port of [listen.imap, listen.pop3]) await untilAnswers(port, main);
      const pids = children.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
      const target: ProxyTarget = { label, ports: listen, pids, slow, tlsToBackend };
      running.set(target, { children, folders });
      return target;
    },
    stop,
    close: async () => {
      for (const target of [...running.keys()]) await stop(target);
      await end(double);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function dovecot(context: Context, series: Series, mode: LoginMode): Promise<Started> {
  const root = series === '2.4' ? DOVECOT_24_ROOT : '';
  const { path, inside } = context.folder(root);
  const text = dovecotProxyConfig(series, mode, context.listen, context.backend);
  writeFileSync(join(path, 'dovecot.conf'), text.replaceAll('@DIR@', inside));
  const command = ['dovecot', '-F', '-c', join(inside, 'dovecot.conf')];
  const [program = '', ...args] = root === '' ? command : ['chroot', root, ...command];
  return { children: [start(program, args, path)], slow: mode === 'default' };
}

/** Serves the configuration of the high-performance mode. */
async function dvproxy(context: Context, series: Series, workers: number): Promise<Started> {
  const { path } = context.folder();
  const text = dovecotProxyConfig(series, 'hp', context.listen, context.backend);
  writeFileSync(join(path, 'dovecot.conf'), text.replaceAll('@DIR@', path));
  const [program = '', ...args] = DVPROXY;
  const serve = ['serve', '-c', join(path, 'dovecot.conf'), '--workers', String(workers)];
  return { children: [start(program, [...args, ...serve, '--log-path', join(path, 'log')], path)] };
}

async function nginx(context: Context): Promise<Started> {
  const { path } = context.folder();
  const authPort = await freePort();
  const { imap, pop3 } = context.backend;
  const map = ['--authhttp', authPort, '--map-imap', imap, '--map-pop3', pop3].map(String);
  writeFileSync(
    join(path, 'nginx.conf'),
    nginxMailConfig(context.listen, authPort).replaceAll('@DIR@', path),
  );
  const children = [
    start('nginx', ['-p', path, '-e', join(path, 'log'), '-c', join(path, 'nginx.conf')], path),
    start(context.mockd, map, path),
  ];
  return { children, tlsToBackend: false };
}

function start(program: string, args: readonly string[], folder: string): ChildProcess {
  const said = openSync(join(folder, 'said'), 'a');
  return spawn(program, args, { stdio: ['ignore', said, said] });
}

async function untilAnswers(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; !(await greets(port)); attempt++) {
    if (child.exitCode !== null || attempt > 400) throw new Error(`${child.spawnargs.join(' ')}: no answer`);
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

function greets(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const done = (greeted: boolean) => {
      socket.destroy();
      answer(greeted);
    };
    socket.once('data', () => done(true));
    socket.once('error', () => done(false));
    socket.once('end', () => done(false));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((done) => {
    child.once('exit', () => done());
  });
  child.kill('SIGTERM');
  await ended;
}
