import { type ByteString, fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import type { LookupOutcome, OpenPassdb, PassdbDriver } from '../auth/driver.js';
import type { VerifyToken } from '../auth/sasl/exchange.js';
import type { UserdbDriver } from '../auth/userdb-driver.js';
import type { Config } from '../config/config.js';
import type { PassdbBlock, UserdbBlock } from '../config/effective.js';
import { seriesOf } from '../knowledge/versions.js';
import type { Accounts } from './fixture/accounts.js';
import { FixtureError } from './fixture/fixture-error.js';
import type { OpenDirectory } from './ldap/open.js';
import { importDriver } from './missing-library.js';
import type { Replay } from './recording/replay.js';
import { replayedDatabases, splitRecordings } from './recording/replayed-databases.js';
import type { SqlAnswer, SqlDatabase } from './sql/database.js';
import { sqlEscape } from './sql/escape.js';
import type { SqlSettings, SqlTarget } from './sql/settings.js';
import type { SqlUserdb } from './sql/userdb.js';

export interface DatabasesOptions {
  readonly config: Config;
  /** `--fixture` files, recordings among them; with at least one no sql passdb opens a connection. */
  readonly fixtures?: readonly string[];
  /** Where a path is really read from (`--map`). */
  readonly mapPath?: (path: string) => string;
  /** Milliseconds since 1970; asked for retry times and by NOW() of fixtures. */
  readonly now?: () => number;
}

/** The databases of one configuration. Blocks that name the same database share its connections. */
export interface Databases {
  readonly openPassdb: OpenPassdb;
  /** The sql userdb of a block, for user and iterate queries; null where the block has another driver. */
  openSqlUserdb(block: UserdbBlock): Promise<SqlUserdb | null>;
  openLdapUserdb(block: UserdbBlock): Promise<UserdbDriver>;
  /** A userdb whose users stand in a fixture; null: the driver answers by itself. */
  fixtureUserdb(block: UserdbBlock): Promise<UserdbDriver | null>;
  /** Asks the database of an sql passdb how it would find the rows of a query; null: it cannot be asked. */
  explain?(block: PassdbBlock, query: ByteString): Promise<SqlAnswer | null>;
  /** Set where recordings answer. */
  readonly replay?: () => Promise<Replay>;
  /** Checks the tokens of the mechanisms OAUTHBEARER and XOAUTH2 of 2.4; null in 2.3, whose passdbs do. */
  tokenCheck(): Promise<VerifyToken | null>;
  close(): Promise<void>;
}

/** Names that Dovecot knows (auth-chain.md section 5), by series. `bsdauth` is not built in Debian. */
const KNOWN = {
  '2.3': ['ldap', 'pam', 'passwd', 'shadow', 'checkpassword', 'imap', 'oauth2', 'lua', 'dict'],
  '2.4': ['ldap', 'pam', 'passwd', 'imap', 'oauth2', 'lua'],
} as const;
/** Drivers whose own data a fixture replaces, or which have no data outside of the configuration. */
const BY_DATA = new Set(['sql', 'ldap', 'static', 'passwd-file', 'prefetch', 'bsdauth']);
const CAN_LOOKUP = new Set(['ldap', 'passwd', 'shadow', 'checkpassword', 'lua', 'dict']);

/** A driver that Dovecot has and this program does not ask: every look-up is a temporary failure that says so. */
function unsupported(name: string, blockName: string): PassdbDriver {
  const where = blockName === '' ? '' : ` (passdb ${blockName})`;
  const outcome: LookupOutcome = {
    kind: 'internal',
    log: [
      {
        level: 'error',
        text: fromUtf8(
          `dvproxy does not ask passdb driver '${name}'${where}: what it would answer is not known (a --fixture can say it)`,
        ),
      },
    ],
  };
  return {
    name,
    canLookupCredentials: CAN_LOOKUP.has(name),
    lookup: async () => outcome,
    close: async () => undefined,
  };
}

function targetKey(target: SqlTarget): string {
  return JSON.stringify(target);
}

class OpenDatabases implements Databases {
  readonly #config: Config;
  readonly #fixtures: readonly string[];
  readonly #now: () => number;
  readonly #mapPath: (path: string) => string;
  readonly #shared = new Map<string, Promise<SqlDatabase>>();
  #closing: (() => Promise<void>)[] = [];
  #fixtureSet: Promise<import('./fixture/fixture-set.js').FixtureSet> | null = null;

  constructor({ config, fixtures = [], now = Date.now, mapPath = (path) => path }: DatabasesOptions) {
    this.#config = config;
    this.#fixtures = fixtures;
    this.#now = now;
    this.#mapPath = mapPath;
  }

  readonly openPassdb: OpenPassdb = async (block) => {
    const series = seriesOf(this.#config.version);
    const accounts = await this.#accounts(block);
    if (accounts !== null) {
      const { accountPassdb } = await import('./fixture/accounts.js');
      return accountPassdb(block, accounts);
    }
    switch (block.driver) {
      case 'sql': {
        const [{ sqlSettings }, { SqlPassdb }] = await Promise.all([
          import('./sql/settings.js'),
          import('./sql/passdb.js'),
        ]);
        const settings = sqlSettings(block, this.#config);
        return new SqlPassdb(series, block, settings, await this.#database(settings));
      }
      case 'passwd-file': {
        const { openPasswdFile } = await import('./passwd-file.js');
        return openPasswdFile(block, { series, now: this.#now, mapPath: this.#mapPath });
      }
      case 'static': {
        const { openStatic } = await import('./static.js');
        return openStatic(block, { series });
      }
      case 'ldap': {
        const { openLdap } = await importDriver('ldapts', () => import('./ldap/open.js'));
        return openLdap(block, this.#config, await this.#directories());
      }
      case 'passwd': {
        const { openPasswd } = await import('./passwd.js');
        return openPasswd(block.driver, block, series);
      }
      case 'imap': {
        const { openImap } = await import('./imap.js');
        return openImap(block, this.#config);
      }
      case 'lua': {
        const { openLua } = await importDriver('wasmoon', () => import('./lua/passdb.js'));
        return openLua(block, this.#config, this.#mapPath);
      }
      case 'oauth2': {
        const { openOauth2 } = await importDriver('jose', () => import('./oauth2/passdb.js'));
        return openOauth2(block, this.#config, { now: this.#now, mapPath: this.#mapPath });
      }
      case 'bsdauth':
        throw new Error("Support not compiled in for passdb driver 'bsdauth'");
      default:
        if (series === '2.3' && block.driver === 'shadow') {
          const { openPasswd } = await import('./passwd.js');
          return openPasswd(block.driver, block, series);
        }
        if (series === '2.3' && block.driver === 'checkpassword') {
          const { openCheckpassword } = await import('./checkpassword.js');
          return openCheckpassword(block);
        }
        if (series === '2.3' && block.driver === 'dict') {
          const { openDict } = await import('./dict/drivers.js');
          return openDict(block, this.#config, this.#mapPath);
        }
        if (!(KNOWN[series] as readonly string[]).includes(block.driver))
          throw new Error(`Unknown passdb driver '${block.driver}'`);
        return unsupported(block.driver, block.name);
    }
  };

  async explain(block: PassdbBlock, query: ByteString): Promise<SqlAnswer | null> {
    if (block.driver !== 'sql' || this.#fixtures.length > 0 || !/^\s*SELECT\b/i.test(query)) return null;
    const { sqlSettings } = await import('./sql/settings.js');
    const settings = sqlSettings(block, this.#config);
    const word = settings.target.engine === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN';
    return (await this.#database(settings)).query(`${word} ${query}`);
  }

  async openSqlUserdb(block: UserdbBlock): Promise<SqlUserdb | null> {
    if (block.driver !== 'sql') return null;
    const [{ sqlSettings }, { SqlUserdb }] = await Promise.all([
      import('./sql/settings.js'),
      import('./sql/userdb.js'),
    ]);
    const settings = sqlSettings(block, this.#config);
    return new SqlUserdb(seriesOf(this.#config.version), settings, await this.#database(settings));
  }

  async openLdapUserdb(block: UserdbBlock): Promise<UserdbDriver> {
    const { openLdapUserdb } = await importDriver('ldapts', () => import('./ldap/open.js'));
    return openLdapUserdb(block, this.#config, await this.#directories());
  }

  async fixtureUserdb(block: UserdbBlock): Promise<UserdbDriver | null> {
    const accounts = await this.#accounts(block);
    if (accounts === null) return null;
    const { accountUserdb } = await import('./fixture/accounts.js');
    return accountUserdb(block, accounts);
  }

  async tokenCheck(): Promise<VerifyToken | null> {
    if (seriesOf(this.#config.version) === '2.3') return null;
    if (this.#fixtures.length > 0)
      return async () => ({ kind: 'failed', message: 'with --fixture no oauth2 server is asked' });
    const { openTokenCheck } = await importDriver('jose', () => import('./oauth2/passdb.js'));
    return openTokenCheck(this.#config, { now: this.#now, mapPath: this.#mapPath });
  }

  /** The users that fixtures have for a block; null: the driver answers by itself. */
  async #accounts(block: PassdbBlock | UserdbBlock): Promise<Accounts | null> {
    if (this.#fixtures.length === 0 || BY_DATA.has(block.driver)) return null;
    if (!(KNOWN[seriesOf(this.#config.version)] as readonly string[]).includes(block.driver)) return null;
    const set = await this.#loadFixtures();
    // A script is run here, and has no way out.
    return block.driver === 'lua' && set.usersOf(block) === null ? null : set;
  }

  async #directories(): Promise<OpenDirectory> {
    if (this.#fixtures.length === 0) return (await import('./ldap/open.js')).openServers;
    const set = await this.#loadFixtures();
    const directory = await set.directory();
    if (directory === null) {
      throw new FixtureError(
        `${set.label} has no entries for ldap: give a .ldif, or a .yaml with "entries:"`,
      );
    }
    return () => directory;
  }

  async close(): Promise<void> {
    const closing = this.#closing;
    this.#closing = [];
    this.#shared.clear();
    this.#fixtureSet = null;
    await Promise.all(closing.map((close) => close()));
  }

  /** The database behind some settings; the same object for the same target, closed with the whole. */
  #database(settings: SqlSettings): Promise<SqlDatabase> {
    const key = targetKey(settings.target);
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const opening = this.#open(settings).then((database) => {
      this.#closing.push(() => database.close());
      return database;
    });
    this.#shared.set(key, opening);
    return opening;
  }

  async #open(settings: SqlSettings): Promise<SqlDatabase> {
    const { target } = settings;
    const escaping = sqlEscape(target.engine);
    if (this.#fixtures.length > 0) {
      const set = await this.#loadFixtures();
      return set.database(target.engine, settings.databaseName);
    }
    switch (target.engine) {
      case 'mysql': {
        const { MysqlDatabase } = await importDriver('mysql2', () => import('./mysql.js'));
        return new MysqlDatabase(target.hosts, escaping, this.#now);
      }
      case 'sqlite': {
        const { SqliteFile } = await importDriver('better-sqlite3', () => import('./sqlite.js'));
        return new SqliteFile(this.#mapPath(toUtf8(target.path)), escaping);
      }
      case 'pgsql': {
        const { PgsqlDatabase } = await importDriver('pg', () => import('./pgsql/database.js'));
        return new PgsqlDatabase(seriesOf(this.#config.version), target.hosts, escaping, this.#now);
      }
    }
  }

  #loadFixtures(): Promise<import('./fixture/fixture-set.js').FixtureSet> {
    this.#fixtureSet ??= importDriver('better-sqlite3', () => import('./fixture/fixture-set.js')).then(
      async ({ FixtureSet }) => {
        const set = new FixtureSet(this.#fixtures, this.#now);
        this.#closing.push(() => set.close());
        return set;
      },
    );
    return this.#fixtureSet;
  }
}

/** The databases that a configuration names. Nothing is loaded or connected before the first look-up asks for it. */
export function createDatabases(options: DatabasesOptions): Databases {
  const { recordings, others } = splitRecordings(options.fixtures ?? []);
  const databases = new OpenDatabases({ ...options, fixtures: others });
  return recordings.length === 0 ? databases : replayedDatabases(databases, recordings);
}
