import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Series } from '../src/knowledge/versions.js';
import type { MariadbServer } from '../test/real/servers/mariadb.js';

/** As many users as real installations have; `authbench` asks for these names and this password. */
export const USERS = 100_000;
export const PASSWORD = 'pass';

export type WalkDatabase = 'passwd-file' | 'sqlite' | 'mariadb';

export const userName = (index: number): string => `user${index}@example.com`;

function hostOf(index: number): string {
  return `10.0.${index % 250}.${1 + (index % 7)}`;
}

/** Writes the users where this kind of database keeps them. */
export function makeUsers(
  kind: WalkDatabase,
  folder: string,
  mariadb: MariadbServer | null,
  count = USERS,
): void {
  const rows = Array.from({ length: count }, (_, index) => [userName(index), hostOf(index)] as const);
  if (kind === 'passwd-file') {
    const lines = rows.map(([user, host]) => `${user}:{PLAIN}${PASSWORD}::::::proxy=y host=${host}\n`);
    writeFileSync(join(folder, 'users'), lines.join(''));
  } else if (kind === 'sqlite') {
    rmSync(join(folder, 'users.sqlite'), { force: true });
    const database = new Sqlite(join(folder, 'users.sqlite'));
    database.exec('CREATE TABLE users (user TEXT PRIMARY KEY, password TEXT, host TEXT)');
    const insert = database.prepare('INSERT INTO users VALUES (?, ?, ?)');
    database.transaction(() => {
      for (const [user, host] of rows) insert.run(user, `{PLAIN}${PASSWORD}`, host);
    })();
    database.close();
  } else if (mariadb !== null) {
    mariadb.sql(
      'DROP DATABASE IF EXISTS mail; CREATE DATABASE mail; CREATE TABLE mail.users (user VARCHAR(128) PRIMARY KEY, password VARCHAR(64), host VARCHAR(64))',
    );
    for (let from = 0; from < rows.length; from += 5000) {
      const values = rows
        .slice(from, from + 5000)
        .map(([user, host]) => `('${user}','{PLAIN}${PASSWORD}','${host}')`);
      mariadb.sql(`INSERT INTO users VALUES ${values.join(',')}`, 'mail');
    }
  }
}

const QUERY = "SELECT user, password, 'y' AS proxy, host FROM users WHERE user =";

/** The passdb for these users. `@DIR@` is the folder with the database, as the asked Dovecot names it. */
export function passdbFor(
  series: Series,
  kind: WalkDatabase,
  mariadb: MariadbServer | null,
): { config: string; files: Readonly<Record<string, string>> } {
  if (kind === 'passwd-file')
    return {
      config:
        series === '2.3'
          ? 'passdb {\n  driver = passwd-file\n  args = @DIR@/users\n}\n'
          : 'passdb passwd-file {\n  passwd_file_path = @DIR@/users\n}\n',
      files: {},
    };
  const login = `user=${mariadb?.user ?? ''} password=${mariadb?.password ?? ''} dbname=mail`;
  const [driver, connect, settings] =
    kind === 'sqlite'
      ? ['sqlite', '@DIR@/users.sqlite', '  sqlite_path = @DIR@/users.sqlite\n']
      : [
          'mysql',
          `host=127.0.0.1 port=${mariadb?.port ?? 0} ${login}`,
          `  mysql 127.0.0.1 {\n    port = ${mariadb?.port ?? 0}\n    user = ${mariadb?.user ?? ''}\n    password = ${mariadb?.password ?? ''}\n    dbname = mail\n    ssl = no\n  }\n`,
        ];
  if (series === '2.4')
    return {
      config: `passdb sql {\n  sql_driver = ${driver}\n${settings}  passdb_sql_query = ${QUERY} '%{user}'\n}\n`,
      files: {},
    };
  const ext = `driver = ${driver}\nconnect = ${connect}\ndefault_pass_scheme = PLAIN\npassword_query = ${QUERY} '%u'\n`;
  return {
    config: 'passdb {\n  driver = sql\n  args = @DIR@/sql.conf.ext\n}\n',
    files: { 'sql.conf.ext': ext },
  };
}
