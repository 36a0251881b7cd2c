import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ByteString } from '../../grammar/bytes.js';
import type { LogEntry, LookupContext, RowField } from '../auth/driver.js';
import { type SystemId, systemIdOf, type UserdbDriver, type UserdbOutcome } from '../auth/userdb-driver.js';
import type { UserdbBlock } from '../config/effective.js';
import { errnoText } from '../config/errno-text.js';
import type { Series } from '../knowledge/versions.js';
import { type FixedPath, fixPath24, hasVariables23, hasVariables24 } from './passwd-file-path.js';
import { type PasswdFileEntry, PasswdFileTable } from './passwd-file-table.js';

export interface PasswdFileUserdbOptions {
  readonly series: Series;
  readonly systemId: SystemId;
  readonly mapPath?: ((path: string) => string) | undefined;
  readonly now: () => number;
}

interface Args {
  readonly path: ByteString;
  /** null: auth_username_format of the request (2.4). */
  readonly usernameFormat: ByteString | null;
}

/** `[username_format=F] PATH`. Dovecot 2.3.19.1 userdb-passwd-file.c: passwd_file_preinit */
function argsOf(series: Series, block: UserdbBlock): Args {
  if (series === '2.4')
    return {
      path: block.setting('passwd_file_path')?.text ?? '',
      usernameFormat: block.setting('auth_username_format')?.text ?? null,
    };
  const args = block.args.text;
  const match = /^username_format=([^ ]*)(?: *(.*))?$/s.exec(args);
  const path = match === null ? args : (match[2] ?? '');
  if (path === '') throw new Error('userdb passwd-file: Missing args');
  return { path, usernameFormat: match?.[1] ?? '%u' };
}

/** Opens a passwd-file userdb. Throws an Error with Dovecot's `auth: Fatal: ` text where its args are refused. */
export async function openPasswdFileUserdb(
  block: UserdbBlock,
  options: PasswdFileUserdbOptions,
): Promise<UserdbDriver> {
  const { series, systemId } = options;
  const args = argsOf(series, block);
  const tables = new Map<ByteString, PasswdFileTable>();
  const varies = series === '2.3' ? hasVariables23(args.path) : hasVariables24(args.path);
  const tableFor = (path: ByteString): PasswdFileTable => {
    const table = tables.get(path) ?? new PasswdFileTable(path, options);
    tables.set(path, table);
    return table;
  };
  const fixedPath = series === '2.3' ? args.path.replaceAll('%%', '%') : args.path;
  const starting: LogEntry[] = varies ? [] : await tableFor(fixedPath).start();

  const lookup = async (context: LookupContext): Promise<UserdbOutcome> => {
    const log = starting.splice(0);
    const failed = (text: ByteString): UserdbOutcome => ({
      kind: 'internal',
      log: [...log, { level: 'error', text }],
    });
    const path = varies
      ? expandPath(series, args.path, context)
      : ({ kind: 'path', path: fixedPath } as const);
    if (path.kind === 'error') return failed(path.message);
    if (path.kind === 'outside')
      return { kind: 'unknown', log: [...log, { level: 'info', text: path.message }] };
    const table = tableFor(path.path);
    const state = await table.sync();
    log.push(...state.log);
    // Dovecot db-passwd-file.c: passwd_file_sync
    if (varies && state.stat === false) tables.delete(path.path);
    if (state.kind !== 'ready') return { kind: state.kind === 'missing' ? 'unknown' : 'internal', log };
    const format = args.usernameFormat ?? context.settings.usernameFormat;
    const key = context.expand(format, escapeBackslash);
    if (key.kind === 'error') return failed(`Failed to expand username_format=${format}: ${key.message}`);
    const query = { text: key.text, database: `passwd-file ${path.path}` };
    log.push({ level: 'debug', text: `lookup: user=${key.text} file=${path.path}` });
    const entry = table.find(key.text);
    const found = entry === null ? null : idsOf(key.text, entry, systemId, path.path, log);
    if (entry === null || found === null) {
      log.push({ level: 'info', text: 'unknown user' });
      return { kind: 'unknown', log, queries: [{ ...query, rows: 0 }] };
    }
    const queries = [{ ...query, rows: 1 }];
    // A line that ends before the gid is for passdbs alone.
    if (entry.gid === null) return { kind: 'unknown', log, queries };
    return readEntry(series, context, entry, found, log, queries);
  };
  const iterate = async function* (): AsyncGenerator<ByteString> {
    if (varies)
      throw new Error(`passwd-file: the path ${args.path} has variables, its users cannot be listed`);
    yield* namesOf(options.mapPath?.(fixedPath) ?? fixedPath);
  };
  return { name: 'passwd-file', lookup, iterate, close: async () => tables.clear() };
}

/** Line by line, so that a file of any length takes no memory. Dovecot userdb-passwd-file.c: passwd_file_iterate_next */
async function* namesOf(path: string): AsyncGenerator<ByteString> {
  try {
    for await (const line of createInterface({ input: createReadStream(path, { encoding: 'latin1' }) })) {
      const name = line.split(':', 1)[0] ?? '';
      if (name !== '' && !name.startsWith('#')) yield name;
    }
  } catch (error) {
    throw new Error(`cannot read ${path}: ${errnoText(error)}`);
  }
}

/** uid and gid as numbers; null: the line is left out of the table. Dovecot db-passwd-file.c: passwd_file_add */
function idsOf(
  user: ByteString,
  entry: PasswdFileEntry,
  systemId: SystemId,
  path: ByteString,
  log: LogEntry[],
): RowField[] | null {
  const fields: RowField[] = [];
  for (const kind of ['uid', 'gid'] as const) {
    const text = entry[kind];
    if (text === null || text === '') continue;
    const id = systemIdOf(kind, text, systemId);
    if (id === null || id === '0') {
      const wrong = `User ${user} has invalid ${kind.toUpperCase()} '${text}'`;
      log.push({ level: 'error', text: `passwd-file ${path}:${wrong}`, scope: 'process' });
      return null;
    }
    fields.push([kind, id]);
  }
  return fields;
}

function readEntry(
  series: Series,
  context: LookupContext,
  entry: PasswdFileEntry,
  ids: readonly RowField[],
  log: readonly LogEntry[],
  queries: UserdbOutcome['queries'] & object,
): UserdbOutcome {
  const fields: RowField[] = [...ids];
  if (entry.home !== '') fields.push(['home', entry.home]);
  const columns = new Map<ByteString, ByteString>(fields.map(([name, value]) => [name, value ?? '']));
  for (const field of entry.extraFields) {
    const isUserdb = field.startsWith('userdb_');
    if (series === '2.3' && !isUserdb) continue;
    const equals = field.indexOf('=');
    let value = '';
    if (equals !== -1) {
      const expansion = context.expand(field.slice(equals + 1));
      if (expansion.kind === 'error') {
        const text = `Failed to expand extra field ${field}: ${expansion.message}`;
        return { kind: 'internal', fields, queries, log: [...log, { level: 'error', text }] };
      }
      value = expansion.text;
    }
    const key = equals === -1 ? field : field.slice(0, equals);
    const name = isUserdb ? key.slice('userdb_'.length) : key;
    if (isUserdb) fields.push([name, value]);
    columns.set(name, value);
  }
  return { kind: 'found', fields, row: { prefix: 'passwd_file', columns }, log, queries };
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
  return value.replace(/["'\\]/g, '\\$&');
}
