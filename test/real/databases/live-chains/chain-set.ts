import type { DovecotVersion } from '../../../../src/knowledge/versions.js';
import type { MariadbServer } from '../../servers/mariadb.js';
import { LDAP_ADMIN, LDAP_ADMIN_PASSWORD } from '../../servers/openldap.js';
import type { PostgresqlServer } from '../../servers/postgresql.js';

/** A question to a set of passdbs. */
export interface SetQuestion {
  readonly user: string;
  /** null: a look-up. */
  readonly password: string | null;
}

/** Passdbs that ask a live database, with the questions that are put to them. */
export interface ChainSet {
  readonly name: string;
  readonly config: string;
  readonly files: Readonly<Record<string, string>>;
  readonly questions: readonly SetQuestion[];
}

export type SqlEngine = 'mysql' | 'pgsql';

/** Where the server of a test is; what a recording says in its place. */
export interface SqlPlace {
  readonly engine: SqlEngine;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export const placeOfMariadb = ({ port }: Pick<MariadbServer, 'port'>): SqlPlace => ({
  engine: 'mysql',
  port,
  user: 'reader',
  password: 'secret',
});

export const placeOfPostgresql = ({
  port,
  user,
  password,
}: Pick<PostgresqlServer, 'port' | 'user' | 'password'>): SqlPlace => ({
  engine: 'pgsql',
  port,
  user,
  password,
});

/** An sql passdb in the words of both versions. `%U`, `%N`, `%D`, `%W` in the query: user, its parts, the password. */
export interface SqlPassdbWords {
  readonly query: string;
  readonly scheme?: string;
  /** Lines of the block: rules, deny, ... */
  readonly lines?: readonly string[];
  /** 2.3 `default_fields`, `override_fields`. */
  readonly defaults?: string;
  readonly overrides?: string;
  /** 2.4 `fields { }`. */
  readonly fields?: readonly string[];
  readonly importAll?: boolean;
}

const IN_23: Readonly<Record<string, string>> = { U: '%u', N: '%n', D: '%d', W: '%w' };
const IN_24: Readonly<Record<string, string>> = {
  U: '%{user}',
  N: '%{user | username}',
  D: '%{user | domain}',
  W: '%{password}',
};

/** A text with `%U` and its like in the words of a version. */
function inWords(version: DovecotVersion, text: string): string {
  const words = version === '2.3.19.1' ? IN_23 : IN_24;
  return text.replace(/%([UNDW])/g, (_, letter: string) => words[letter] ?? '');
}

function block(name: string, lines: readonly string[]): string {
  return `passdb ${name} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}

export interface WrittenPassdb {
  readonly config: string;
  readonly files: Readonly<Record<string, string>>;
}

/** One sql passdb; `id` names its file, and tells it from others. */
export function sqlPassdb(
  version: DovecotVersion,
  place: SqlPlace,
  id: string,
  words: SqlPassdbWords,
): WrittenPassdb {
  const { engine, port, user, password } = place;
  const query = inWords(version, words.query);
  const scheme = words.scheme ?? 'PLAIN';
  if (version === '2.3.19.1') {
    const lines = ['driver = sql', `args = @DIR@/${id}.ext`, ...(words.lines ?? [])];
    if (words.defaults !== undefined) lines.push(`default_fields = ${inWords(version, words.defaults)}`);
    if (words.overrides !== undefined) lines.push(`override_fields = ${inWords(version, words.overrides)}`);
    const connect = `host=127.0.0.1 port=${port} dbname=mail user=${user} password=${password}`;
    const file = `driver = ${engine}\nconnect = ${connect}\ndefault_pass_scheme = ${scheme}\npassword_query = ${query}\n`;
    return { config: block(id, lines), files: { [`${id}.ext`]: file } };
  }
  const parameters = [`port = ${port}`, `user = ${user}`, `password = ${password}`, 'dbname = mail'].join(
    '\n',
  );
  const host =
    engine === 'mysql'
      ? `mysql 127.0.0.1 {\n${parameters}\n}`
      : `pgsql 127.0.0.1 {\nparameters {\n${parameters}\n}\n}`;
  const lines = [
    'driver = sql',
    `sql_driver = ${engine}`,
    host,
    `default_password_scheme = ${scheme}`,
    `passdb_sql_query = ${query}`,
    ...(words.lines ?? []),
  ];
  if (words.fields !== undefined)
    lines.push(`fields {\n${words.fields.map((field) => `    ${inWords(version, field)}\n`).join('')}  }`);
  if (words.importAll === false) lines.push('fields_import_all = no');
  return { config: block(id, lines), files: {} };
}

/** An ldap passdb: the lines of the 2.3 file, and those of the 2.4 block. */
export interface LdapPassdbWords {
  readonly ext: readonly string[];
  readonly lines24: readonly string[];
  readonly fields: readonly string[];
  readonly lines?: readonly string[];
  readonly defaults?: string;
  readonly overrides?: string;
}

export function ldapPassdb(
  version: DovecotVersion,
  port: number,
  id: string,
  words: LdapPassdbWords,
): WrittenPassdb {
  const own = words.lines ?? [];
  if (version === '2.3.19.1') {
    const lines = ['driver = ldap', `args = @DIR@/${id}.ext`, ...own];
    if (words.defaults !== undefined) lines.push(`default_fields = ${inWords(version, words.defaults)}`);
    if (words.overrides !== undefined) lines.push(`override_fields = ${inWords(version, words.overrides)}`);
    const ext = [
      `hosts = 127.0.0.1:${port}`,
      `dn = ${LDAP_ADMIN}`,
      `dnpass = ${LDAP_ADMIN_PASSWORD}`,
      'default_pass_scheme = PLAIN',
      ...words.ext.map((line) => inWords(version, line)),
    ];
    return { config: block(id, lines), files: { [`${id}.ext`]: `${ext.join('\n')}\n` } };
  }
  const lines = [
    'driver = ldap',
    `ldap_uris = ldap://127.0.0.1:${port}`,
    `ldap_auth_dn = ${LDAP_ADMIN}`,
    `ldap_auth_dn_password = ${LDAP_ADMIN_PASSWORD}`,
    'default_password_scheme = PLAIN',
    ...words.lines24.map((line) => inWords(version, line)),
    ...own,
    `fields {\n${words.fields.map((field) => `    ${inWords(version, field)}\n`).join('')}  }`,
  ];
  return { config: block(id, lines), files: {} };
}

/** A passwd-file behind or before it. */
export function filePassdb(
  version: DovecotVersion,
  id: string,
  text: string,
  lines: readonly string[] = [],
): WrittenPassdb {
  const path = version === '2.3.19.1' ? `args = @DIR@/${id}.passwd` : `passwd_file_path = @DIR@/${id}.passwd`;
  return {
    config: block(id, ['driver = passwd-file', path, ...lines]),
    files: { [`${id}.passwd`]: text },
  };
}

export function setOf(
  name: string,
  passdbs: readonly WrittenPassdb[],
  questions: readonly SetQuestion[],
): ChainSet {
  return {
    name,
    config: passdbs.map(({ config }) => config).join(''),
    files: Object.assign({}, ...passdbs.map(({ files }) => files)),
    questions,
  };
}
