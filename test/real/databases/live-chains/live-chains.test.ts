import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DovecotVersion } from '../../../../src/knowledge/versions.js';
import { diceOf } from '../../auth/random-chain.js';
import { dovecotMissing } from '../../servers/dovecot-auth.js';
import { type MariadbServer, mariadbMissing, startMariadb } from '../../servers/mariadb.js';
import { type OpenldapServer, openldapMissing, startOpenldap } from '../../servers/openldap.js';
import { type PostgresqlServer, postgresqlMissing, startPostgresql } from '../../servers/postgresql.js';
import { type ChainSet, placeOfMariadb, placeOfPostgresql } from './chain-set.js';
import { compareSets } from './comparison.js';
import { ldapSets } from './ldap-sets.js';
import { directoryOf, dumpOf, people } from './people.js';
import { randomLdapSet, randomSqlSet } from './random-sets.js';
import { sqlSets } from './sql-sets.js';

/** More with DVPROXY_LIVE_SETS; the first of them with DVPROXY_LIVE_SEED. */
const RANDOM = Number(process.env['DVPROXY_LIVE_SETS'] ?? 40);
const FIRST = Number(process.env['DVPROXY_LIVE_SEED'] ?? 1);
const SHOWN = 4;

const required = process.env['CI'] === 'true';
const missing = mariadbMissing() ?? postgresqlMissing() ?? openldapMissing();
if (missing !== null) console.log(`skipped: ${missing}`);

describe.skipIf(missing !== null && !required)(
  'passdbs answer as real Dovecot does, live and from fixtures',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'dvproxy-live-'));
    let mariadb: MariadbServer;
    let postgresql: PostgresqlServer;
    let openldap: OpenldapServer;

    beforeAll(async () => {
      const all = people(diceOf(7));
      const ldif = directoryOf(diceOf(8));
      const dumps = { mysql: dumpOf('mysql', all), pgsql: dumpOf('pgsql', all) };
      writeFileSync(join(folder, 'mysql.sql'), dumps.mysql);
      writeFileSync(join(folder, 'pgsql.sql'), dumps.pgsql);
      writeFileSync(join(folder, 'ldap.ldif'), ldif);
      [mariadb, postgresql, openldap] = await Promise.all([
        startMariadb(),
        startPostgresql(),
        startOpenldap(ldif),
      ]);
      mariadb.sql(
        "SET GLOBAL max_connections = 1000; CREATE DATABASE mail; CREATE USER reader IDENTIFIED BY 'secret'; GRANT SELECT ON mail.* TO reader;",
      );
      mariadb.sql(dumps.mysql, 'mail');
      postgresql.sql('CREATE DATABASE mail;');
      postgresql.sql(`${dumps.pgsql} GRANT SELECT ON ALL TABLES IN SCHEMA public TO dovecot;`, 'mail');
    }, 120_000);
    afterAll(async () => {
      await Promise.all([mariadb?.remove(), postgresql?.remove(), openldap?.remove()]);
      rmSync(folder, { recursive: true, force: true });
    });

    const seeds = Array.from({ length: RANDOM }, (_, index) => FIRST + index);
    const setsFor: Readonly<Record<string, (version: DovecotVersion) => ChainSet[]>> = {
      mysql: (version) => {
        const place = placeOfMariadb(mariadb);
        return [...sqlSets(version, place), ...seeds.map((seed) => randomSqlSet(version, place, seed))];
      },
      pgsql: (version) => {
        const place = placeOfPostgresql(postgresql);
        return [...sqlSets(version, place), ...seeds.map((seed) => randomSqlSet(version, place, seed))];
      },
      ldap: (version) => [
        ...ldapSets(version, openldap.port),
        ...seeds.map((seed) => randomLdapSet(version, openldap.port, seed)),
      ],
    };

    for (const version of ['2.3.19.1', '2.4.1'] as const) {
      const noDovecot = dovecotMissing(version);
      if (noDovecot !== null) console.log(`skipped ${version}: ${noDovecot}`);
      describe.skipIf(noDovecot !== null && !required)(version, () => {
        test.each(['mysql', 'pgsql', 'ldap'])(
          '%s',
          async (kind) => {
            const sets = setsFor[kind]?.(version) ?? [];
            const fixture = join(folder, kind === 'ldap' ? 'ldap.ldif' : `${kind}.sql`);
            const { answers, deadly } = await compareSets(version, sets, fixture);
            const different = answers.filter(
              ({ real, ours, fixture: replayed, realLog, ourLog, fixtureLog }) =>
                real !== ours ||
                real !== replayed ||
                realLog.join('\n') !== ourLog.join('\n') ||
                realLog.join('\n') !== fixtureLog.join('\n'),
            );
            if (process.env['DVPROXY_LIVE_REPORT'] !== undefined)
              writeFileSync(
                `${process.env['DVPROXY_LIVE_REPORT']}-${kind}-${version}.json`,
                JSON.stringify(
                  {
                    deadly,
                    all: answers.length,
                    different: different.map((each) => ({ set: sets[each.seed], ...each })),
                  },
                  null,
                  1,
                ),
              );
            expect(different.slice(0, SHOWN).map((each) => ({ set: sets[each.seed], ...each }))).toEqual([]);
            expect(answers.length).toBeGreaterThan(5 * sets.length);
          },
          240_000,
        );
      });
    }
  },
);
