import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesOf, REVIEW, type RealAnswer, type WrongPlace } from '../check/guide-places.js';
import { DOVECOT_24_ROOT } from './servers/dovecot-2.4-root.js';
import { dovecotMissing, startDovecotAuth } from './servers/dovecot-auth.js';
import { type MariadbServer, mariadbMissing, startMariadb } from './servers/mariadb.js';

// What docs/guide-review.md says of the real programs, asked of them.

const required = process.env['CI'] === 'true';
const missing = {
  '2.3.19.1': dovecotMissing('2.3.19.1'),
  '2.4.1': dovecotMissing('2.4.1'),
  mysql: mariadbMissing(),
};
for (const reason of Object.values(missing))
  if (reason !== null && !required) console.warn(`skipped: ${reason}`);

/** The places with one question each. */
function questions<K extends RealAnswer['ask']>(ask: K) {
  type Asked = Extract<RealAnswer, { ask: K }>;
  return REVIEW.places.flatMap((place) =>
    place.real
      .filter((real): real is Asked => real.ask === ask)
      .map((real) => ({ says: place.says, line: place.line, place, real })),
  );
}

function canAsk(version: string): boolean {
  return required || missing[version as keyof typeof missing] === null;
}

/** Standard output and error of doveconf in a folder with the place's files. */
function doveconf(version: string, place: WrongPlace, args: readonly string[]): string {
  const root = version === '2.4.1' ? DOVECOT_24_ROOT : '';
  const folder = mkdtempSync(`${root}/tmp/dvproxy-guide-`);
  try {
    const files = filesOf(version === '2.4.1' ? { ...place, version } : place);
    for (const [name, text] of files) writeFileSync(join(folder, name), text);
    const command = `cd ${folder.slice(root.length)} && doveconf -c dovecot.conf ${args.join(' ')} 2>&1`;
    const [program = 'sh', ...given] = [...(root === '' ? [] : ['chroot', root]), 'sh', '-c', command];
    return spawnSync(program, given, { encoding: 'utf8', timeout: 20_000 }).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.each(questions('doveconf').filter(({ real }) => canAsk(real.version)))(
  'line $line, $says: doveconf $real.version',
  ({ place, real }) => {
    test('answers as the page says', () => {
      expect(doveconf(real.version, place, ['-n', ...(real.args ?? [])])).toContain(real.answers);
    });
  },
);

describe.each(questions('setting').filter(({ real }) => canAsk(real.version)))(
  'line $line, $says: $real.name of $real.version',
  ({ place, real }) => {
    test('has the value that the page says', () => {
      const args = [real.name];
      const lines = doveconf(real.version, place, ['-a', ...args]).split('\n');
      expect(lines).toContain(`${real.name} = ${real.answers}`);
    });
  },
);

describe.each(questions('auth').filter(({ real }) => canAsk(real.version)))(
  'line $line, $says: the auth process',
  ({ place, real }) => {
    test('says what the page says', async () => {
      const inPlace = (text: string) => text.replaceAll('/etc/dovecot/', '@DIR@/');
      const files = Object.fromEntries(
        [...filesOf(place)].map(([name, text]) => [name, inPlace(text)] as const),
      );
      const { 'dovecot.conf': config = '', ...others } = files;
      const server = startDovecotAuth({ version: real.version, config, files: others });
      try {
        server.real({ user: real.user ?? 'somebody', password: 'pw' });
        await expect.poll(() => server.log().join('\n'), { timeout: 10_000 }).toContain(real.answers);
      } finally {
        await server.stop();
      }
    });
  },
);

/** What a process is called; '' for one that has ended meanwhile. */
function processName(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

describe.each(questions('process-name').filter(({ real }) => canAsk(real.version)))(
  'line $line, $says: the process',
  ({ real }) => {
    test('is called as the page says, and pidof finds none of the other name', async () => {
      const server = startDovecotAuth({
        version: real.version,
        config: 'passdb {\n  driver = static\n  args = password=pw\n}\n',
      });
      try {
        server.real({ user: 'somebody', password: 'pw' });
        const names = readdirSync('/proc')
          .filter((name) => /^\d+$/.test(name))
          .map(processName);
        expect(names).toContain(real.answers);
        expect(names.filter((name) => name === 'dovecot-auth')).toEqual([]);
      } finally {
        await server.stop();
      }
    });
  },
);

describe.each(questions('transcript'))('line $line, $says: the recorded conversation', ({ real }) => {
  test('holds what the page says', () => {
    const path = `fixtures/transcripts/imap-${real.version}.ndjson`;
    const lines = readFileSync(path, 'utf8').split('\n');
    const recorded = lines.find((line) => line.includes(`"name":"${real.name}"`));
    expect(recorded).toContain(real.answers);
  });
});

describe.skipIf(missing.mysql !== null && !required)('the queries', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.remove());

  test.each(questions('mysql'))('line $line, $says: MariaDB answers as the page says', ({ real }) => {
    server.sql(`DROP DATABASE IF EXISTS mail; CREATE DATABASE mail; USE mail; ${real.schema}`);
    expect(() => server.sql(real.query, 'mail')).toThrow(real.answers);
  });
});
