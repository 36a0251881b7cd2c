import type { ByteString } from '../../grammar/bytes.js';
import type { AuthSettings, PassdbBlock } from '../config/effective.js';
import type { Escape, Expansion, ProviderValue } from '../variables/scope.js';
import type { AuthRequest } from './request.js';

/** What a driver may ask about the request while it looks something up. */
export interface LookupContext {
  readonly request: AuthRequest;
  /** What the auth process works with: `allowWeakSchemes`, `usernameFormat` and the like. */
  readonly settings: AuthSettings;
  /** Current name: after normalisation and after what earlier passdbs changed. */
  readonly user: ByteString;
  /** True when the password will not be checked any more (an earlier passdb continued with success). */
  readonly alreadyAuthenticated: boolean;
  /** Expands a template of the configuration with the request's variables, escaping each value. */
  expand(
    template: ByteString,
    escaping?: Escape,
    providers?: ReadonlyMap<ByteString, (key: ByteString) => ProviderValue>,
    more?: MoreVariables,
  ): Expansion;
  /** A field that earlier passdbs (or default_fields) have set, as `%{passdb:NAME}` sees it; null where there is none. */
  extraField(name: ByteString): ByteString | null;
  /** A field of the userdbs so far, for a look-up of a userdb. */
  userdbField?(name: ByteString): ByteString | null;
  /** All of them in their order (checkpassword hands them to its program). */
  extraFields?(): readonly (readonly [name: ByteString, value: ByteString | null])[];
  /** Aborted when the answer is not wanted any more. */
  readonly signal: AbortSignal;
}

/** Variables of one expansion beyond the request's own. */
export interface MoreVariables {
  /** The name as fields that were set before have changed it. */
  readonly user?: ByteString;
  /** By exact name; 2.3 `%$` is `$`. */
  readonly extra?: ReadonlyMap<ByteString, ByteString>;
}

/** A field of a row, in the row's order; null = the database's NULL (the field is absent, auth-chain.md section 5). */
export type RowField = readonly [name: ByteString, value: ByteString | null];

/** What 2.4 `fields { }` see of a row. */
export interface Row {
  readonly prefix: ByteString;
  readonly columns: ReadonlyMap<ByteString, ByteString>;
  /** Left out: `prefix` reads `columns`. */
  readonly providers?: ReadonlyMap<ByteString, (key: ByteString) => ProviderValue>;
}

/** A statement that was sent to a database, for explanations. */
export interface Query {
  readonly text: ByteString;
  /** `mysql localhost/mailproxy`, `fixture maildb.sql`, ... Never holds a password. */
  readonly database: string;
  readonly rows: number | null;
  /** Where the row stands, of a database that is a text: asked for explanations only, so it may take a while. */
  readonly at?: { readonly file: string; readonly line: number };
}

/** One line that Dovecot's auth process would log, without its `auth: Info: NAME(user,ip): ` prefix. */
export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warning' | 'error';
  readonly text: ByteString;
  /**
   * What the line is about, which decides its prefix: the passdb (default), its auth-worker, the request, the SASL
   * mechanism, or the auth process as a whole.
   */
  readonly scope?: 'passdb' | 'request' | 'mechanism' | 'process' | 'policy';
  /** The user by then, where fields that the chain has yet to set change the name. */
  readonly user?: ByteString;
  /** Written whatever auth_verbose says: failed logins where auth_verbose_passwords is set. */
  readonly forced?: boolean;
  /** The whole line with its prefix, without time stamp. Set by the chain. */
  readonly line?: ByteString;
  /** Dovecot writes it with these settings (auth_verbose, auth_debug). Set by the chain. */
  readonly logged?: boolean;
}

/** Passwords behind the first field have no default scheme: the auth process dies where one is needed (passwd-file). */
type WithoutScheme = 'behind-the-first';

/**
 * What a driver found. It never throws: what fails becomes `internal` with the text that Dovecot logs.
 * The chain applies the fields (password, nopassword, user, ...) in order, then verifies the password itself.
 */
export type LookupOutcome = {
  readonly queries?: readonly Query[];
  readonly log?: readonly LogEntry[];
} & (
  | {
      readonly kind: 'found';
      /** Includes `password` / `password_noscheme` where the database has one. */
      readonly fields: readonly RowField[];
      /** Scheme of a password without `{SCHEME}`. */
      readonly defaultScheme: ByteString;
      /** Prefix under which 2.4 `fields { }` see the row (`sql`, `passwd_file`, `ldap`), with the row. */
      readonly row?: Row;
      /** `fields { }` that cannot be expanded do not fail the look-up (2.4 ldap with passdb_ldap_bind). */
      readonly fieldsMayFail?: boolean;
      /** The driver checked the password itself (pam, ldap bind, imap): ok or mismatch. */
      readonly verified?: 'ok' | 'mismatch';
      /** What is logged as a failed login where `verified` is a mismatch; left out: the driver's own lines say it. */
      readonly mismatchText?: ByteString;
      /**
       * The stored password that the driver compares whatever `password` fields say (passwd-file, static); null: it has
       * none. Left out: the first `password` field that was set (sql, ldap).
       */
      readonly compares?: ByteString | null;
      readonly withoutScheme?: WithoutScheme;
    }
  /** `silent`: nothing is logged about it (lua). */
  | { readonly kind: 'unknown'; readonly silent?: boolean }
  /** `fields`: what was set before the failure; it stays subject to rollback. */
  | {
      readonly kind: 'internal';
      readonly fields?: readonly RowField[];
      /** The row for 2.4 `fields { }`, where they are set before it fails. */
      readonly row?: Row;
      readonly withoutScheme?: WithoutScheme;
      readonly unreachable?: { readonly host: string; readonly reason: string };
    }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'expired' }
);

/** One open database, made for one passdb block. */
export interface PassdbDriver {
  /** Dovecot's driver name: `sql`, `passwd-file`, `static`. */
  readonly name: string;
  /** Can hand out the stored password (needed by CRAM-MD5, LMTP and others; auth-chain.md section 1.3). */
  readonly canLookupCredentials: boolean;
  /** Runs in an auth-worker process of Dovecot (sqlite, mysql, passwd, pam): other log prefixes, some quirks. */
  readonly blocking?: boolean;
  /**
   * Templates whose variables make the key of the auth cache (the query, the filter); absent or empty: never cached.
   * `default_fields` (2.3) and `fields { }` (2.4) are added by the chain.
   */
  readonly cacheKeyTemplates?: readonly ByteString[];
  /** Looks the user up, at once where nothing has to be waited for. Rejects never. */
  lookup(context: LookupContext): LookupOutcome | Promise<LookupOutcome>;
  close(): Promise<void>;
}

/** Makes the driver of a block; an Error's message is Dovecot's `auth: Fatal: ` text (start-up errors). */
export type OpenPassdb = (block: PassdbBlock) => Promise<PassdbDriver>;
