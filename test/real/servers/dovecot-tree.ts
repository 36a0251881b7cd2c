import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { DOVECOT_24_ROOT } from './dovecot-2.4-root.js';

export interface DovecotTree {
  log(): string;
  /** Ends the processes, whose log stays until `stop`. */
  end(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a whole configuration, its files by name; `@DIR@` in them stands for their folder. Ready when every check
 * says so; a port as a check: it greets.
 */
export async function startTree(
  version: DovecotVersion,
  files: Readonly<Record<string, string>>,
  checks: readonly (number | (() => Promise<boolean>))[],
): Promise<DovecotTree> {
  const root = version === '2.4.1' ? DOVECOT_24_ROOT : '';
  const folder = mkdtempSync(join(root, '/tmp/dvproxy-tree-'));
  const inside = folder.slice(root.length);
  chmodSync(folder, 0o755);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text.replaceAll('@DIR@', inside), 'latin1');
  }
  const command = ['dovecot', '-F', '-c', join(inside, 'dovecot.conf')];
  const [program = '', ...args] = root === '' ? command : ['chroot', root, ...command];
  let said = '';
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  const log = () => (existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : '');
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
    });
    child.kill('SIGTERM');
    await ended;
  };
  const stop = async () => {
    await end();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  for (const check of checks)
    for (let attempt = 0; !(await (typeof check === 'number' ? greets(check) : check())); attempt++) {
      if (child.exitCode !== null || attempt > 600) {
        const story = `${said}\n${log()}`;
        await stop();
        throw new Error(`Dovecot ${version} did not start: ${story.slice(-2000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  return { log, end, stop };
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', () => done(true));
    socket.once('error', () => done(false));
    socket.once('end', () => done(false));
  });
}

/** Sends each line when the one before was answered; gives all that came back. */
export function dialogue(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let text = '';
    let next = 0;
    const timer = setTimeout(() => socket.destroy(), 15_000);
    socket.setEncoding('latin1');
    socket.on('error', () => undefined);
    socket.on('data', (chunk: string) => {
      text += chunk;
      const last = text.split('\r\n').at(-2) ?? '';
      if (!text.endsWith('\r\n') || /^(?:\* (?!OK \[)|\d\d\d-)/.test(last)) return;
      const line = lines[next];
      next += 1;
      if (line !== undefined) socket.write(`${line}\r\n`);
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}
