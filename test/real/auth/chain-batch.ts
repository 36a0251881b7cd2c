import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { type DovecotVersion, seriesOf } from '../../../src/knowledge/versions.js';
import type { Question } from '../../../src/simulate/question.js';
import { AuthSocket, type SocketReply } from '../servers/auth-socket.js';
import { type Ask, type DovecotAuth, startDovecotAuth } from '../servers/dovecot-auth.js';
import { type ChainQuestion, chainQuestions } from './chain-questions.js';
import { type RandomChain, randomChain } from './random-chain.js';
import { USERS_TABLE } from './random-table.js';

/** A question to one chain of a batch, with what both said. */
export interface Compared {
  readonly seed: number;
  readonly question: ChainQuestion;
  readonly real: string;
  readonly ours: string;
  readonly realLog: readonly string[];
  readonly ourLog: readonly string[];
}

export interface BatchResult {
  readonly compared: readonly Compared[];
  /** Questions that were not asked: real Dovecot would hang or die. */
  readonly deadly: number;
}

/** 2.3 answers failures twice a second; 2.4 opens a worker for each request that waits, more than it may have. */
const OUTSTANDING = { '2.3': 10_000, '2.4': 8 } as const;

/** Servers on their way down. */
export const stopping: Promise<void>[] = [];

/** The protocol that a chain of a batch stands for. */
export const serviceOf = (seed: number): string => `x${seed}`;

/**
 * All chains in one configuration, each for a protocol of its own. A passdb of all of them is needed for the auth
 * process to start; its name filter takes nobody.
 */
export function batchConfig(
  version: DovecotVersion,
  chains: ReadonlyMap<number, Pick<RandomChain, 'config'>>,
): string {
  const nobody = 'username_filter = no-such-user';
  const common =
    version === '2.3.19.1'
      ? `passdb last {\n  driver = static\n  args = password=zz\n  ${nobody}\n}\n`
      : `passdb last {\n  driver = static\n  static_password = zz\n  ${nobody}\n}\n`;
  const blocks = [...chains].map(([seed, { config }]) => `protocol ${serviceOf(seed)} {\n${config}}\n`);
  // Each worker reads the whole configuration as it starts.
  const workers = version === '2.3.19.1' ? 'auth_worker_max_count = 2\n' : '';
  return `${workers}auth_mechanisms = plain login\n${common}${blocks.join('')}`;
}

/** What dvproxy says to one question. */
export interface Ours {
  readonly seed: number;
  readonly session: string;
  readonly question: ChainQuestion;
  readonly said: string;
  readonly log: readonly string[];
}

/** One Dovecot for the chains of these seeds, which does not run yet. */
export function chainsOf(version: DovecotVersion, seeds: readonly number[]): DovecotAuth {
  const chains = new Map(seeds.map((seed) => [seed, randomChain(version, seed)] as const));
  return startDovecotAuth({
    version,
    config: batchConfig(version, chains),
    files: Object.fromEntries([...chains.values()].flatMap(({ files }) => Object.entries(files))),
    prepare: (folder) => {
      const database = new Sqlite(join(folder, 'users.sqlite'));
      database.exec(USERS_TABLE);
      database.close();
    },
    run: false,
  });
}

/** Asks real Dovecot and dvproxy the same questions about the chains of these seeds. */
export async function compareChains(version: DovecotVersion, seeds: readonly number[]): Promise<BatchResult> {
  const auth = chainsOf(version, seeds);
  try {
    const { ours, deadly } = await askOurs(auth, seeds);
    auth.begin();
    return { compared: await askReal(version, auth, ours), deadly };
  } finally {
    // It takes seconds: the next batch need not wait.
    stopping.push(auth.stop());
  }
}

async function askOurs(
  auth: DovecotAuth,
  seeds: readonly number[],
): Promise<{ ours: Ours[]; deadly: number }> {
  const ours: Ours[] = [];
  let deadly = 0;
  for (const seed of seeds)
    for (const question of chainQuestions(seed)) {
      const session = `s${ours.length + 1}`;
      const { stdout, stderr, log, survives } = await auth.ours(askOf(seed, question, session));
      if (!survives) deadly += 1;
      else ours.push({ seed, session, question, said: stdout + stderr, log });
    }
  return { ours, deadly };
}

/** Asks the real auth process what dvproxy has answered already. `inTurn`: one after the other, in 2.3 of each chain. */
export async function askReal(
  version: DovecotVersion,
  auth: DovecotAuth,
  questions: readonly Ours[],
  inTurn = false,
): Promise<Compared[]> {
  // The auth process starts with its first client.
  auth.doveadm(['auth', 'test', 'nobody', 'x']);
  const run = join(auth.realDirectory, 'run');
  const clients = new AuthSocket(join(run, 'auth-client'), false);
  const logins = new AuthSocket(join(run, 'login', 'login'), false);
  const masters = new AuthSocket(join(run, 'auth-userdb'), true);
  const series = seriesOf(version);
  const ask = ({ seed, session, question }: Ours) => {
    const socket = question.password === null ? masters : question.login ? logins : clients;
    const context =
      question.remoteIp === '' ? [] : [`rip=${question.remoteIp}`, 'lip=192.0.2.1', 'lport=143'];
    const parameters = [
      `${series === '2.3' ? 'service' : 'protocol'}=${serviceOf(seed)}`,
      `session=${session}`,
      ...context,
    ];
    return socket.ask({ ...question, parameters });
  };
  const replies: SocketReply[] = [];
  const strands = new Map<number, number[]>();
  for (const [at, { seed }] of questions.entries()) {
    const strand = strands.get(inTurn ? seed : at);
    if (strand === undefined) strands.set(inTurn ? seed : at, [at]);
    else strand.push(at);
  }
  const waiting = [...strands.values()].reverse();
  const askOn = async () => {
    for (let strand = waiting.pop(); strand !== undefined; strand = waiting.pop())
      for (const at of strand) {
        const question = questions[at];
        if (question !== undefined) replies[at] = await ask(question);
      }
  };
  // What 2.4 shares between chains (connections to databases) holds up the others where one of them fails.
  const together = inTurn && series === '2.4' ? 1 : OUTSTANDING[series];
  await Promise.all(Array.from({ length: together }, askOn));
  for (const socket of [clients, logins, masters]) socket.close();
  const unanswered = replies.findIndex(({ kind }) => kind === 'CLOSED');
  if (unanswered !== -1) {
    const { seed, question } = questions[unanswered] ?? {};
    const fatal = auth.log().filter((line) => /Fatal|Panic|BUG|service\(/.test(line));
    const about = `chain ${seed}, ${JSON.stringify(question)}`;
    throw new Error(`the auth process has died (${about}): ${fatal.join('\n').slice(0, 4000)}`);
  }
  const logs = bySession(await settledLog(auth));
  return questions.map(({ seed, session, question, said: ours, log }, index) => {
    const reply = replies[index];
    return {
      seed,
      question,
      real: reply === undefined ? '' : said(question, reply, series),
      ours,
      realLog: [...(logs.get(session) ?? [])].sort(),
      ourLog: log.filter((line) => line.includes(`<${session}>`)).sort(),
    };
  });
}

export function askOf(seed: number, question: ChainQuestion, session: string): Ask {
  const { user, password, mechanism, authorizationId, remoteIp, login } = question;
  const more: Partial<Question> = {
    service: serviceOf(seed),
    session,
    ...(password === null ? {} : { mechanism }),
    ...(authorizationId === '' ? {} : { user: authorizationId, master: user }),
    ...(remoteIp === '' ? {} : { remoteIp, localIp: '192.0.2.1', localPort: 143 }),
  };
  return { user, password, more, login };
}

/** What doveadm makes of a reply (auth-chain.md section 10). */
function said(question: ChainQuestion, { kind, fields }: SocketReply, series: '2.3' | '2.4'): string {
  const { password } = question;
  const user = question.authorizationId || question.user;
  const lines = fields.map((field) => `  ${field}\n`).join('');
  if (password !== null) {
    const tempfail = kind === 'FAIL' && fields.includes('code=temp_fail');
    if (kind === 'OK') return `passdb: ${user} auth succeeded\nextra fields:\n${lines}`;
    if (tempfail && series === '2.4')
      return `extra fields:\n${lines}Error: cmd auth test: user ${user}: internal auth failure\n`;
    return kind === 'FAIL' ? `passdb: ${user} auth failed\nextra fields:\n${lines}` : kind;
  }
  if (kind === 'NOTFOUND') return `passdb lookup: user ${user} doesn't exist\n`;
  const command = series === '2.3' ? '' : 'cmd auth lookup: ';
  if (kind === 'FAIL') {
    const reason = fields.find((field) => field.startsWith('reason='))?.slice('reason='.length);
    return reason === undefined
      ? `Error: auth-master: passdb lookup(${user}): Auth PASS lookup failed\nError: ${command}passdb lookup failed for ${user}\n`
      : `Error: ${command}passdb lookup failed for ${user}: ${reason}\n`;
  }
  if (kind !== 'PASS') return kind;
  const padded = fields.map((field) => {
    const equals = field.indexOf('=');
    if (equals === -1) return `  ${field.padEnd(10)}\n`;
    return `  ${field.slice(0, equals).padEnd(10)}: ${field.slice(equals + 1)}\n`;
  });
  return `passdb: ${user}\n${padded.join('')}`;
}

function bySession(lines: readonly string[]): Map<string, string[]> {
  const sessions = new Map<string, string[]>();
  for (const line of lines) {
    const session = /<(s\d+)>/.exec(line)?.[1];
    if (session === undefined) continue;
    const known = sessions.get(session);
    if (known === undefined) sessions.set(session, [line]);
    else known.push(line);
  }
  return sessions;
}

/** The log is written by another process: it may come a little later. */
async function settledLog(auth: DovecotAuth): Promise<string[]> {
  let lines = auth.requestLog();
  for (let before = -1; before !== lines.length; ) {
    before = lines.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    lines = auth.requestLog();
  }
  return lines;
}
