import type { ByteString } from '../../../grammar/bytes.js';
import type {
  LogEntry,
  LookupContext,
  LookupOutcome,
  PassdbDriver,
  Query,
  RowField,
} from '../../auth/driver.js';
import type { PassdbBlock } from '../../config/effective.js';
import type { Series } from '../../knowledge/versions.js';
import { escapeLdap23, escapeLdap24 } from '../../variables/escape.js';
import { inspectTemplate } from '../../variables/inspect.js';
import type { Provider } from '../../variables/scope.js';
import { type LdapEntry, LdapResult, Unreachable } from './connection.js';
import { BadFilter, ByteFilter } from './filter.js';
import { attributesOfTemplate, fieldsOf, valuesOf } from './pass-attrs.js';
import { LdapPool } from './pool.js';
import { INVALID_CREDENTIALS, NO_SUCH_OBJECT, resultText } from './result-text.js';
import { ldapRow } from './row.js';
import type { LdapSettings } from './settings.js';

/** A look-up that ends early. */
class Ended extends Error {
  readonly outcome: LookupOutcome;

  constructor(outcome: LookupOutcome) {
    super();
    this.outcome = outcome;
  }
}

/** What one look-up has come to so far. */
interface Progress {
  readonly log: LogEntry[];
  readonly queries: Query[];
}

/** The ldap driver of a passdb: a search whose entry holds the password, or a bind as the user. */
export class LdapPassdb implements PassdbDriver {
  readonly name = 'ldap';
  /** Whatever `auth_bind` says: a bind has no password to hand out, which shows at the look-up. observed 2.3.19.1 */
  readonly canLookupCredentials = true;
  readonly blocking: boolean;
  readonly cacheKeyTemplates: readonly ByteString[];
  readonly #series: Series;
  readonly #block: PassdbBlock;
  readonly #settings: LdapSettings;
  readonly #pool: LdapPool;

  constructor(series: Series, block: PassdbBlock, settings: LdapSettings) {
    this.#series = series;
    this.#block = block;
    this.#settings = settings;
    this.#pool = new LdapPool(settings.target);
    this.blocking = settings.blocking;
    this.cacheKeyTemplates = [settings.cacheKey];
  }

  async lookup(context: LookupContext): Promise<LookupOutcome> {
    const progress: Progress = { log: [], queries: [] };
    try {
      const { bind, bindUserdn } = this.#settings;
      if (context.request.mode === 'verify')
        await this.#run(progress, async () => void (await this.#pool.connect()));
      this.#checkSettings(progress);
      return bind && bindUserdn !== null && context.request.mode === 'verify'
        ? await this.#bindDirectly(bindUserdn, context, progress)
        : await this.#searchUser(context, progress);
    } catch (error) {
      if (error instanceof Ended) return error.outcome;
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  /** Dovecot 2.4.1 db-ldap-settings.c: ldap_pre_settings_post_check */
  #checkSettings(progress: Progress): void {
    if (this.#series === '2.3') return;
    if (this.#settings.base === '') throw failed(progress, 'No ldap_base given');
    if (this.#settings.filter === '') throw failed(progress, 'No passdb_ldap_filter given');
  }

  #expand(name: string, template: ByteString, context: LookupContext, progress: Progress): ByteString {
    const expansion = context.expand(template, this.#series === '2.3' ? escapeLdap23 : escapeLdap24);
    if (expansion.kind === 'ok') return expansion.text;
    // Dovecot 2.3.19.1 passdb-ldap.c; 2.4.1 settings.c
    const text =
      this.#series === '2.3'
        ? `Failed to expand ${name}=${template}: ${expansion.message}`
        : 'auth_ldap_pre settings: Failed to parse configuration: ' +
          `Failed to expand ${name} setting variables: ${expansion.message}`;
    throw failed(progress, text);
  }

  async #searchUser(context: LookupContext, progress: Progress): Promise<LookupOutcome> {
    const { bind, scope, attributes } = this.#settings;
    const names = this.#series === '2.3' ? ['base', 'pass_filter'] : ['ldap_base', 'passdb_ldap_filter'];
    const base = this.#expand(names[0] ?? '', this.#settings.base, context, progress);
    const filter = this.#expand(names[1] ?? '', this.#settings.filter, context, progress);
    const { request } = context;
    const bindsLater = bind && request.mode === 'verify';
    progress.log.push({
      level: 'debug',
      text: bindsLater
        ? `bind search: base=${base} filter=${filter}`
        : `pass search: base=${base} scope=${scope} filter=${filter} fields=${attributes.length === 0 && this.#series === '2.3' ? '(all)' : attributes.join(',')}`,
    });
    const entries = await this.#search(base, filter, progress);
    const [entry] = entries;
    if (entry === undefined)
      return {
        kind: 'unknown',
        log: [...progress.log, { level: 'info', text: 'unknown user' }],
        queries: progress.queries,
      };
    // Dovecot db-ldap.c: db_ldap_handle_request_result
    if (entries.length > 1) throw failed(progress, 'LDAP search returned multiple entries');
    const found = await this.#found(entry, context, progress);
    if (!bindsLater) {
      // A look-up may go without a password where it is checked by a bind. passdb-ldap.c: require_password
      const password = found.fields.some(([name, value]) => name === 'password' && value !== null);
      return bind && !password && this.#series === '2.3'
        ? { ...found, verified: 'ok' }
        : bind && this.#series === '2.4'
          ? { ...found, verified: 'ok' }
          : found;
    }
    if (context.alreadyAuthenticated) return { ...found, fieldsMayFail: true, verified: 'ok' };
    return this.#checkByBind(entry.dn, { ...found, fieldsMayFail: true }, context, progress);
  }

  async #search(base: ByteString, text: ByteString, progress: Progress): Promise<LdapEntry[]> {
    const { scope, attributes, target } = this.#settings;
    const call = this.#series === '2.3' ? 'ldap_search' : 'ldap_search_ext';
    const query = { text: `${text} below ${base} (${scope})`, database: `ldap ${target.label}` };
    let filter: ByteFilter;
    try {
      filter = new ByteFilter(text);
    } catch (error) {
      if (!(error instanceof BadFilter)) throw error;
      throw failed(progress, `${call}(${text}) parsing failed: Bad search filter`);
    }
    try {
      const entries = await this.#run(progress, () => this.#pool.search(base, scope, filter, attributes));
      progress.queries.push({ ...query, rows: entries.length });
      return entries;
    } catch (error) {
      if (!(error instanceof LdapResult)) throw error;
      progress.queries.push({ ...query, rows: null });
      // A base that is not there is an answer without entries.
      if (error.code === NO_SUCH_OBJECT) return [];
      throw failed(progress, `${call}(base=${base} filter=${text}) failed: ${resultText(error.code)}`);
    }
  }

  async #found(
    entry: LdapEntry,
    context: LookupContext,
    progress: Progress,
  ): Promise<Extract<LookupOutcome, { readonly kind: 'found' }>> {
    const { defaultScheme } = this.#settings;
    let fields: readonly RowField[] = [];
    const row = this.#series === '2.4' ? ldapRow(entry, this.#settings.attributes) : undefined;
    if (row === undefined) {
      const values = new Map(valuesOf(entry));
      await this.#followNames(entry, values, context, progress);
      const read = fieldsOf(this.#settings.passAttrs, entry.dn, values, context, false);
      fields = read.fields;
      progress.log.push(...read.log);
    } else progress.log.push(...this.#multipleValues(entry));
    return {
      kind: 'found',
      fields,
      defaultScheme,
      ...(row === undefined ? {} : { row }),
      log: progress.log,
      queries: progress.queries,
    };
  }

  /** 2.3 `@name=attr`: reads the entries that attributes name. Dovecot 2.3.19.1 db-ldap.c: ldap_request_send_subquery */
  async #followNames(
    entry: LdapEntry,
    values: Map<ByteString, readonly ByteString[]>,
    context: LookupContext,
    progress: Progress,
  ): Promise<void> {
    const { passAttrs } = this.#settings;
    if (!passAttrs.some(({ isDn }) => isDn)) return;
    const names = fieldsOf(passAttrs, entry.dn, values, context, true);
    progress.log.push(...names.log);
    for (const [name, dn] of names.fields) {
      if (dn === null) continue;
      this.#checkSubquery(context, progress);
      const suffix = `@${name}`;
      const pick = (attribute: ByteString) =>
        attribute.endsWith(suffix) ? attribute.slice(0, -suffix.length) : null;
      const attributes = passAttrs.flatMap(({ attribute, template }) => {
        if (attribute === '') return template === null ? [] : attributesOfTemplate(template, pick);
        const picked = pick(attribute);
        return picked === null ? [] : [picked];
      });
      try {
        const filter = new ByteFilter('(objectClass=*)');
        const found = await this.#run(progress, () => this.#pool.search(dn, 'base', filter, attributes));
        const [other] = found;
        if (other !== undefined) for (const [key, list] of valuesOf(other, suffix)) values.set(key, list);
      } catch (error) {
        if (!(error instanceof LdapResult)) throw error;
        if (error.code !== NO_SUCH_OBJECT)
          throw failed(progress, `ldap_search(base=${dn}) failed: ${resultText(error.code)}`);
      }
    }
  }

  /** Templates are expanded once more, without the entry, to find the attributes of the other one. */
  #checkSubquery(context: LookupContext, progress: Progress): void {
    const nothing: Provider = () => ({ kind: 'value', value: '' });
    const providers = new Map([
      ['ldap', nothing],
      ['ldap_ptr', nothing],
    ]);
    for (const { attribute, template } of this.#settings.passAttrs) {
      if (attribute !== '' || template === null) continue;
      const expansion = context.expand(template, undefined, providers);
      if (expansion.kind === 'error')
        throw failed(progress, `Failed to expand subquery ${template}: ${expansion.message}`);
    }
  }

  /** A warning for each use of an attribute with more than one value. Dovecot 2.4.1 db-ldap.c: db_ldap_field_single_expand */
  #multipleValues(entry: LdapEntry): LogEntry[] {
    return this.#block.fields.flatMap(({ value }) =>
      inspectTemplate('2.4', value).variables.flatMap(({ prefix, written }): LogEntry[] => {
        if (prefix !== 'ldap') return [];
        const name = written.slice(written.indexOf(':') + 1).toLowerCase();
        const values = entry.attributes.find((each) => each.name.toLowerCase() === name)?.values ?? [];
        return values.length < 2
          ? []
          : [{ level: 'warning', text: `Multiple values found for '${name}': using value '${values[0]}'` }];
      }),
    );
  }

  async #bindDirectly(
    template: ByteString,
    context: LookupContext,
    progress: Progress,
  ): Promise<LookupOutcome> {
    const name = this.#series === '2.3' ? 'auth_bind_userdn' : 'passdb_ldap_bind_userdn';
    const dn = this.#expand(name, template, context, progress);
    const found: Extract<LookupOutcome, { readonly kind: 'found' }> = {
      kind: 'found',
      fields: [],
      defaultScheme: this.#settings.defaultScheme,
      fieldsMayFail: true,
      ...(this.#series === '2.4' ? { row: ldapRow({ dn, attributes: [] }, []) } : {}),
      log: progress.log,
      queries: progress.queries,
    };
    return this.#checkByBind(dn, found, context, progress);
  }

  /** Dovecot passdb-ldap.c: ldap_auth_bind, ldap_auth_bind_callback */
  async #checkByBind(
    dn: ByteString,
    found: Extract<LookupOutcome, { readonly kind: 'found' }>,
    context: LookupContext,
    progress: Progress,
  ): Promise<LookupOutcome> {
    const { password } = context.request;
    // Nobody knows it: the chain takes it as right and says so.
    if (password === null) return { ...found, compares: '{PLAIN}' };
    if (password === '') {
      progress.log.push({ level: 'info', text: 'Login attempt with empty password' });
      return { ...found, verified: 'mismatch' };
    }
    const query = { text: `bind as ${dn}`, database: `ldap ${this.#settings.target.label}`, rows: null };
    progress.queries.push(query);
    try {
      await this.#run(progress, () => this.#pool.bind(dn, password));
      return { ...found, verified: 'ok' };
    } catch (error) {
      if (!(error instanceof LdapResult)) throw error;
      if (error.code === INVALID_CREDENTIALS)
        return { ...found, verified: 'mismatch', mismatchText: 'Password mismatch (for LDAP bind)' };
      if (error.code === NO_SUCH_OBJECT)
        return {
          kind: 'unknown',
          log: [...progress.log, { level: 'info', text: 'unknown user' }],
          queries: progress.queries,
        };
      const call = this.#series === '2.3' ? 'ldap_bind' : 'ldap_sasl_bind';
      throw failed(progress, `${call}() failed: ${resultText(error.code)}`);
    }
  }

  /** Runs something that needs the server; a server that is not there, or lets nobody in, ends the look-up. */
  async #run<T>(progress: Progress, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      const { target, logPrefix } = this.#settings;
      if (error instanceof Unreachable) {
        // Dovecot db-ldap.c: db_ldap_connect_finish
        const text = logPrefix + (error.logged ?? `Can't connect to server: ${target.label}`);
        progress.log.push({ level: 'error', text, scope: 'process' });
        // The request waits for another connection, for a while. Dovecot db-ldap.c: db_ldap_disconnect_timeout
        if (error.logged !== null && !error.logged.startsWith('ldap_start_tls_s'))
          progress.log.push({
            level: 'info',
            text: "Aborting (timeout), we're not connected to LDAP server",
          });
        const unreachable = { host: error.host, reason: error.message };
        throw new Ended({ kind: 'internal', log: progress.log, queries: progress.queries, unreachable });
      }
      throw error;
    }
  }
}

function failed({ log, queries }: Progress, text: ByteString): Ended {
  return new Ended({ kind: 'internal', log: [...log, { level: 'error', text }], queries });
}
