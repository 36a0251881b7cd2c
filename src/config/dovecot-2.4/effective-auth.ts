import type { ByteString } from '../../../grammar/bytes.js';
import type {
  AuthSettings,
  DatabaseBlock,
  FieldTemplate,
  NamedSection,
  PassdbBlock,
  ResultRule,
  UserdbBlock,
} from '../effective.js';
import { wantsAuthEvents } from '../log-debug.js';
import type { Origin, Typed } from '../origin.js';
import type { Filter, FilterMask } from './filter.js';
import { type FilterIndex, type Question, Scope } from './scope.js';
import type { SettingsTable } from './settings-table.js';

/** Reads the settings of one question of the auth process. */
export class AuthReader {
  readonly #index: FilterIndex;
  readonly #connection: FilterMask;
  readonly #fallback: Origin;

  constructor(index: FilterIndex, connection: FilterMask, fallback: Origin) {
    this.#index = index;
    this.#connection = connection;
    this.#fallback = fallback;
  }

  #scope(names: readonly ByteString[]): { scope: Scope; question: Question } {
    const question = { connection: this.#connection, names };
    return { scope: new Scope(this.#index.tree.table, this.#index.applicable(question)), question };
  }

  read(): AuthSettings {
    const { scope } = this.#scope([]);
    return {
      version: this.#index.tree.table.version,
      mechanisms: scope.list('auth_mechanisms').map((name) => name.toUpperCase()),
      realms: scope.list('auth_realms'),
      defaultDomain: scope.text('auth_default_domain'),
      usernameChars: scope.text('auth_username_chars'),
      usernameTranslation: scope.text('auth_username_translation'),
      usernameFormat: scope.text('auth_username_format'),
      masterUserSeparator: scope.text('auth_master_user_separator'),
      anonymousUsername: scope.text('auth_anonymous_username'),
      proxySelf: scope
        .text('auth_proxy_self')
        .split(' ')
        .filter((part) => part !== ''),
      cacheSize: scope.size('auth_cache_size'),
      cacheTtl: scope.time('auth_cache_ttl'),
      cacheNegativeTtl: scope.time('auth_cache_negative_ttl'),
      cacheVerifyPasswordWithWorker: scope.boolean('auth_cache_verify_password_with_worker'),
      failureDelay: scope.time('auth_failure_delay'),
      internalFailureDelay: scope.time('auth_internal_failure_delay'),
      verbose: scope.boolean('auth_verbose'),
      debug: scope.boolean('auth_debug'),
      debugEvents: wantsAuthEvents(scope.text('log_debug')),
      debugPasswords: scope.boolean('auth_debug_passwords'),
      verbosePasswords: scope.text('auth_verbose_passwords'),
      allowWeakSchemes: scope.boolean('auth_allow_weak_schemes'),
      allowCleartext: scope.boolean('auth_allow_cleartext'),
      passdbs: this.#blockNames(scope, 'passdb').map((name, i) => this.#passdb(name, i + 1)),
      userdbs: this.#blockNames(scope, 'userdb').map((name, i) => this.#userdb(name, i + 1)),
    };
  }

  /** Blocks inside connection filters come before the global ones. Dovecot 2.4.1 config-dump-full.c. */
  #blockNames(scope: Scope, kind: 'passdb' | 'userdb'): ByteString[] {
    const inner = new Scope(
      scope.table,
      scope.filters.filter((filter) => !filter.isRoot),
    ).names(kind);
    return [...new Set([...inner, ...scope.names(kind)])];
  }

  #block(kind: 'passdb' | 'userdb', name: ByteString, index: number) {
    const asked = this.#scope([`${kind}/${name}`]);
    const outer = asked.scope;
    // Dovecot 2.4.1 auth-settings.c: an empty driver is the section's name.
    const driver = outer.text(`${kind}_driver`) || name;
    const ofDriver = driverFilters(this.#index.tree.table, kind, driver);
    const { scope, question } = ofDriver.length === 0 ? asked : this.#scope([`${kind}/${name}`, ...ofDriver]);
    const rule = (key: string): Typed<ResultRule> => ({
      value: resultRule(outer.text(key)),
      origin: outer.origin(key),
    });
    const common: DatabaseBlock = {
      index,
      name,
      driver,
      at: openingOf(scope.filters, `${kind}/${name}`) ?? this.#fallback,
      args: { text: '', origin: null },
      defaultFields: [],
      overrideFields: [],
      fields: fieldsOf(scope, `${kind}_fields`),
      fieldsImportAll: outer.boolean(`${kind}_fields_import_all`),
      resultSuccess: rule(`${kind}_result_success`),
      resultFailure: rule(`${kind}_result_failure`),
      resultInternalfail: rule(`${kind}_result_internalfail`),
      useCache: scope.boolean(`${kind}_use_cache`),
      useWorker: scope.boolean(`${kind}_use_worker`),
      authVerbose: scope.boolean('auth_verbose') || scope.boolean('auth_debug'),
      setting: (fullName) => scope.written(fullName),
      fieldTemplates: (fullName) => fieldsOf(scope, fullName),
      namedSections: (section) => this.#sections(scope, question, section),
    };
    return { common, scope, outer };
  }

  #passdb(name: ByteString, index: number): PassdbBlock {
    const { common, scope, outer } = this.#block('passdb', name, index);
    const skip = outer.text('passdb_skip');
    const scheme = scope.written('passdb_default_password_scheme');
    return {
      kind: 'passdb',
      ...common,
      skip: {
        value: skip === 'authenticated' || skip === 'unauthenticated' ? skip : 'never',
        origin: outer.origin('passdb_skip'),
      },
      deny: outer.boolean('passdb_deny'),
      master: outer.boolean('passdb_master'),
      mechanisms: outer.list('passdb_mechanisms_filter').map((mechanism) => mechanism.toUpperCase()),
      usernameFilter: outer.text('passdb_username_filter'),
      defaultPasswordScheme: isSet(scope, 'passdb_default_password_scheme') ? (scheme?.text ?? null) : null,
    };
  }

  #userdb(name: ByteString, index: number): UserdbBlock {
    const { common, outer } = this.#block('userdb', name, index);
    const skip = outer.text('userdb_skip');
    return {
      kind: 'userdb',
      ...common,
      skip: {
        value: skip === 'found' || skip === 'notfound' ? skip : 'never',
        origin: outer.origin('userdb_skip'),
      },
    };
  }

  #sections(scope: Scope, question: Question, kind: ByteString): NamedSection[] {
    return scope.names(kind).map((name) => {
      const names = [...question.names, `${kind}/${name}`];
      const inner = new Scope(this.#index.tree.table, this.#index.applicable({ ...question, names }));
      return {
        name,
        at: openingOf(inner.filters, `${kind}/${name}`) ?? this.#fallback,
        setting: (fullName: string) => inner.written(fullName),
        stringList: (fullName: string) =>
          new Map([...inner.strings(fullName)].map(([key, { text }]) => [key, text] as const)),
      };
    });
  }
}

/**
 * Filters with the built-in values of a driver, which are in force while it reads its settings. `passdb_passwd_file`
 * never is: the driver is called `passwd-file`. observed 2.4.1
 */
function driverFilters(table: SettingsTable, kind: 'passdb' | 'userdb', driver: ByteString): ByteString[] {
  const own = `${kind}_${driver}`;
  const names = table.findSetting(own)?.type === 'filter' ? [own] : [];
  return driver === 'oauth2' ? [...names, 'oauth2'] : names;
}

function openingOf(filters: readonly Filter[], name: ByteString): Origin | null {
  const opened = filters.filter((filter) => filter.mask.name === name && filter.origin !== null);
  return opened.sort((a, b) => a.createOrder - b.createOrder)[0]?.origin ?? null;
}

/** A list of fields in its order. */
export function fieldsOf(scope: Scope, name: ByteString): FieldTemplate[] {
  return [...scope.strings(name)].map(([key, { text, origin }]) => ({ name: key, value: text, origin }));
}

function isSet(scope: Scope, name: ByteString): boolean {
  return scope.filters.some((filter) => filter.values.has(name));
}

const RULES: readonly ResultRule[] = [
  'return',
  'return-ok',
  'return-fail',
  'continue',
  'continue-ok',
  'continue-fail',
];

function resultRule(text: ByteString): ResultRule {
  return RULES.find((rule) => rule === text) ?? 'continue';
}
