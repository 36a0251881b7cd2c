import type { ByteString } from '../../../grammar/bytes.js';
import type { LogEntry, Query, Row, RowField } from '../../auth/driver.js';
import type { DatabaseBlock } from '../../config/effective.js';
import type { Series } from '../../knowledge/versions.js';
import { escapeLdap23, escapeLdap24 } from '../../variables/escape.js';
import { inspectTemplate } from '../../variables/inspect.js';
import type { Provider } from '../../variables/scope.js';
import { type LdapDirectory, type LdapEntry, LdapResult, Unreachable } from './directory.js';
import { BadFilter, ByteFilter } from './filter.js';
import { attributesOfTemplate, type ExpandContext, fieldsOf, valuesOf } from './pass-attrs.js';
import { NO_SUCH_OBJECT, resultText } from './result-text.js';
import { ldapRow } from './row.js';
import type { LdapSearchSettings } from './settings.js';

/** A look-up that came to nothing, in what a passdb and a userdb have in common. */
export interface LdapFailure {
  readonly kind: 'internal';
  readonly log: readonly LogEntry[];
  readonly queries: readonly Query[];
  readonly unreachable?: { readonly host: string; readonly reason: string };
}

/** A look-up that ends early. */
export class Ended extends Error {
  readonly outcome: LdapFailure;

  constructor(outcome: LdapFailure) {
    super();
    this.outcome = outcome;
  }
}

/** What one look-up has come to so far. */
export interface Progress {
  readonly log: LogEntry[];
  readonly queries: Query[];
}

/** What the look-ups of an ldap passdb and userdb have in common: expanding, searching, following names. */
export class LdapSearches {
  readonly directory: LdapDirectory;
  readonly #series: Series;
  readonly #settings: LdapSearchSettings;

  constructor(series: Series, settings: LdapSearchSettings, directory: LdapDirectory) {
    this.#series = series;
    this.#settings = settings;
    this.directory = directory;
  }

  /** Searches the user's entries. `kind`: how Dovecot names the search in its debug lines. */
  async find(
    kind: 'bind search' | 'pass search' | 'user search',
    context: ExpandContext,
    progress: Progress,
  ): Promise<readonly LdapEntry[]> {
    const { scope, attributes } = this.#settings;
    const { base, filter } = this.place(context, progress);
    const shown = attributes.length === 0 && this.#series === '2.3' ? '(all)' : attributes.join(',');
    progress.log.push({
      level: 'debug',
      text:
        kind === 'bind search'
          ? `bind search: base=${base} filter=${filter}`
          : `${kind}: base=${base} scope=${scope} filter=${filter} fields=${shown}`,
    });
    const entries = await this.#search(base, filter, progress);
    // Each second entry is one too many: the first is forgotten then. Dovecot db-ldap.c: db_ldap_handle_request_result
    const text = 'LDAP search returned multiple entries';
    for (let tooMany = 2; tooMany + 2 <= entries.length; tooMany += 2)
      progress.log.push({ level: 'error', text });
    if (entries.length > 1) throw failed(progress, text);
    return entries;
  }

  /** Dovecot 2.4.1 db-ldap-settings.c: ldap_pre_settings_post_check */
  check(progress: Progress): void {
    const { base, filter, filterName } = this.#settings;
    if (this.#series === '2.3') return;
    if (base === '') throw failed(progress, 'No ldap_base given');
    if (filter === '') throw failed(progress, `No ${filterName} given`);
  }

  /** Base and filter for one request. */
  place(
    context: ExpandContext,
    progress: Progress,
  ): { readonly base: ByteString; readonly filter: ByteString } {
    const { base, filter, filterName } = this.#settings;
    this.check(progress);
    return {
      base: this.expand(this.#series === '2.3' ? 'base' : 'ldap_base', base, context, progress),
      filter: this.expand(filterName, filter, context, progress),
    };
  }

  /** Escapes the values as the version does; one that cannot be expanded ends the look-up. */
  expand(name: string, template: ByteString, context: ExpandContext, progress: Progress): ByteString {
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

  /** What an entry says: 2.3 its fields, 2.4 the row that `fields { }` see. `joined`: fields that take all values. */
  async read(
    block: DatabaseBlock,
    entry: LdapEntry,
    context: ExpandContext,
    progress: Progress,
    joined?: ReadonlySet<ByteString>,
  ): Promise<{ readonly fields: readonly RowField[]; readonly row?: Row }> {
    const { attributes, attrs } = this.#settings;
    if (this.#series === '2.4') {
      const row = ldapRow(entry, attributes);
      progress.log.push(...this.#multipleValues(block, entry, context, row));
      return { fields: [], row };
    }
    const values = new Map(valuesOf(entry));
    await this.#followNames(entry, values, context, progress);
    const { fields, log } = fieldsOf(attrs, entry.dn, values, context, false, joined);
    progress.log.push(...log);
    return { fields };
  }

  /** A base that is not there has no entries. */
  async #search(base: ByteString, text: ByteString, progress: Progress): Promise<readonly LdapEntry[]> {
    const { scope, attributes } = this.#settings;
    const call = this.#series === '2.3' ? 'ldap_search' : 'ldap_search_ext';
    const query = { text: `${text} below ${base} (${scope})`, database: this.directory.label };
    let filter: ByteFilter;
    try {
      filter = new ByteFilter(text);
    } catch (error) {
      if (!(error instanceof BadFilter)) throw error;
      throw failed(progress, `${call}(${text}) parsing failed: Bad search filter`);
    }
    try {
      const entries = await this.run(progress, () => this.directory.search(base, scope, filter, attributes));
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

  /** 2.3 `@name=attr`: reads the entries that attributes name. Dovecot 2.3.19.1 db-ldap.c: ldap_request_send_subquery */
  async #followNames(
    entry: LdapEntry,
    values: Map<ByteString, readonly ByteString[]>,
    context: ExpandContext,
    progress: Progress,
  ): Promise<void> {
    const { attrs } = this.#settings;
    if (!attrs.some(({ isDn }) => isDn)) return;
    const names = fieldsOf(attrs, entry.dn, values, context, true);
    progress.log.push(...names.log);
    for (const [name, dn] of names.fields) {
      if (dn === null) continue;
      this.#checkSubquery(context, progress);
      const suffix = `@${name}`;
      const pick = (attribute: ByteString) =>
        attribute.endsWith(suffix) ? attribute.slice(0, -suffix.length) : null;
      const attributes = attrs.flatMap(({ attribute, template }) => {
        if (attribute === '') return template === null ? [] : attributesOfTemplate(template, pick);
        const picked = pick(attribute);
        return picked === null ? [] : [picked];
      });
      try {
        const filter = new ByteFilter('(objectClass=*)');
        const found = await this.run(progress, () => this.directory.search(dn, 'base', filter, attributes));
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
  #checkSubquery(context: ExpandContext, progress: Progress): void {
    const nothing: Provider = () => ({ kind: 'value', value: '' });
    const providers = new Map([
      ['ldap', nothing],
      ['ldap_ptr', nothing],
    ]);
    for (const { attribute, template } of this.#settings.attrs) {
      if (attribute !== '' || template === null) continue;
      const expansion = context.expand(template, undefined, providers);
      if (expansion.kind === 'error')
        throw failed(progress, `Failed to expand subquery ${template}: ${expansion.message}`);
    }
  }

  /** A warning for each use of an attribute with more than one value. Dovecot 2.4.1 db-ldap.c: db_ldap_field_single_expand */
  #multipleValues(block: DatabaseBlock, entry: LdapEntry, context: ExpandContext, row: Row): LogEntry[] {
    const warnings: LogEntry[] = [];
    for (const { value } of block.fields) {
      for (const { prefix, written } of inspectTemplate('2.4', value).variables) {
        if (prefix !== 'ldap') continue;
        const name = written.slice(written.indexOf(':') + 1).toLowerCase();
        const values = entry.attributes.find((each) => each.name.toLowerCase() === name)?.values ?? [];
        if (values.length < 2) continue;
        const text = `Multiple values found for '${name}': using value '${values[0]}'`;
        warnings.push({ level: 'warning', text });
      }
      // No field behind one that cannot be expanded is looked at.
      if (context.expand(value, undefined, row.providers).kind === 'error') break;
    }
    return warnings;
  }

  /** Runs something that needs the server; a server that is not there, or lets nobody in, ends the look-up. */
  async run<T>(progress: Progress, action: () => Promise<T>): Promise<T> {
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

/** Ends a look-up with an error. */
export function failed({ log, queries }: Progress, text: ByteString): Ended {
  return new Ended({ kind: 'internal', log: [...log, { level: 'error', text }], queries });
}
