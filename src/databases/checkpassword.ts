import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { type ByteString, fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import { nameTable } from '../../grammar/name-table.js';
import type { LogEntry, LookupContext, LookupOutcome, PassdbDriver, RowField } from '../auth/driver.js';
import type { UserdbDriver, UserdbOutcome } from '../auth/userdb-driver.js';
import type { PassdbBlock, UserdbBlock } from '../config/effective.js';
import { LONG_TABLE_23 } from '../variables/auth-table.js';

/** Where packages of Dovecot 2.3 put the program that a checkpassword program runs in the end. */
const REPLY_PROGRAMS = [
  '/usr/lib/dovecot/checkpassword-reply',
  '/usr/libexec/dovecot/checkpassword-reply',
  '/usr/local/libexec/dovecot/checkpassword-reply',
];
/** Dovecot 2.3.19.1 db-checkpassword.c: CHECKPASSWORD_MAX_REQUEST_LEN */
const MAX_REQUEST = 512;

export interface CheckpasswordOptions {
  /** Path of checkpassword-reply; left out: where Dovecot's packages have it. */
  readonly replyProgram?: string;
}

/** How a program ended and what it sent. */
interface Ended {
  readonly pid: number;
  readonly status: number | null;
  readonly signal: number | null;
  readonly input: ByteString;
  readonly stderr: ByteString;
}

/** Opens a checkpassword passdb; 2.3 only. */
export async function openCheckpassword(
  block: PassdbBlock,
  options: CheckpasswordOptions = {},
): Promise<PassdbDriver> {
  return {
    name: 'checkpassword',
    canLookupCredentials: true,
    lookup: (context) => lookup(block.args.text, context, options.replyProgram ?? installedReply()),
    close: async () => {},
  };
}

/** Opens a checkpassword userdb; 2.3 only. Dovecot 2.3.19.1 userdb-checkpassword.c */
export async function openCheckpasswordUserdb(
  block: UserdbBlock,
  options: CheckpasswordOptions = {},
): Promise<UserdbDriver> {
  return {
    name: 'checkpassword',
    async lookup(context): Promise<UserdbOutcome> {
      const request = { ...context.request, mode: 'lookup' as const };
      const reply = options.replyProgram ?? installedReply();
      const outcome = await lookup(block.args.text, { ...context, request }, reply, 'userdb');
      switch (outcome.kind) {
        case 'found':
          return { ...outcome, fields: userdbFields(outcome.fields) };
        case 'unknown':
        case 'internal':
          return outcome;
        case 'disabled':
        case 'expired':
          return { kind: 'unknown' };
      }
    },
    close: async () => {},
  };
}

/** Fields without `userdb_` are for passdbs. */
function userdbFields(fields: readonly RowField[]): RowField[] {
  return fields.flatMap(([name, value]): RowField[] =>
    name.startsWith('userdb_') ? [[name.slice('userdb_'.length), value]] : [],
  );
}

function installedReply(): string | null {
  for (const path of REPLY_PROGRAMS) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next place.
    }
  }
  return null;
}

/** Dovecot 2.3.19.1 db-checkpassword.c, passdb-checkpassword.c */
async function lookup(
  path: ByteString,
  context: LookupContext,
  reply: string | null,
  role: 'passdb' | 'userdb' = 'passdb',
): Promise<LookupOutcome> {
  const { request, user } = context;
  const log: LogEntry[] = [];
  const internal = (text: ByteString): LookupOutcome => ({
    kind: 'internal',
    log: [...log, { level: 'error', text }],
  });
  const isLogin = request.mode === 'verify';
  if (isLogin && request.password === null) {
    // The program cannot be run without one: the chain takes the password as right and says so.
    return { kind: 'found', fields: [], defaultScheme: 'PLAIN', compares: '{PLAIN}', log };
  }
  const message = `${user}\0${isLogin ? request.password : ''}\0\0`;
  if (message.length > MAX_REQUEST) {
    const text = `Username+password combination too long (${message.length} bytes)`;
    return rejected(isLogin, [{ level: 'info', text }]);
  }
  if (reply === null)
    return internal('checkpassword-reply is not installed (it comes with Dovecot 2.3): nothing was asked');
  const expansion = context.expand(path);
  if (expansion.kind === 'error')
    log.push({ level: 'error', text: `Failed to expand checkpassword_path=${path}: ${expansion.message}` });
  const expanded = expansion.kind === 'ok' ? expansion.text : (expansion.partial ?? '');
  const command = `${expanded} ${fromUtf8(reply)}`;
  log.push({ level: 'debug', text: `execute: ${command}` });
  let ended: Ended;
  try {
    ended = await run(command.split(' '), environment(context, role), message, context.signal);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return internal(`execv(${command.split(' ')[0]}) failed: ${reason}`);
  }
  for (const text of ended.stderr.split('\n'))
    if (text !== '') log.push({ level: 'error', text, scope: 'process' });
  if (ended.input.includes('\0')) return internal('NUL characters in checkpassword reply');
  if (ended.input.includes('\n')) return internal('LF characters in checkpassword reply');
  log.push({ level: 'debug', text: `Received input: ${ended.input}` });
  if (ended.status === null) return internal(`Child ${ended.pid} died with signal ${ended.signal ?? 0}`);
  log.push({ level: 'debug', text: `exit_status=${ended.status}` });
  if (isLogin && ended.status === 1)
    return rejected(true, [...log, { level: 'info', text: `Login failed (status=${ended.status})` }]);
  if (!isLogin && ended.status === 3)
    return rejected(false, [...log, { level: 'info', text: 'User unknown' }]);
  if (ended.status !== (isLogin ? 0 : 2)) {
    const hint =
      isLogin && ended.status === 2 ? ' (tried to use userdb-only checkpassword program for passdb?)' : '';
    return internal(`Child ${ended.pid} exited with status ${ended.status}${hint}`);
  }
  if (ended.input === '') return internal('Received no input');
  return found(ended.input, isLogin, log);
}

function rejected(isLogin: boolean, log: readonly LogEntry[]): LookupOutcome {
  return isLogin
    ? { kind: 'found', fields: [], defaultScheme: 'PLAIN', verified: 'mismatch', log }
    : { kind: 'unknown', log };
}

/** `key=value` separated by tabs. */
function found(input: ByteString, isLogin: boolean, log: readonly LogEntry[]): LookupOutcome {
  const lines = [...log];
  const fields: RowField[] = [];
  let password: ByteString | null = null;
  for (const raw of input.split('\t')) {
    const part = unescaped(raw);
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = equals === -1 ? part : part.slice(0, equals);
    const value = equals === -1 ? '' : part.slice(equals + 1);
    if (name === 'password' && equals !== -1) password = value;
    else fields.push([name, value]);
  }
  if (password !== null) {
    const hasScheme = /^\{[^}]*\}/.test(password);
    if (hasScheme || !isLogin) fields.push(['password', password]);
    else lines.push({ level: 'error', text: 'password field returned without {scheme} prefix' });
  }
  const checked = isLogin || password === null;
  return {
    kind: 'found',
    fields,
    defaultScheme: 'PLAIN',
    ...(checked ? { verified: 'ok' } : {}),
    log: lines,
  };
}

const ESCAPED: Readonly<Record<string, string>> = { '0': '\0', '1': '\x01', t: '\t', r: '\r', n: '\n' };

/** Dovecot lib/strescape.c: str_tabunescape */
function unescaped(text: ByteString): ByteString {
  return text.replace(/\x01(.?)/gs, (_, char: string) => ESCAPED[char] ?? char);
}

/** Dovecot 2.3.19.1 db-checkpassword.c: checkpassword_setup_env, env_put_auth_vars */
function environment(context: LookupContext, role: 'passdb' | 'userdb'): Record<string, string> {
  const { request } = context;
  const all: [string, ByteString | number][] = [
    ['PROTO', 'TCP'],
    ['ORIG_UID', process.getuid?.() ?? 0],
    ['SERVICE', request.protocol],
  ];
  if (process.env['TZ'] !== undefined) all.push(['TZ', process.env['TZ']]);
  if (request.mode === 'lookup') all.push(['AUTHORIZED', '1']);
  if (request.mode === 'lookup' && role === 'passdb') all.push(['CREDENTIALS_LOOKUP', '1'], ['SCHEME', '']);
  if (request.localIp !== '') all.push(['TCPLOCALIP', request.localIp], ['LOCAL_IP', request.localIp]);
  if (request.remoteIp !== '') all.push(['TCPREMOTEIP', request.remoteIp], ['REMOTE_IP', request.remoteIp]);
  if (request.localPort !== 0) all.push(['TCPLOCALPORT', request.localPort]);
  if (request.remotePort !== 0) all.push(['TCPREMOTEPORT', request.remotePort]);
  const variable = (name: string): ByteString => {
    const expansion = context.expand(`%{${name}}`);
    return expansion.kind === 'ok' ? expansion.text : '';
  };
  const master = variable('master_user');
  if (master !== '') all.push(['MASTER_USER', master]);
  for (const [name, value] of context.extraFields?.() ?? []) all.push([name.toUpperCase(), value ?? '1']);
  for (const name of LONG_TABLE_23.keys()) {
    if (name === 'password') continue;
    const value = variable(name);
    if (value !== '') all.push([`AUTH_${name.toUpperCase()}`, value]);
  }
  const usable = all.filter(([name, value]) => !`${name}${value}`.includes('\0') && !name.includes('='));
  return Object.fromEntries(usable.map(([name, value]) => [toUtf8(name), toUtf8(String(value))]));
}

/** Runs the program: the name and the password at descriptor 3, its reply at descriptor 4. */
function run(
  [program = '', ...args]: readonly string[],
  env: Record<string, string>,
  message: ByteString,
  signal: AbortSignal,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(toUtf8(program), args.map(toUtf8), {
      env,
      signal,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    });
    let input = '';
    let stderr = '';
    child.once('error', reject);
    child.stderr?.setEncoding('latin1').on('data', (text: string) => {
      stderr += text;
    });
    const [, , , to, from] = child.stdio as unknown as [null, null, Readable, Writable, Readable];
    // A program that does not read its input is its own affair.
    to?.on('error', () => undefined);
    to?.end(Buffer.from(message, 'latin1'));
    from?.on('error', () => undefined);
    from?.setEncoding('latin1').on('data', (text: string) => {
      input += text;
    });
    child.once('close', (status, name) => {
      const number = name === null ? null : (SIGNALS[name] ?? 0);
      resolve({ pid: child.pid ?? 0, status, signal: number, input, stderr });
    });
  });
}

/** Numbers of the signals that end programs on Linux. */
const SIGNALS: Readonly<Record<string, number>> = nameTable({
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
});
