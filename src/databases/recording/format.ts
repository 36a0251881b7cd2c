import { type ByteString, fromUtf8, toUtf8 } from '../../../grammar/bytes.js';
import type { LogEntry, Query, RowField } from '../../auth/driver.js';

// The file that --record writes and --fixture reads (docs/recording.md): text of people where bytes are UTF-8.

/** Shape of the file, for later ones. */
export const RECORDING_VERSION = 1;
/** By what a file is known as a recording before it is read as YAML. */
export const RECORDING_HEAD = /^dvproxy_recording:/m;

/** Text, or bytes that are no text. */
export type RecordedText = string | { readonly base64: string };
export type RecordedField = Readonly<Record<string, RecordedText | null>>;

export interface RecordedRow {
  readonly prefix: string;
  /** Those that are not in `fields`, or not as they are there. */
  readonly columns?: Readonly<Record<string, RecordedText>>;
  /** What `fields { }` asked for: by prefix and key; null: there is none. */
  readonly asked?: Readonly<Record<string, Readonly<Record<string, RecordedText | null>>>>;
}

/** What a database said of one user. */
export interface RecordedLookup {
  readonly user: RecordedText;
  readonly service?: RecordedText;
  /** The question, where the configuration spells it out (a query, a filter). */
  readonly question?: RecordedText;
  /** The client's password as a salted hash, where the answer depends on it. */
  readonly password?: string;
  readonly answer: 'found' | 'unknown' | 'internal_failure' | 'disabled' | 'expired';
  /** In the order of the columns. */
  readonly fields?: readonly RecordedField[];
  /** Scheme of a password that names none. */
  readonly scheme?: RecordedText;
  readonly row?: RecordedRow;
  /** The database checked the password itself. */
  readonly verified?: 'ok' | 'mismatch';
  readonly mismatch_text?: RecordedText;
  /** The stored password that is compared whatever fields say; null: there is none; true: the first of `fields`. */
  readonly compares?: RecordedText | true | null;
  readonly fields_may_fail?: boolean;
  readonly has_gid_list?: boolean;
  readonly silent?: boolean;
  readonly unreachable?: { readonly host: string; readonly reason: string };
  /** Where the text is left out, it is `question`. */
  readonly queries?: readonly {
    readonly text?: RecordedText;
    readonly database: string;
    readonly rows: number | null;
  }[];
  /** `error: TEXT`. */
  readonly log?: readonly RecordedText[];
}

/** All that one block was asked. */
export interface RecordedBlock {
  /** 1-based position among the blocks of its kind. */
  readonly index: number;
  /** '' = none. */
  readonly name: string;
  readonly driver: string;
  readonly lookups: readonly RecordedLookup[];
}

export interface Recording {
  readonly dvproxy_recording: typeof RECORDING_VERSION;
  readonly dovecot: string;
  readonly passdbs: readonly RecordedBlock[];
  readonly userdbs: readonly RecordedBlock[];
}

export function recordedText(bytes: ByteString): RecordedText {
  const text = toUtf8(bytes);
  return fromUtf8(text) === bytes ? text : { base64: Buffer.from(bytes, 'latin1').toString('base64') };
}

export function textOf(recorded: RecordedText | number | boolean): ByteString {
  if (typeof recorded === 'object') return Buffer.from(recorded.base64, 'base64').toString('latin1');
  return fromUtf8(String(recorded));
}

export function recordedFields(fields: readonly RowField[]): RecordedField[] {
  return fields.map(([name, value]) => ({ [toUtf8(name)]: value === null ? null : recordedText(value) }));
}

export function fieldsOf(recorded: readonly RecordedField[]): RowField[] {
  return recorded.flatMap((field) =>
    Object.entries(field).map(
      ([name, value]): RowField => [fromUtf8(name), value === null ? null : textOf(value)],
    ),
  );
}

/** `question`: what need not be said twice. */
export function recordedQueries(
  queries: readonly Query[],
  question: ByteString | null,
): NonNullable<RecordedLookup['queries']> {
  return queries.map(({ text, database, rows }) => ({
    ...(text === question ? {} : { text: recordedText(text) }),
    database,
    rows,
  }));
}

export function recordedLog(log: readonly LogEntry[]): RecordedText[] {
  return log.map(({ level, text }) => recordedText(`${level}: ${text}`));
}

export function logOf(recorded: readonly RecordedText[]): LogEntry[] {
  return recorded.map((line): LogEntry => {
    const text = textOf(line);
    const [, level = 'info', rest = text] = /^(debug|info|warning|error): (.*)$/s.exec(text) ?? [];
    return { level: levelOf(level), text: rest };
  });
}

function levelOf(text: string): LogEntry['level'] {
  switch (text) {
    case 'debug':
    case 'warning':
    case 'error':
      return text;
    default:
      return 'info';
  }
}
