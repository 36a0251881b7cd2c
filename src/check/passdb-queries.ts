import type { Config } from '../config/config.js';
import type { PassdbBlock, UserdbBlock } from '../config/effective.js';
import type { ExtFile } from '../config/ext-file.js';
import type { Written } from '../config/origin.js';
import { allUserdbs, blocksOfDriver, isSameBlock } from './chains.js';
import { extFileOf } from './ext-files.js';
import { parseSelect, type SelectQuery } from './sql/select.js';
import type { SqlDialect } from './sql/tokens.js';
import { type ValueText, valueText } from './value-text.js';

type QueryKind = 'password' | 'user' | 'iterate';

/** The setting of each kind: in the 2.3 file, and in the block of 2.4. */
const SETTINGS: Readonly<Record<QueryKind, readonly [ext: string, block: string]>> = {
  password: ['password_query', 'passdb_sql_query'],
  user: ['user_query', 'userdb_sql_query'],
  iterate: ['iterate_query', 'userdb_sql_iterate_query'],
};

/** A query of the configuration, with its text as it stands in the file. */
export interface WrittenQuery {
  /** `password_query`, `passdb_sql_query`, `user_query`, ... */
  readonly setting: string;
  readonly kind: QueryKind;
  readonly block: PassdbBlock | UserdbBlock;
  readonly value: ValueText;
  readonly dialect: SqlDialect;
  /** null: not a SELECT. */
  readonly select: SelectQuery | null;
  /** A backslash at the end of a line is missing: the rest of the query stands below, as a finding of its own. */
  readonly brokenOff: boolean;
}

const KNOWN = new WeakMap<Config, WrittenQuery[]>();

/** The query by which a passdb looks its users up, where one is written. */
export function passwordQueries(config: Config): readonly WrittenQuery[] {
  const known = KNOWN.get(config);
  if (known !== undefined) return known;
  const passdbs = blocksOfDriver(config, 'sql').filter(({ kind }) => kind === 'passdb');
  const queries = passdbs.flatMap((block) => queryOf(block, config, 'password'));
  KNOWN.set(config, queries);
  return queries;
}

/** Password, user and iterate queries, each once. */
export function allQueries(config: Config): WrittenQuery[] {
  const userQueries = allUserdbs(config).flatMap((block) => [
    ...queryOf(block, config, 'user'),
    ...queryOf(block, config, 'iterate'),
  ]);
  const seen = new Set<string>();
  return [...passwordQueries(config), ...userQueries].filter(({ value }) => {
    const key = `${value.source.realPath}:${value.start}`;
    return !seen.has(key) && seen.add(key);
  });
}

function queryOf(block: PassdbBlock | UserdbBlock, config: Config, kind: QueryKind): WrittenQuery[] {
  if (block.driver !== 'sql') return [];
  const [extKey, setting24] = SETTINGS[kind];
  const ext = extFileOf(block, config);
  const written: Written | null = ext === null ? block.setting(setting24) : (ext.values.get(extKey) ?? null);
  const origin = written?.origin ?? null;
  if (written === null || origin === null || written.text === '') return [];
  const value = valueText(origin);
  const dialect = dialectOfBlock(block, config) ?? 'mysql';
  const select = parseSelect(value.text, dialect);
  const brokenOff = ext !== null && isBrokenOff(value, ext);
  return [{ setting: ext === null ? setting24 : extKey, kind, block, value, dialect, select, brokenOff }];
}

function isBrokenOff({ source, start, text }: ValueText, { problems }: ExtFile): boolean {
  const end = source.lineAt(start + text.trimEnd().length);
  return problems.some(
    ({ kind, place }) =>
      kind === 'ext-syntax' && place?.source === source && source.lineAt(place.span.start) === end + 1,
  );
}

/** Whether the end of the passdb's query is missing, and with it what the other columns would say. */
export function hasBrokenQuery(passdb: PassdbBlock, config: Config): boolean {
  if (passdb.driver !== 'sql') return false;
  return passwordQueries(config).some(({ block, brokenOff }) => brokenOff && isSameBlock(block, passdb));
}

/** Which database an SQL block asks; null where the configuration does not say it, or a driver that is none of these. */
export function dialectOfBlock(block: PassdbBlock | UserdbBlock, config: Config): SqlDialect | null {
  const ext = extFileOf(block, config);
  const driver = ext === null ? driver24(block, config) : ext.get('driver');
  return driver === 'mysql' || driver === 'pgsql' || driver === 'sqlite' ? driver : null;
}

function driver24(block: PassdbBlock | UserdbBlock, config: Config): string {
  return block.setting('sql_driver')?.text ?? config.effective.setting('sql_driver')?.text ?? '';
}
