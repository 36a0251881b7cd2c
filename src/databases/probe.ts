import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import type { Config } from '../config/config.js';
import type { PassdbBlock, UserdbBlock } from '../config/effective.js';
import { seriesOf } from '../knowledge/versions.js';
import { inspectTemplate } from '../variables/inspect.js';
import { importDriver } from './missing-library.js';
import type { SqlDatabase } from './sql/database.js';
import type { SqlSettings, SqlTarget } from './sql/settings.js';

/** What one database said to one setting of one block. Texts are the database's own. */
export interface ProbeAnswer {
  readonly block: PassdbBlock | UserdbBlock;
  /** The setting in question: `connect`, `password_query`, `passdb_sql_query`, `base`, ... */
  readonly setting: string;
  readonly label: string;
  readonly answer:
    | { readonly kind: 'unreachable'; readonly message: ByteString }
    | { readonly kind: 'refused'; readonly message: ByteString }
    /** The query is accepted; the names of its result, null where the database does not say them without running it. */
    | { readonly kind: 'accepted'; readonly columns: readonly ByteString[] | null };
}

export interface ProbeOptions {
  /** Answer instead of the databases; nothing is connected to. */
  readonly fixtures: readonly string[];
  readonly mapPath: (path: string) => string;
  readonly now: () => number;
}

/**
 * Asks the databases of all sql and ldap blocks whether they can be reached, and whether they take the queries: EXPLAIN
 * for SQL, a search for a user whom nobody has for LDAP. Nothing is read of any user, and hosts of backends are not asked.
 */
export async function probeDatabases(
  config: Config,
  blocks: readonly (PassdbBlock | UserdbBlock)[],
  options: ProbeOptions,
): Promise<readonly ProbeAnswer[]> {
  const closing: (() => Promise<void>)[] = [];
  const open = new Map<string, Promise<SqlDatabase>>();
  const answers: ProbeAnswer[] = [];
  try {
    for (const block of blocks) {
      if (block.driver === 'sql') answers.push(...(await probeSql(block, config, options, open, closing)));
      if (block.driver === 'ldap' && options.fixtures.length === 0)
        answers.push(...(await probeLdap(block, config)));
    }
  } finally {
    await Promise.all(closing.map((close) => close()));
  }
  return answers;
}

async function probeSql(
  block: PassdbBlock | UserdbBlock,
  config: Config,
  options: ProbeOptions,
  open: Map<string, Promise<SqlDatabase>>,
  closing: (() => Promise<void>)[],
): Promise<ProbeAnswer[]> {
  const { sqlSettings } = await import('./sql/settings.js');
  let settings: SqlSettings;
  try {
    settings = sqlSettings(block, config);
  } catch {
    // What stops the auth process at its start is found in the text.
    return [];
  }
  const is23 = seriesOf(config.version) === '2.3';
  const key = `${JSON.stringify(settings.target)} ${settings.databaseName}`;
  const known = open.get(key);
  const opening = known ?? openDatabase(settings, config, options, closing);
  open.set(key, opening);
  const database = await opening;
  const about = { block, label: database.label };
  const queries: [string, ByteString][] =
    block.kind === 'passdb'
      ? [[is23 ? 'password_query' : 'passdb_sql_query', settings.passwordQuery]]
      : [
          [is23 ? 'user_query' : 'userdb_sql_query', settings.userQuery],
          [is23 ? 'iterate_query' : 'userdb_sql_iterate_query', settings.iterateQuery],
        ];
  const answers: ProbeAnswer[] = [];
  for (const [setting, template] of queries) {
    if (template === '') continue;
    const text = forNobody(template, config);
    const answer = await accepted(database, text, options.fixtures.length > 0);
    if (answer.kind === 'unreachable')
      return known === undefined ? [{ ...about, setting: is23 ? 'connect' : 'sql_driver', answer }] : [];
    answers.push({ ...about, setting, answer });
  }
  return answers;
}

async function accepted(
  database: SqlDatabase,
  text: ByteString,
  isFixture: boolean,
): Promise<ProbeAnswer['answer']> {
  // A fixture may be asked: it is a copy.
  const planned = await database.query(isFixture ? text : `EXPLAIN ${text}`, { atMost: 1 });
  if (planned.kind === 'error') {
    const { unreachable, message } = planned;
    if (unreachable !== undefined || planned.notConnected === true)
      return { kind: 'unreachable', message: fromUtf8(unreachable?.reason ?? message) };
    return { kind: 'refused', message };
  }
  if (isFixture) return { kind: 'accepted', columns: planned.columns };
  const named = await database.query(`SELECT * FROM (${text}) AS dvproxy LIMIT 0`, { atMost: 1 });
  return { kind: 'accepted', columns: named.kind === 'rows' ? named.columns : null };
}

async function openDatabase(
  settings: SqlSettings,
  config: Config,
  { fixtures, mapPath, now }: ProbeOptions,
  closing: (() => Promise<void>)[],
): Promise<SqlDatabase> {
  const { target } = settings;
  let database: SqlDatabase;
  if (fixtures.length > 0) {
    const { FixtureSet } = await importDriver('better-sqlite3', () => import('./fixture/fixture-set.js'));
    const set = new FixtureSet(fixtures, now);
    closing.push(() => set.close());
    database = set.database(target.engine, settings.databaseName);
  } else database = await connectTo(target, config, mapPath, now);
  closing.push(() => database.close());
  return database;
}

async function connectTo(
  target: SqlTarget,
  config: Config,
  mapPath: ProbeOptions['mapPath'],
  now: () => number,
): Promise<SqlDatabase> {
  const { sqlEscape } = await import('./sql/escape.js');
  const escaping = sqlEscape(target.engine);
  switch (target.engine) {
    case 'mysql': {
      const { MysqlDatabase } = await importDriver('mysql2', () => import('./mysql.js'));
      return new MysqlDatabase(target.hosts, escaping, now);
    }
    case 'sqlite': {
      const { SqliteFile } = await importDriver('better-sqlite3', () => import('./sqlite.js'));
      return new SqliteFile(mapPath(target.path), escaping);
    }
    case 'pgsql': {
      const { PgsqlDatabase } = await importDriver('pg', () => import('./pgsql/database.js'));
      return new PgsqlDatabase(seriesOf(config.version), target.hosts, escaping, now);
    }
  }
}

async function probeLdap(block: PassdbBlock | UserdbBlock, config: Config): Promise<ProbeAnswer[]> {
  const is23 = seriesOf(config.version) === '2.3';
  const [settingsOf, { LdapPool }, { LdapResult, Unreachable }, { BadFilter, ByteFilter }, { resultText }] =
    await importDriver('ldapts', () =>
      Promise.all([
        import('./ldap/settings.js'),
        import('./ldap/pool.js'),
        import('./ldap/directory.js'),
        import('./ldap/filter.js'),
        import('./ldap/result-text.js'),
      ]),
    );
  const { ldapSettings23, ldapSettings24, ldapUserdbSettings23, ldapUserdbSettings24 } = settingsOf;
  let pool: InstanceType<typeof LdapPool> | null = null;
  let setting = is23 ? 'uris' : 'ldap_uris';
  const about = { block, label: 'ldap' };
  try {
    const settings =
      block.kind === 'passdb'
        ? (is23 ? ldapSettings23 : ldapSettings24)(block, config)
        : (is23 ? ldapUserdbSettings23 : ldapUserdbSettings24)(block, config);
    pool = new LdapPool(settings.target);
    await pool.connect();
    setting = is23 ? 'base' : 'ldap_base';
    const base = forNobody(settings.base, config);
    await pool.search(base, 'base', new ByteFilter('(objectClass=*)'), ['1.1']);
    setting = settings.filterName;
    await pool.search(base, settings.scope, new ByteFilter(forNobody(settings.filter, config)), ['1.1']);
    return [{ ...about, label: pool.label, setting, answer: { kind: 'accepted', columns: null } }];
  } catch (error) {
    const label = pool?.label ?? about.label;
    if (error instanceof Unreachable) {
      const message = error.logged ?? fromUtf8(error.message);
      return [{ ...about, label, setting, answer: { kind: 'unreachable', message } }];
    }
    if (error instanceof LdapResult) {
      const more = error.diagnostic === '' ? '' : ` (${error.diagnostic})`;
      return [
        { ...about, label, setting, answer: { kind: 'refused', message: resultText(error.code) + more } },
      ];
    }
    if (error instanceof BadFilter)
      return [{ ...about, label, setting, answer: { kind: 'refused', message: 'Bad search filter' } }];
    // Settings that stop the auth process at its start are found in the text.
    if (pool === null) return [];
    throw error;
  } finally {
    await pool?.close();
  }
}

const NUMBERS = /port|pid|uid|^[abcp]$/;

/** A template with the values of a user whom no database has. */
function forNobody(template: ByteString, config: Config): ByteString {
  const { variables } = inspectTemplate(seriesOf(config.version), template);
  let text = '';
  let at = 0;
  for (const { span, name } of variables) {
    text += template.slice(at, span.start);
    text += NUMBERS.test(name)
      ? '0'
      : name === 'd' || name === 'domain'
        ? 'dvproxy.invalid'
        : 'nobody@dvproxy.invalid';
    at = span.end;
  }
  return text + template.slice(at);
}
