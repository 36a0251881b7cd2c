import type { ByteString } from '../../../grammar/bytes.js';
import type { LookupContext } from '../../auth/driver.js';
import type { IterateContext, UserdbDriver, UserdbOutcome } from '../../auth/userdb-driver.js';
import type { UserdbBlock } from '../../config/effective.js';
import type { Series } from '../../knowledge/versions.js';
import { type LdapDirectory, type LdapEntry, LdapResult, Unreachable } from './directory.js';
import { BadFilter, ByteFilter } from './filter.js';
import { fieldsOf, valuesOf } from './pass-attrs.js';
import { resultText } from './result-text.js';
import { ldapRow } from './row.js';
import { Ended, LdapSearches, type Progress } from './searches.js';
import type { LdapUserdbSettings } from './settings.js';

const GID: ReadonlySet<ByteString> = new Set(['gid']);

/** All users could not be listed; the message is what Dovecot logs. */
class IterateFailure extends Error {}

/** The ldap driver of a userdb. Dovecot 2.3.19.1 and 2.4.1 userdb-ldap.c */
export class LdapUserdb implements UserdbDriver {
  readonly name = 'ldap';
  readonly blocking: boolean;
  readonly #series: Series;
  readonly #block: UserdbBlock;
  readonly #settings: LdapUserdbSettings;
  readonly #searches: LdapSearches;
  readonly #directory: LdapDirectory;

  constructor(series: Series, block: UserdbBlock, settings: LdapUserdbSettings, directory: LdapDirectory) {
    this.#series = series;
    this.#block = block;
    this.#settings = settings;
    this.#directory = directory;
    this.#searches = new LdapSearches(series, settings, directory);
    this.blocking = settings.blocking;
  }

  async lookup(context: LookupContext): Promise<UserdbOutcome> {
    const progress: Progress = { log: [], queries: [] };
    try {
      const [entry] = await this.#searches.find('user search', context, progress);
      if (entry === undefined) {
        progress.log.push({ level: 'info', text: 'unknown user' });
        return { kind: 'unknown', ...progress };
      }
      const read = await this.#searches.read(this.#block, entry, context, progress, GID);
      return { kind: 'found', ...read, hasGidList: true, ...progress };
    } catch (error) {
      if (error instanceof Ended) return error.outcome;
      throw error;
    }
  }

  async *iterate(context: IterateContext): AsyncGenerator<ByteString> {
    const { iterate } = this.#settings;
    const progress: Progress = { log: [], queries: [] };
    const searches = new LdapSearches(this.#series, iterate, this.#directory);
    try {
      const { base, filter } = searches.place(context, progress);
      const entries = this.#directory.stream(base, iterate.scope, new ByteFilter(filter), iterate.attributes);
      for await (const entry of entries) yield* this.#namesOf(entry, context);
    } catch (error) {
      throw new IterateFailure(failureText(error, progress));
    }
  }

  close(): Promise<void> {
    return this.#directory.close();
  }

  /** Every value of the field `user`; in 2.4 one value. Other fields are ignored. */
  #namesOf(entry: LdapEntry, context: IterateContext): ByteString[] {
    const { iterate, iterateFields } = this.#settings;
    if (this.#series === '2.3') {
      const values = new Map(valuesOf(entry));
      return iterate.attrs
        .filter(({ name }) => name === 'user')
        .flatMap((attr) => {
          if (attr.template === null) return values.get(attr.attribute.toLowerCase()) ?? [];
          const { fields } = fieldsOf([attr], entry.dn, values, context, false);
          return fields.flatMap(([, value]) => (value === null ? [] : [value]));
        });
    }
    const { providers } = ldapRow(entry, iterate.attributes);
    return iterateFields.flatMap(({ name, value }) => {
      if (name !== 'user') return [];
      const expansion = context.expand(value, undefined, providers);
      if (expansion.kind === 'error')
        throw new IterateFailure(
          'auth_ldap_post settings: Failed to parse configuration: ' +
            `Failed to expand userdb_ldap_iterate_fields/${name} setting variables: ${expansion.message}`,
        );
      return [expansion.text];
    });
  }
}

function failureText(error: unknown, { log }: Progress): string {
  if (error instanceof Ended) return log.at(-1)?.text ?? error.outcome.log.at(-1)?.text ?? '';
  if (error instanceof BadFilter) return 'ldap: Bad search filter';
  if (error instanceof LdapResult) return `ldap: ${resultText(error.code)}`;
  if (error instanceof Unreachable) return `ldap: Can't connect to server: ${error.host}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
