import type { ByteString } from '../../grammar/bytes.js';

/**
 * Values of the auth process's variable table, by their 2.4 names (variables.md section 4.1); '' where a request has
 * no value, '0' for ports that were not given. Derived names (username, domain, orig_*, ...) are computed from these.
 */
export interface AuthVariables {
  readonly user: ByteString;
  /** 2.3 `%s`, 2.4 `%{protocol}`. */
  readonly protocol: ByteString;
  readonly home: ByteString;
  readonly local_ip: ByteString;
  readonly remote_ip: ByteString;
  readonly local_port: ByteString;
  readonly remote_port: ByteString;
  readonly real_local_ip: ByteString;
  readonly real_remote_ip: ByteString;
  readonly real_local_port: ByteString;
  readonly real_remote_port: ByteString;
  readonly client_pid: ByteString;
  readonly password: ByteString;
  /** Number of the current passdb or userdb. */
  readonly id: ByteString;
  readonly mechanism: ByteString;
  readonly secured: ByteString;
  readonly cert: ByteString;
  readonly session: ByteString;
  readonly session_pid: ByteString;
  readonly local_name: ByteString;
  readonly client_id: ByteString;
  readonly login_user: ByteString;
  readonly master_user: ByteString;
  readonly original_user: ByteString;
  readonly ssl_ja3_hash: ByteString;
}

/** What a provider (`%{passdb:F}`, `%{env:N}`, `%{sql:COLUMN}`) says of a key. `error` is the text behind `PREFIX: `. */
export type ProviderValue =
  | { readonly kind: 'value'; readonly value: ByteString }
  | { readonly kind: 'missing' }
  | { readonly kind: 'error'; readonly message: ByteString };

export type Provider = (key: ByteString) => ProviderValue;

/** Everything an expansion may ask. Pure: the machine's own values (host name, pid, clock) are handed in as well. */
export interface VariableScope {
  /** null outside auth (`dvproxy expand` with nothing given still passes a full table). */
  readonly auth: AuthVariables;
  /** More names, exact (`dvproxy expand --var`); they win over the table. 2.3 one-letter names are allowed. */
  readonly extra?: ReadonlyMap<ByteString, ByteString>;
  /** By prefix: `passdb`, `userdb`, `env`, `sql`, `passwd_file`, `ldap`, ... */
  readonly providers: ReadonlyMap<ByteString, Provider>;
  readonly system: SystemVariables;
}

export interface SystemVariables {
  readonly hostname: ByteString;
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** 2.4 `%{system:cpu_count}`, `%{system:os}`, `%{system:os-version}`. */
  readonly cpuCount?: number;
  readonly os?: ByteString;
  readonly osVersion?: ByteString;
  /** Milliseconds since 1970, for `date:` and `time:`; asked only when used. */
  now(): number;
  randomBytes(count: number): Uint8Array;
}

/** How a value is made safe for its place; the identity where nothing is escaped. */
export type Escape = (value: ByteString) => ByteString;

/** Result of an expansion. A 2.3 unknown variable keeps the text built so far in `partial`. */
export type Expansion =
  | { readonly kind: 'ok'; readonly text: ByteString }
  | {
      readonly kind: 'error';
      /** Dovecot's inner error text (`Unknown variable '%x'`). */
      readonly message: ByteString;
      readonly partial?: ByteString;
      /** Where real Dovecot would crash instead (variables.md T15): the reason. */
      readonly crash?: string;
    };
