import type { ByteString } from '../../../grammar/bytes.js';
import type { LookupContext, LookupOutcome, PassdbDriver } from '../../auth/driver.js';
import type { PassdbBlock } from '../../config/effective.js';
import type { Series } from '../../knowledge/versions.js';
import { type LdapDirectory, type LdapEntry, LdapResult } from './directory.js';
import { INVALID_CREDENTIALS, NO_SUCH_OBJECT, resultText } from './result-text.js';
import { ldapRow } from './row.js';
import { Ended, failed, LdapSearches, type Progress } from './searches.js';
import type { LdapSettings } from './settings.js';

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
  readonly #searches: LdapSearches;

  constructor(series: Series, block: PassdbBlock, settings: LdapSettings, directory: LdapDirectory) {
    this.#series = series;
    this.#block = block;
    this.#settings = settings;
    this.#searches = new LdapSearches(series, settings, directory);
    this.blocking = settings.blocking;
    this.cacheKeyTemplates = [settings.cacheKey];
  }

  async lookup(context: LookupContext): Promise<LookupOutcome> {
    const progress: Progress = { log: [], queries: [] };
    try {
      const { bind, bindUserdn } = this.#settings;
      if (context.request.mode === 'verify')
        await this.#searches.run(progress, async () => void (await this.#searches.directory.connect()));
      this.#searches.check(progress);
      return bind && bindUserdn !== null && context.request.mode === 'verify'
        ? await this.#bindDirectly(bindUserdn, context, progress)
        : await this.#searchUser(context, progress);
    } catch (error) {
      if (error instanceof Ended) return error.outcome;
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#searches.directory.close();
  }

  async #searchUser(context: LookupContext, progress: Progress): Promise<LookupOutcome> {
    const { bind } = this.#settings;
    const bindsLater = bind && context.request.mode === 'verify';
    const kind = bindsLater ? 'bind search' : 'pass search';
    const entries = await this.#searches.find(kind, context, progress);
    const [entry] = entries;
    if (entry === undefined)
      return {
        kind: 'unknown',
        log: [...progress.log, { level: 'info', text: 'unknown user' }],
        queries: progress.queries,
      };
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

  async #found(
    entry: LdapEntry,
    context: LookupContext,
    progress: Progress,
  ): Promise<Extract<LookupOutcome, { readonly kind: 'found' }>> {
    return {
      kind: 'found',
      ...(await this.#searches.read(this.#block, entry, context, progress)),
      defaultScheme: this.#settings.defaultScheme,
      log: progress.log,
      queries: progress.queries,
    };
  }

  async #bindDirectly(
    template: ByteString,
    context: LookupContext,
    progress: Progress,
  ): Promise<LookupOutcome> {
    const name = this.#series === '2.3' ? 'auth_bind_userdn' : 'passdb_ldap_bind_userdn';
    const dn = this.#searches.expand(name, template, context, progress);
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
    const query = { text: `bind as ${dn}`, database: this.#searches.directory.label, rows: null };
    const at = progress.queries.push(query) - 1;
    const answered = (rows: number): void => {
      progress.queries[at] = { ...query, rows };
    };
    try {
      await this.#searches.run(progress, () => this.#searches.directory.bind(dn, password));
      answered(1);
      return { ...found, verified: 'ok' };
    } catch (error) {
      if (!(error instanceof LdapResult)) throw error;
      answered(0);
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
}
