import type { ByteString } from '../../grammar/bytes.js';
import type {
  LogEntry,
  LookupContext,
  LookupOutcome,
  PassdbDriver,
  Query,
  RowField,
} from '../auth/driver.js';
import type { PassdbBlock } from '../config/effective.js';
import type { Series } from '../knowledge/versions.js';
import { FieldsSoFar } from './fields-so-far.js';
import {
  type FixedPath,
  fixPath24,
  hasVariables23,
  hasVariables24,
  passwdFileArgs,
} from './passwd-file-path.js';
import { PasswdFileTable, type TableState } from './passwd-file-table.js';

export interface PasswdFileOptions {
  readonly series: Series;
  /** Where a path is really read from (`--map`). */
  readonly mapPath?: (path: string) => string;
  /** Milliseconds since 1970; decides when a file is looked at again. */
  readonly now?: () => number;
}

/** Opens a passwd-file passdb. Throws an Error with Dovecot's `auth: Fatal: ` text where its args are refused. */
export async function openPasswdFile(block: PassdbBlock, options: PasswdFileOptions): Promise<PassdbDriver> {
  const { series } = options;
  const args = passwdFileArgs(block, series);
  const tables = new Map<string, PasswdFileTable>();
  const tableFor = (path: ByteString): PasswdFileTable => {
    let table = tables.get(path);
    if (table === undefined) {
      table = new PasswdFileTable(path, { series, mapPath: options.mapPath, now: options.now ?? Date.now });
      tables.set(path, table);
    }
    return table;
  };
  const varies = series === '2.3' ? hasVariables23(args.path) : hasVariables24(args.path);
  const fixedPath = series === '2.3' ? args.path.replaceAll('%%', '%') : args.path;
  // A path without variables is read at start; what goes wrong is logged by the auth process then.
  const starting: LogEntry[] = varies ? [] : await tableFor(fixedPath).start();

  const lookup = (context: LookupContext): LookupOutcome | Promise<LookupOutcome> => {
    const log: LogEntry[] = starting.splice(0);
    const path: FixedPath = varies
      ? expandPath(series, args.path, context)
      : { kind: 'path', path: fixedPath };
    if (path.kind === 'error') return { kind: 'internal', log: [...log, error(path.message)] };
    if (path.kind === 'outside') return { kind: 'unknown', log: [...log, info(path.message)] };
    const table = tableFor(path.path);
    const find = (state: TableState): LookupOutcome => {
      log.push(...state.log);
      // What is not there is forgotten, and looked for anew by the next one. Dovecot db-passwd-file.c: passwd_file_sync
      if (varies && state.stat === false) tables.delete(path.path);
      if (state.kind !== 'ready') return notReady(state, log);
      const key = context.expand(args.usernameFormat ?? context.settings.usernameFormat, escapeBackslash);
      if (key.kind === 'error') {
        const format = args.usernameFormat ?? context.settings.usernameFormat;
        const text = `Failed to expand username_format=${format}: ${key.message}`;
        return { kind: 'internal', log: [...log, error(text)] };
      }
      log.push({ level: 'debug', text: `lookup: user=${key.text} file=${path.path}` });
      const entry = table.find(key.text);
      const database = `passwd-file ${path.path}`;
      if (entry === null) return { kind: 'unknown', log, queries: [{ text: key.text, database, rows: 0 }] };
      const queries = [new EntryQuery(key.text, database, table)];
      return readEntry(block, context, series, entry, args.defaultScheme, log, queries);
    };
    const state = table.sync();
    return state instanceof Promise ? state.then(find) : find(state);
  };

  return {
    name: 'passwd-file',
    canLookupCredentials: true,
    lookup,
    close: async () => tables.clear(),
  };
}

/** The line that was found; where it stands is looked for when somebody asks. */
class EntryQuery implements Query {
  readonly text: ByteString;
  readonly database: string;
  readonly rows = 1;
  readonly #table: PasswdFileTable;

  constructor(user: ByteString, database: string, table: PasswdFileTable) {
    this.text = user;
    this.database = database;
    this.#table = table;
  }

  get at(): { file: string; line: number } {
    return this.#table.placeOf(this.text);
  }
}

function notReady(state: TableState, log: readonly LogEntry[]): LookupOutcome {
  return state.kind === 'missing' ? { kind: 'unknown', log } : { kind: 'internal', log };
}

/** The password and the extra fields of one line; each value is expanded when its field is set. */
function readEntry(
  block: PassdbBlock,
  context: LookupContext,
  series: Series,
  entry: { readonly password: ByteString; readonly extraFields: readonly ByteString[] },
  defaultScheme: ByteString,
  log: readonly LogEntry[],
  queries: LookupOutcome['queries'] & object,
): LookupOutcome {
  const fields: RowField[] = [['password', entry.password]];
  const withoutScheme = 'behind-the-first';
  const columns = new Map<ByteString, ByteString>();
  for (const field of entry.extraFields) {
    const equals = field.indexOf('=');
    const name = equals === -1 ? field : field.slice(0, equals);
    let value = '';
    if (equals !== -1) {
      const template = field.slice(equals + 1);
      // What stands as it is need not be expanded; the text `y` alone is nothing in 2.4.
      if (template.includes('%') || template === 'y') {
        const passdb = block.fieldsImportAll ? fieldsSoFar(series, context, fields) : undefined;
        const expansion = context.expand(template, undefined, passdb);
        if (expansion.kind === 'error') {
          const text = `Failed to expand extra field ${field}: ${expansion.message}`;
          return { kind: 'internal', fields, withoutScheme, log: [...log, error(text)], queries };
        }
        value = expansion.text;
      } else value = template;
    }
    fields.push([name, value]);
    columns.set(name, value);
  }
  return {
    kind: 'found',
    fields,
    defaultScheme,
    compares: entry.password,
    withoutScheme,
    row: { prefix: 'passwd_file', columns },
    log,
    queries,
  };
}

/** `%{passdb:x}` sees the fields of this line that were set before. */
function fieldsSoFar(series: Series, context: LookupContext, fields: readonly RowField[]) {
  const set = new FieldsSoFar(series, context);
  for (const [name, value] of fields.slice(1)) set.set(name, value ?? '');
  return new Map([['passdb', set.provider]]);
}

function expandPath(series: Series, path: ByteString, context: LookupContext): FixedPath {
  // Dovecot 2.3.19.1 db-passwd-file.c: path_fix cuts each value at its first slash
  const escaping = series === '2.3' ? (value: ByteString) => value.split('/')[0] ?? '' : undefined;
  const expansion = context.expand(path, escaping);
  if (expansion.kind === 'error')
    return { kind: 'error', message: `Failed to expand passwd-file path ${path}: ${expansion.message}` };
  return series === '2.3' ? { kind: 'path', path: expansion.text } : fixPath24(expansion.text, path);
}

/** Dovecot lib/strescape.c: str_escape */
function escapeBackslash(value: ByteString): ByteString {
  return /["'\\]/.test(value) ? value.replace(/["'\\]/g, '\\$&') : value;
}

function error(text: ByteString): LogEntry {
  return { level: 'error', text };
}

function info(text: ByteString): LogEntry {
  return { level: 'info', text };
}
