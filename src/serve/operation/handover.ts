import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { listeningSockets } from './listening-sockets.js';
import { isKind } from './process-message.js';
import type { InheritedSocket } from './service-manager.js';

/** The environment variable that tells a successor what it was handed. */
const VARIABLE = 'DVPROXY_SOCKETS';
/** Where the line to the predecessor is, and the first socket. */
const FIRST_SOCKET = 4;

/** A listening socket that a predecessor handed on. */
export interface HandedSocket {
  /** The listener's: `imaps`. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly descriptor: number;
}

interface Handed {
  /** The sockets came from the service manager: they stand for all listeners of the configuration. */
  readonly activated: boolean;
  readonly sockets: readonly HandedSocket[];
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Listening {
  readonly kind: 'listening';
}

interface Released {
  readonly kind: 'released';
  readonly drained: readonly string[];
}

interface Ready {
  readonly kind: 'ready';
}

/** What this process, or the supervisor of this worker, was handed; null: it has no predecessor. */
export function handedOver(environment: Environment): Handed | null {
  const text = environment[VARIABLE];
  return text === undefined ? null : JSON.parse(text);
}

/** Sockets of the service manager that came by way of a predecessor. */
export function handedInherited(environment: Environment): readonly InheritedSocket[] {
  const handed = handedOver(environment);
  return handed?.activated === true ? handed.sockets : [];
}

/** What the process that is replaced gives up, and takes back where its successor does not come up. */
export interface HandoverSteps {
  /** Closes what only one process can have; gives the backends that are drained. */
  release(): readonly string[];
  reclaim(): Promise<void>;
}

/** The next process did not come up: this one goes on. */
export class HandoverFailed extends Error {}

/**
 * Starts this program again, with the same command line and the listening sockets of `endpoints`
 * (`imap=127.0.0.1:143`): no connection is refused meanwhile. Resolves when the new process serves.
 */
export async function handOver(
  endpoints: readonly string[],
  activated: boolean,
  steps: HandoverSteps,
): Promise<void> {
  const open = listeningSockets();
  const sockets: HandedSocket[] = [];
  const descriptors: number[] = [];
  for (const endpoint of endpoints) {
    const [, name = '', address = '', port = ''] = /^([^=]+)=\[?([^\]]*)\]?:(\d+)$/.exec(endpoint) ?? [];
    const socket = open.find((one) => one.address === address && one.port === Number(port));
    if (socket === undefined) throw new HandoverFailed(`the socket of ${endpoint} cannot be handed on`);
    sockets.push({ name, address, port: Number(port), descriptor: FIRST_SOCKET + descriptors.length });
    descriptors.push(socket.descriptor);
  }
  const handed: Handed = { activated, sockets };
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...descriptors],
    env: { ...process.env, [VARIABLE]: JSON.stringify(handed) },
  });
  await untilReady(child, steps);
  child.unref();
}

function untilReady(child: ChildProcess, steps: HandoverSteps): Promise<void> {
  return new Promise((resolve, reject) => {
    let released = false;
    let over = false;
    const fail = (why: string) => {
      if (over) return;
      over = true;
      const failure = new HandoverFailed(why);
      if (released) steps.reclaim().then(() => reject(failure), reject);
      else reject(failure);
    };
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`the new process ended with ${signal ?? code}: see the log`));
    child.on('message', (message: unknown) => {
      if (isKind<Listening>(message, 'listening')) {
        released = true;
        child.send({ kind: 'released', drained: steps.release() } satisfies Released);
      }
      if (!isKind<Ready>(message, 'ready') || over) return;
      over = true;
      child.disconnect();
      resolve();
    });
  });
}

/** In a successor that listens: waits until its predecessor gave up what only one can have; backends that are drained. */
export async function takeOver(): Promise<readonly string[]> {
  if (process.send === undefined) return [];
  const released = new Promise<readonly string[]>((resolve, reject) => {
    process.on('message', (message: unknown) => {
      if (isKind<Released>(message, 'released')) resolve(message.drained);
    });
    process.once('disconnect', () => reject(new HandoverFailed('the process to be replaced is gone')));
  });
  process.send({ kind: 'listening' } satisfies Listening);
  return released;
}

/** In a successor that serves: the predecessor may go. Sockets for which there is no listener any more are closed. */
export function reportTakenOver({ sockets }: Handed, endpoints: readonly string[]): void {
  for (const { address, port, descriptor } of sockets) {
    const place = `=${address.includes(':') ? `[${address}]` : address}:${port}`;
    if (!endpoints.some((endpoint) => endpoint.endsWith(place))) closeSync(descriptor);
  }
  process.send?.({ kind: 'ready' } satisfies Ready, undefined, undefined, () => {
    if (process.connected) process.disconnect();
  });
}
