import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DovecotVersion } from '../../../../src/knowledge/versions.js';
import type { Recording } from '../../../databases/live-recording.js';
import { diceOf } from '../../auth/random-chain.js';
import { dovecotMissing } from '../../servers/dovecot-auth.js';
import {
  startUserDatabases,
  type UserDatabases,
  userDatabasesMissing,
} from '../../servers/user-databases.js';
import { type ChainSet, placeOfMariadb, placeOfPostgresql } from './chain-set.js';
import { compareSets, recordSets } from './comparison.js';
import { ldapSets } from './ldap-sets.js';
import { directoryOf, dumpOf, people } from './people.js';
import { randomLdapSet, randomSqlSet } from './random-sets.js';
import { sqlSets } from './sql-sets.js';

/** More with DVPROXY_LIVE_SETS; the first of them with DVPROXY_LIVE_SEED. */
const RANDOM = Number(process.env['DVPROXY_LIVE_SETS'] ?? 30);
const FIRST = Number(process.env['DVPROXY_LIVE_SEED'] ?? 1);
const SHOWN = 4;
/** `DVPROXY_RECORD=1` writes the recordings anew (test/databases/live-chains.test.ts replays them). */
const RECORDS = process.env['DVPROXY_RECORD'] !== undefined;
const RECORDINGS = join(import.meta.dirname, '../../../../fixtures/live-chains');
const RECORDED_RANDOM = 12;

const required = process.env['CI'] === 'true';
const missing = userDatabasesMissing();
if (missing !== null) console.log(`skipped: ${missing}`);

describe.skipIf(missing !== null && !required)(
  'passdbs answer as real Dovecot does, live and from fixtures',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'dvproxy-live-'));
    let databases: UserDatabases;

    beforeAll(async () => {
      const all = people(diceOf(7));
      const ldif = directoryOf(diceOf(8));
      const dumps = { mysql: dumpOf('mysql', all), pgsql: dumpOf('pgsql', all) };
      writeFileSync(join(folder, 'mysql.sql'), dumps.mysql);
      writeFileSync(join(folder, 'pgsql.sql'), dumps.pgsql);
      writeFileSync(join(folder, 'ldap.ldif'), ldif);
      databases = await startUserDatabases(dumps, ldif);
    }, 120_000);
    afterAll(async () => {
      await databases?.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    const seeds = Array.from({ length: RANDOM }, (_, index) => FIRST + index);
    const setsFor: Readonly<Record<string, (version: DovecotVersion) => ChainSet[]>> = {
      mysql: (version) => {
        const place = placeOfMariadb(databases.mariadb);
        return [...sqlSets(version, place), ...seeds.map((seed) => randomSqlSet(version, place, seed))];
      },
      pgsql: (version) => {
        const place = placeOfPostgresql(databases.postgresql);
        return [...sqlSets(version, place), ...seeds.map((seed) => randomSqlSet(version, place, seed))];
      },
      ldap: (version) => [
        ...ldapSets(version, databases.openldap.port),
        ...seeds.map((seed) => randomLdapSet(version, databases.openldap.port, seed)),
      ],
    };

    test.runIf(RECORDS)(
      'recordings are written',
      async () => {
        const ports: Readonly<Record<string, number>> = {
          mysql: databases.mariadb.port,
          pgsql: databases.postgresql.port,
          ldap: databases.openldap.port,
        };
        for (const [kind, setsOf] of Object.entries(setsFor)) {
          const data = readFileSync(join(folder, kind === 'ldap' ? 'ldap.ldif' : `${kind}.sql`), 'utf8');
          const recordings = [];
          for (const version of ['2.3.19.1', '2.4.1'] as const) {
            const sets = setsOf(version);
            const kept = sets.slice(0, sets.length - RANDOM + RECORDED_RANDOM);
            recordings.push(await recordSets(version, kept, ports[kind] ?? 0));
          }
          writeFileSync(join(RECORDINGS, `${kind}.json`), recordingText({ data, recordings }));
        }
      },
      1_800_000,
    );

    for (const version of ['2.3.19.1', '2.4.1'] as const) {
      const noDovecot = dovecotMissing(version);
      if (noDovecot !== null) console.log(`skipped ${version}: ${noDovecot}`);
      describe.skipIf(noDovecot !== null && !required)(version, () => {
        test.each(['mysql', 'pgsql', 'ldap'])(
          '%s',
          async (kind) => {
            const sets = setsFor[kind]?.(version) ?? [];
            const fixture = join(folder, kind === 'ldap' ? 'ldap.ldif' : `${kind}.sql`);
            const { answers } = await compareSets(version, sets, fixture);
            const different = answers.filter(
              ({ real, ours, fixture: replayed, realLog, ourLog, fixtureLog }) =>
                real !== ours ||
                real !== replayed ||
                realLog.join('\n') !== ourLog.join('\n') ||
                realLog.join('\n') !== fixtureLog.join('\n'),
            );
            expect(different.slice(0, SHOWN).map((each) => ({ set: sets[each.seed], ...each }))).toEqual([]);
            const live = new Map(
              answers.map(({ seed, question, real }) => [
                keyOf(sets[seed]?.name ?? '', question.user, question.password),
                real,
              ]),
            );
            const { recordings }: { recordings: readonly Recording[] } = JSON.parse(
              readFileSync(join(RECORDINGS, `${kind}.json`), 'utf8'),
            );
            const recorded = recordings.find((recording) => recording.version === version)?.answers ?? [];
            const outdated = recorded.filter(({ set, user, password, stdout, stderr }) => {
              const said = live.get(keyOf(set, user, password));
              return said !== undefined && said !== stdout + stderr;
            });
            expect(outdated).toEqual([]);
            expect(recorded.length).toBeGreaterThan(0);
            expect(answers.length).toBeGreaterThan(5 * sets.length);
          },
          240_000,
        );
      });
    }
  },
);

const keyOf = (set: string, user: string, password: string | null): string =>
  JSON.stringify([set, user, password]);

/** JSON with a line for each answer, so that a change can be read. */
function recordingText({ data, recordings }: { data: string; recordings: readonly Recording[] }): string {
  const parts = recordings.map(({ answers, ...setup }) => {
    const head = JSON.stringify(setup, null, 1).replace(/\n}$/, '');
    return `${head},\n "answers": [\n${answers.map((answer) => JSON.stringify(answer)).join(',\n')}\n]}`;
  });
  return `{"data": ${JSON.stringify(data)},\n"recordings": [\n${parts.join(',\n')}\n]}\n`;
}
