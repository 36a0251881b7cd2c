import type { Config } from '../config/config.js';
import type { PassdbBlock, UserdbBlock } from '../config/effective.js';
import type { Written } from '../config/origin.js';
import { allPassdbs, allUserdbs } from './chains.js';
import { extFileOf } from './ext-files.js';
import { parseSelect, type SelectQuery } from './sql/select.js';
import type { SqlDialect } from './sql/tokens.js';
import { type ValueText, valueText } from './value-text.js';

/** A query of the configuration, with its text as it stands in the file. */
export interface WrittenQuery {
  /** `password_query`, `passdb_sql_query`, `user_query`, ... */
  readonly setting: string;
  readonly block: PassdbBlock | UserdbBlock;
  readonly value: ValueText;
  readonly dialect: SqlDialect;
  /** null: not a SELECT. */
  readonly select: SelectQuery | null;
}

const KNOWN = new WeakMap<Config, WrittenQuery[]>();

/** The query by which a passdb looks its users up, where one is written. */
export function passwordQueries(config: Config): readonly WrittenQuery[] {
  const known = KNOWN.get(config);
  if (known !== undefined) return known;
  const queries = allPassdbs(config).flatMap((block) =>
    queryOf(block, config, 'password_query', 'passdb_sql_query'),
  );
  KNOWN.set(config, queries);
  return queries;
}

/** Password, user and iterate queries, each once. */
export function allQueries(config: Config): WrittenQuery[] {
  const userQueries = allUserdbs(config).flatMap((block) =>
    queryOf(block, config, 'user_query', 'userdb_sql_query'),
  );
  const seen = new Set<string>();
  return [...passwordQueries(config), ...userQueries].filter(({ value }) => {
    const key = `${value.source.realPath}:${value.start}`;
    return !seen.has(key) && seen.add(key);
  });
}

function queryOf(
  block: PassdbBlock | UserdbBlock,
  config: Config,
  extKey: string,
  setting24: string,
): WrittenQuery[] {
  if (block.driver !== 'sql') return [];
  const ext = extFileOf(block, config);
  const written: Written | null = ext === null ? block.setting(setting24) : (ext.values.get(extKey) ?? null);
  const origin = written?.origin ?? null;
  if (written === null || origin === null || written.text === '') return [];
  const value = valueText(origin);
  const dialect = dialectOf(ext === null ? driver24(block, config) : ext.get('driver'));
  const select = parseSelect(value.text, dialect);
  return [{ setting: ext === null ? setting24 : extKey, block, value, dialect, select }];
}

function driver24(block: PassdbBlock | UserdbBlock, config: Config): string {
  return block.setting('sql_driver')?.text ?? config.effective.setting('sql_driver')?.text ?? '';
}

function dialectOf(driver: string): SqlDialect {
  if (driver === 'pgsql' || driver === 'sqlite') return driver;
  return 'mysql';
}
