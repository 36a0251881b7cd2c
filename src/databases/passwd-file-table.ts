import { readFile, stat } from 'node:fs/promises';
import type { ByteString } from '../../grammar/bytes.js';
import type { LogEntry } from '../auth/driver.js';
import type { Series } from '../knowledge/versions.js';

export interface TableState {
  /** `missing`: the file is not there; `failed`: it cannot be read. */
  readonly kind: 'ready' | 'missing' | 'failed';
  /** false: nothing could be found out about it. */
  readonly stat?: false;
  readonly log: readonly LogEntry[];
}

export interface PasswdFileEntry {
  readonly password: ByteString;
  readonly extraFields: readonly ByteString[];
  /** null: the line ends before it. */
  readonly uid: ByteString | null;
  readonly gid: ByteString | null;
  readonly home: ByteString;
}

const READY: TableState = { kind: 'ready', log: [] };
const FAILED: TableState = { kind: 'failed', log: [] };

interface TableOptions {
  readonly series: Series;
  readonly mapPath?: ((path: string) => string) | undefined;
  readonly now: () => number;
}

/** One passwd-file in memory, indexed by user; read again when its time or size changes. Dovecot db-passwd-file.c */
export class PasswdFileTable {
  readonly #path: string;
  readonly #realPath: string;
  readonly #options: TableOptions;
  #text: ByteString = '';
  /** User to the offset of the line's password; null: never read. */
  #users: Map<ByteString, number> | null = null;
  #modified = 0;
  #size = 0;
  #lastSync = Number.NaN;
  #syncing: Promise<TableState> | null = null;

  constructor(path: string, options: TableOptions) {
    this.#path = path;
    this.#realPath = options.mapPath?.(path) ?? path;
    this.#options = options;
  }

  /** Reads the file for the first time. Answers what the auth process logs at start. */
  async start(): Promise<LogEntry[]> {
    const log: LogEntry[] = [];
    const failure = await this.#read(log);
    if (failure !== null) log.push(this.#ofProcess(failure));
    return log;
  }

  /** Looks at the file's time and size, at most once a second. */
  sync(): TableState | Promise<TableState> {
    if (this.#syncing !== null) return this.#syncing;
    const second = Math.floor(this.#options.now() / 1000);
    // Within the same second a missing file is a failure. observed 2.3.19.1 and 2.4.1
    if (second === this.#lastSync) return this.#users === null ? FAILED : READY;
    this.#lastSync = second;
    const syncing = this.#check().finally(() => {
      this.#syncing = null;
    });
    this.#syncing = syncing;
    return syncing;
  }

  async #check(): Promise<TableState> {
    let status: Awaited<ReturnType<typeof stat>>;
    try {
      status = await stat(this.#realPath);
    } catch (error) {
      return this.#notThere(error);
    }
    const modified = Math.floor(status.mtimeMs / 1000);
    if (this.#users !== null && modified === this.#modified && status.size === this.#size)
      return { kind: 'ready', log: [] };
    const log: LogEntry[] = [];
    this.#users = null;
    const failure = await this.#read(log);
    if (failure === null) return { kind: 'ready', log };
    return { kind: 'failed', log: [...log, { level: 'error', text: failure }] };
  }

  #notThere(error: unknown): TableState {
    if (codeOf(error) === 'ENOENT') {
      const scope = this.#options.series === '2.3' ? 'request' : 'passdb';
      const text = `missing passwd file: ${this.#path}`;
      return { kind: 'missing', stat: false, log: [{ level: 'info', text, scope }] };
    }
    return {
      kind: 'failed',
      stat: false,
      log: [{ level: 'error', text: `stat(${this.#path}) failed: ${reasonOf(error)}` }],
    };
  }

  /** null, or why the file cannot be read. */
  async #read(log: LogEntry[]): Promise<string | null> {
    try {
      const status = await stat(this.#realPath);
      this.#text = (await readFile(this.#realPath)).toString('latin1');
      this.#modified = Math.floor(status.mtimeMs / 1000);
      this.#size = status.size;
    } catch (error) {
      return `open(${this.#path}) failed: ${reasonOf(error)}`;
    }
    this.#users = this.#index(log);
    return null;
  }

  #index(log: LogEntry[]): Map<ByteString, number> {
    const users = new Map<ByteString, number>();
    const text = this.#text;
    for (let start = 0; start < text.length; ) {
      const newline = text.indexOf('\n', start);
      const next = newline === -1 ? text.length : newline + 1;
      const end = lineEnd(text, start, newline === -1 ? text.length : newline);
      const first = text[start];
      if (start < end && first !== ':' && first !== '#') {
        const colon = text.indexOf(':', start);
        const userEnd = colon === -1 || colon > end ? end : colon;
        const user = text.slice(start, userEnd);
        if (users.has(user)) log.push(this.#ofProcess(`User ${user} exists more than once`));
        else if (hasBrokenDigest(text, userEnd, end))
          log.push(this.#ofProcess(`User ${user} has invalid password`));
        else users.set(user, userEnd);
      }
      start = next;
    }
    return users;
  }

  find(user: ByteString): PasswdFileEntry | null {
    const at = this.#users?.get(user);
    if (at === undefined) return null;
    const text = this.#text;
    const newline = text.indexOf('\n', at);
    const end = Math.max(lineEnd(text, at, newline === -1 ? text.length : newline), at + 1);
    const field: ByteString[] = [];
    let from = at + 1;
    // Six fields; whatever colons follow belong to the extra fields.
    while (field.length < 6) {
      const colon = text.indexOf(':', from);
      if (colon === -1 || colon >= end) break;
      field.push(text.slice(from, colon));
      from = colon + 1;
    }
    const complete = field.length === 6;
    if (!complete) field.push(text.slice(from, end));
    const [password = '', uid = null, gid = null, , home = ''] = field;
    // Where the eighth field is empty 2.3 reads the old format, whose next field is a mail location.
    const isOld = complete && this.#options.series === '2.3' && text[from] === ':';
    return {
      password: withScheme(password),
      uid,
      gid,
      home,
      extraFields: complete && !isOld ? splitFields(text.slice(from, end)) : NO_FIELDS,
    };
  }

  /** The file as it is really read, and the user's line in it. */
  placeOf(user: ByteString): { file: string; line: number } {
    const before = this.#text.slice(0, this.#users?.get(user) ?? 0);
    return { file: this.#realPath, line: before.split('\n').length };
  }

  #ofProcess(text: ByteString): LogEntry {
    return { level: 'error', text: `passwd-file ${this.#path}:${text}`, scope: 'process' };
  }
}

const NO_FIELDS: readonly ByteString[] = [];

/** Between spaces. */
function splitFields(text: ByteString): readonly ByteString[] {
  const fields: ByteString[] = [];
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(' ', at);
    const end = space === -1 ? text.length : space;
    if (end > at) fields.push(text.slice(at, end));
    at = end + 1;
  }
  return fields;
}

function lineEnd(text: ByteString, start: number, newline: number): number {
  return newline > start && text[newline - 1] === '\r' ? newline - 1 : newline;
}

/** `hash[13]`, `hash[34]`, `hash[56]` of libpam-pwdfile. */
const TYPED = /^([^{$].*)\[([0-9])([0-9])\]$|^([^{$].*)\[(.)(.)\]$/s;

function withScheme(password: ByteString): ByteString {
  if (!password.endsWith(']') || password.length <= 4 || password.at(-4) !== '[') return password;
  const match = TYPED.exec(password);
  if (match === null) return password;
  const hash = match[1] ?? match[4] ?? '';
  const type = `${match[2] ?? ''}${match[3] ?? ''}`;
  if (type === '34') return `{PLAIN-MD5}${hash}`;
  return type === '56' ? `{DIGEST-MD5}${hash}` : `{CRYPT}${hash}`;
}

function hasBrokenDigest(text: ByteString, userEnd: number, end: number): boolean {
  if (text[userEnd] !== ':') return false;
  const colon = text.indexOf(':', userEnd + 1);
  const passwordEnd = colon === -1 || colon > end ? end : colon;
  if (text[passwordEnd - 1] !== ']' || text.slice(passwordEnd - 4, passwordEnd) !== '[56]') return false;
  return passwordEnd - 4 - (userEnd + 1) !== 32;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** strerror(3) of what happens to files. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
};

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return (
    (code === undefined ? undefined : REASONS[code]) ??
    (error instanceof Error ? error.message : String(error))
  );
}
