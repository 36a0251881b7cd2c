import { type MariadbServer, mariadbMissing, startMariadb } from './mariadb.js';
import { type OpenldapServer, openldapMissing, startOpenldap } from './openldap.js';
import { type PostgresqlServer, postgresqlMissing, startPostgresql } from './postgresql.js';

/** The three servers that people keep their users in: a database `mail` in the first two, a directory in the third. */
export interface UserDatabases {
  /** `reader` with the password `secret` may read. */
  readonly mariadb: MariadbServer;
  /** `dovecot` may read. */
  readonly postgresql: PostgresqlServer;
  readonly openldap: OpenldapServer;
  remove(): Promise<void>;
}

/** Why they cannot be started here; null: they can. */
export function userDatabasesMissing(): string | null {
  return mariadbMissing() ?? postgresqlMissing() ?? openldapMissing();
}

/** Starts them with tables from SQL scripts and a directory from LDIF. */
export async function startUserDatabases(
  tables: { readonly mysql: string; readonly pgsql: string },
  ldif: string,
): Promise<UserDatabases> {
  const [mariadb, postgresql, openldap] = await Promise.all([
    startMariadb(),
    startPostgresql(),
    startOpenldap(ldif),
  ]);
  mariadb.sql(
    "SET GLOBAL max_connections = 1000; CREATE DATABASE mail; CREATE USER reader IDENTIFIED BY 'secret'; GRANT SELECT ON mail.* TO reader;",
  );
  mariadb.sql(tables.mysql, 'mail');
  postgresql.sql('CREATE DATABASE mail;');
  postgresql.sql(`${tables.pgsql} GRANT SELECT ON ALL TABLES IN SCHEMA public TO dovecot;`, 'mail');
  return {
    mariadb,
    postgresql,
    openldap,
    remove: async () => {
      await Promise.all([mariadb.remove(), postgresql.remove(), openldap.remove()]);
    },
  };
}
