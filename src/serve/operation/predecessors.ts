import { readdirSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { askProxy } from './admin-client.js';
import type { AdminReply, AdminRequest } from './admin-protocol.js';
import { joinStatus, type KickQuestion, type Operator, type ProcessStatus } from './operator.js';

/** Where a process that was replaced answers for the sessions that it still has. */
export function leavingSocket(admin: string, pid: number): string {
  return `${admin}.${pid}`;
}

/** Sockets of the processes that this one, or a predecessor of it, replaced. */
function predecessorSockets(admin: string): readonly string[] {
  const start = `${basename(admin)}.`;
  let names: string[];
  try {
    names = readdirSync(dirname(admin));
  } catch {
    return [];
  }
  return names
    .filter((name) => name.startsWith(start) && /^\d+$/.test(name.slice(start.length)))
    .map((name) => join(dirname(admin), name));
}

type Answered = Extract<AdminReply, { ok: true }>;

/** Asks one; null: it ended meanwhile, or was killed and left its socket behind. */
async function ask(path: string, request: AdminRequest): Promise<Answered | null> {
  try {
    const reply = await askProxy(path, request);
    return reply.ok ? reply : null;
  } catch {
    const pid = Number(path.slice(path.lastIndexOf('.') + 1));
    if (!isAlive(pid)) removeQuietly(path);
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It lives, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another one was faster.
  }
}

/**
 * A proxy together with the processes that it replaced and that still have sessions. Counters and backends are its own:
 * those of a process end with it.
 */
export function withPredecessors(operator: Operator, admin: string): Operator {
  const askAll = async (request: AdminRequest): Promise<readonly Answered[]> => {
    const replies = await Promise.all(predecessorSockets(admin).map((path) => ask(path, request)));
    return replies.filter((reply) => reply !== null);
  };
  return {
    ...bound(operator),
    status: async () => {
      const [own, replies] = await Promise.all([operator.status(), askAll({ schema: 1, command: 'status' })]);
      const older = replies.flatMap(({ status }): ProcessStatus[] => (status === undefined ? [] : [status]));
      const { sessions } = joinStatus([own, ...older]);
      return { ...own, sessions };
    },
    kick: async (question: KickQuestion) => {
      const [own, replies] = await Promise.all([
        operator.kick(question),
        askAll({ schema: 1, command: 'kick', ...question }),
      ]);
      return replies.reduce((sum, { kicked = 0 }) => sum + kicked, own);
    },
    stop: async () => {
      await askAll({ schema: 1, command: 'stop' });
      await operator.stop();
    },
  };
}

/** Operators may be objects of a class. */
function bound(operator: Operator): Operator {
  return {
    status: () => operator.status(),
    kick: (question) => operator.kick(question),
    reload: () => operator.reload(),
    changeBackend: (action, place) => operator.changeBackend(action, place),
    restart: () => operator.restart(),
    stop: () => operator.stop(),
  };
}

/** What is left to be asked of a process that was replaced. */
export function leavingOperator(operator: Operator): Operator {
  const replaced = async (): Promise<never> => {
    throw new Error('another process serves new sessions: this one only has old ones');
  };
  return { ...bound(operator), reload: replaced, changeBackend: replaced, restart: replaced };
}
