import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url));
const PROGRAM = `${PACKAGE}bin/dvproxy.js`;

/** The program as users run it; built when nobody did yet. */
function built(): string {
  if (!existsSync(`${PACKAGE}dist/cli.cjs`)) execFileSync(process.execPath, [`${PACKAGE}scripts/build.mjs`]);
  return PROGRAM;
}

/** `dvproxy serve` in a process of its own. */
export interface DvproxyServer {
  readonly port: number;
  /** Port of another listener by its name. */
  portOf(listener: string): number;
  /** Everything on standard error so far. */
  log(): string;
  signal(name: NodeJS.Signals): void;
  /** Processes that serve (`--workers`). */
  workers(): number[];
  /** Waits until a line of the log fits. */
  logged(pattern: RegExp): Promise<void>;
  /** Ends it with SIGTERM; its exit code. */
  stop(): Promise<number | null>;
}

/**
 * Listens with `--listen imap=127.0.0.1:0`, unless IMAP has the listeners of its configuration; throws with what it
 * said when it does not come up.
 */
export async function startDvproxy(args: readonly string[], imap = true): Promise<DvproxyServer> {
  const child: ChildProcess = spawn(
    process.execPath,
    [built(), 'serve', ...(imap ? ['--listen', 'imap=127.0.0.1:0'] : []), ...args],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  let wake: () => void = () => undefined;
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    wake();
  });
  // A successor (`dvproxy restart`) writes to the same place: nothing more comes when all have closed it.
  let over = false;
  child.once('close', () => {
    over = true;
    wake();
  });
  const until = async (pattern: RegExp) => {
    while (!pattern.test(said)) {
      if (over) throw new Error(`dvproxy ended: ${said}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  await until(/^dvproxy: ready /m);
  return {
    port: Number(/imap=127\.0\.0\.1:(\d+)/.exec(said)?.[1]),
    portOf: (listener) => Number(new RegExp(` ${listener}=127\\.0\\.0\\.1:(\\d+)`).exec(said)?.[1]),
    log: () => said,
    signal: (name) => child.kill(name),
    workers: () =>
      readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ').map(Number),
    logged: until,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise<void>((resolve) => {
          child.once('exit', () => resolve());
        });
        child.kill('SIGTERM');
        await ended;
      }
      return child.exitCode;
    },
  };
}

/** What a program printed, and its exit code. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
}

export async function printedBy([file, ...args]: readonly [string, ...string[]]): Promise<Printed> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = [child.stdout, child.stderr].map(async (stream) => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return Buffer.concat(chunks).toString('latin1');
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [stdout = '', stderr = ''] = await Promise.all(texts);
  return { stdout, stderr, exitCode: await ended };
}

/** One command of dvproxy as a process. */
export function dvproxyPrints(args: readonly string[]): Promise<Printed> {
  return printedBy([process.execPath, built(), ...args]);
}

/** Runs one command of dvproxy and gives its standard output, whatever its exit code. */
export async function runDvproxy(args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(process.execPath, [built(), ...args])).stdout;
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && error.stdout !== '') return String(error.stdout);
    throw error;
  }
}
