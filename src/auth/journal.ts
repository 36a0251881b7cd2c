import type { ByteString } from '../../grammar/bytes.js';
import type { DatabaseBlock } from '../config/effective.js';
import type { Series } from '../knowledge/versions.js';
import type { LogEntry } from './driver.js';
import { passdbLogName } from './passdb-lists.js';
import type { AuthRequest } from './request.js';
import { sanitize } from './sanitize.js';

/** What the prefix of a log line is made of at the moment of logging. */
export interface LogSubject {
  /** null: not known yet, or refused. */
  readonly user: ByteString | null;
  /** A master login is pending. */
  readonly master: boolean;
  readonly passdb: Pick<DatabaseBlock, 'name' | 'driver' | 'authVerbose'> | null;
}

/** One line; its text with prefix is made when somebody reads it. */
class JournalLine implements LogEntry {
  readonly level: LogEntry['level'];
  readonly text: ByteString;
  readonly scope: NonNullable<LogEntry['scope']>;
  readonly #journal: Journal;
  readonly #entry: LogEntry;
  readonly #subject: LogSubject;
  readonly #inWorker: boolean;

  constructor(journal: Journal, entry: LogEntry, subject: LogSubject, inWorker: boolean) {
    this.level = entry.level;
    this.text = entry.text;
    this.scope = entry.scope ?? 'passdb';
    this.#journal = journal;
    this.#entry = entry;
    this.#subject = subject;
    this.#inWorker = inWorker;
  }

  get line(): ByteString {
    return this.#journal.line(this.#entry, this.#subject, this.#inWorker);
  }

  get logged(): boolean {
    return this.#journal.isLogged(this.#entry, this.#subject);
  }
}

const LEVELS = { debug: 'Debug', info: 'Info', warning: 'Warning', error: 'Error' } as const;
const MAX_USER_IN_LOG = 64;

/** Which lines the auth process writes: what auth_verbose and auth_debug say. */
export interface JournalSettings {
  readonly verbose: boolean;
  readonly debug: boolean;
}

/** Writes what the auth process of one version would log, each line with its prefix. */
export class Journal {
  readonly #series: Series;
  readonly #request: AuthRequest;
  readonly #settings: JournalSettings;
  readonly #keepDebug: boolean;
  readonly #workerPid: number;
  readonly entries: LogEntry[] = [];

  constructor(
    series: Series,
    request: AuthRequest,
    settings: JournalSettings,
    keepDebug: boolean,
    workerPid: number,
  ) {
    this.#series = series;
    this.#request = request;
    this.#settings = settings;
    this.#keepDebug = keepDebug;
    this.#workerPid = workerPid;
  }

  get length(): number {
    return this.entries.length;
  }

  /** True where debug lines are wanted: their texts are not built otherwise. */
  get keepsDebug(): boolean {
    return this.#keepDebug;
  }

  add(entry: LogEntry, subject: LogSubject, inWorker: boolean): void {
    if (entry.level === 'debug' && !this.#keepDebug) return;
    this.entries.push(new JournalLine(this, entry, subject, inWorker));
  }

  /** Whether Dovecot writes it with these settings. */
  isLogged({ level, scope, forced }: LogEntry, { passdb }: LogSubject): boolean {
    switch (level) {
      case 'debug':
        return this.#settings.debug;
      case 'info':
        if (forced === true) return true;
        return scope === 'request' || scope === 'mechanism' || scope === 'policy' || passdb === null
          ? this.#settings.verbose
          : (passdb.authVerbose ?? this.#settings.verbose);
      case 'warning':
      case 'error':
        return true;
    }
  }

  line(entry: LogEntry, subject: LogSubject, inWorker: boolean): ByteString {
    return this.#lines(entry, entry.scope ?? 'passdb', subject, inWorker);
  }

  /** What 2.3 writes behind a newline is taken for a line of the process itself; 2.4 writes the prefix again. observed */
  #lines(
    { level, text, user }: LogEntry,
    scope: NonNullable<LogEntry['scope']>,
    subject: LogSubject,
    inWorker: boolean,
  ): ByteString {
    const prefix = this.#prefix(level, scope, user === undefined ? subject : { ...subject, user }, inWorker);
    if (!text.includes('\n')) return prefix + text;
    return (
      prefix +
      text.replaceAll(
        '\n',
        `\n${this.#series === '2.4' ? prefix : inWorker ? 'auth-worker: Error: ' : 'auth: Error: '}`,
      )
    );
  }

  #prefix(
    level: LogEntry['level'],
    scope: NonNullable<LogEntry['scope']>,
    subject: LogSubject,
    inWorker: boolean,
  ): ByteString {
    if (scope === 'process') {
      // Databases that block are asked by a worker, which has connections of its own.
      return `${inWorker ? `auth-worker(${this.#workerPid})` : 'auth'}: ${LEVELS[level]}: `;
    }
    const place = this.#place(scope, subject);
    return this.#series === '2.3'
      ? this.#prefix23(level, place, subject, inWorker)
      : this.#prefix24(level, place, subject, inWorker);
  }

  /** Dovecot 2.3.19.1 auth-request.c: auth_request_get_log_prefix, get_log_identifier */
  #prefix23(level: LogEntry['level'], place: string, subject: LogSubject, inWorker: boolean): ByteString {
    const pid = this.#workerPid;
    const process = inWorker
      ? `auth-worker(${pid}): ${LEVELS[level]}: conn unix:auth-worker (pid=${pid},uid=0): auth-worker<1>: `
      : `auth: ${LEVELS[level]}: `;
    if (place === '') return process;
    let identifier = this.#userAndIp(subject);
    if (subject.master) identifier += ',master';
    if (this.#request.session !== '') identifier += `,<${this.#request.session}>`;
    return `${process}${place}(${identifier}): `;
  }

  /** Dovecot 2.4.1 auth-request.c: get_log_prefix */
  #prefix24(level: LogEntry['level'], place: string, subject: LogSubject, inWorker: boolean): ByteString {
    const text = place === '' ? '' : `${place}: `;
    const session = this.#request.session === '' ? '' : `<${this.#request.session}>`;
    if (inWorker) {
      const ids = `<${this.#workerPid}>${session}`;
      const master = subject.master ? ',master' : '';
      return `auth-worker(${this.#userAndIp(subject)}${master})${ids}: request [1]: ${LEVELS[level]}: ${text}`;
    }
    let identifier = this.#userAndIp(subject);
    if (this.#request.mechanism !== '') identifier += `,sasl:${this.#request.mechanism.toLowerCase()}`;
    if (subject.master) identifier += ',master';
    return `auth(${identifier})${session}: ${LEVELS[level]}: ${text}`;
  }

  #place(scope: 'passdb' | 'request' | 'mechanism' | 'policy', subject: LogSubject): string {
    switch (scope) {
      case 'passdb':
        return subject.passdb === null ? '' : passdbLogName(subject.passdb);
      case 'policy':
        return 'policy';
      case 'mechanism':
        return this.#request.mechanism.toLowerCase();
      case 'request':
        return '';
    }
  }

  #userAndIp(subject: LogSubject): ByteString {
    const user = subject.user === null ? '?' : sanitize(subject.user, MAX_USER_IN_LOG, this.#series);
    return this.#request.remoteIp === '' ? user : `${user},${this.#request.remoteIp}`;
  }
}
