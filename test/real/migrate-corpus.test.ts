import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpusSets } from '../conformance/corpus.js';
import { InstalledDoveconf } from '../conformance/doveconf.js';
import { migrateCorpusSet } from '../migrate/migrated.js';
import { DOVECOT_24_ROOT } from './servers/dovecot-2.4-root.js';

const sets = corpusSets('2.3.19.1').filter(({ exit }) => exit?.['2.3.19.1'] === 0);
const missing = InstalledDoveconf.missing('2.4.1');
if (missing !== null && process.env['CI'] === 'true') throw new Error(missing);
const reason = missing ?? (sets.length === 0 ? 'the corpus is not here' : null);
if (reason !== null) console.warn(`migrated corpus at doveconf 2.4.1 skipped: ${reason}`);

/** Users of the other machine, whom doveconf looks up, are those of this one; certificates are a file that is here. */
function forThisMachine(text: string, inside: string): string {
  return text
    .replaceAll(/^(\s*default_internal_(?:user|group)) = .*$/gm, '$1 = dovecot')
    .replaceAll(/^(\s*default_login_user) = .*$/gm, '$1 = dovenull')
    .replaceAll(/^(\s*\w+_file) = (?!inline:|\s*$|.*%\{).*$/gm, `$1 = ${inside}/stub.pem`)
    .replaceAll(/^(\s*\w+) = <.*$/gm, `$1 = <${inside}/stub.pem`);
}

describe.skipIf(reason !== null)('every 2.3 configuration of the corpus that 2.3.19.1 accepts', () => {
  let folder = '';
  const refused = new Map<string, string[]>();

  beforeAll(() => {
    folder = mkdtempSync(join(DOVECOT_24_ROOT, '/tmp/dvproxy-migrate-'));
    const inside = folder.slice(DOVECOT_24_ROOT.length);
    writeFileSync(join(folder, 'stub.pem'), readFileSync('fixtures/tls/proxy.pem'));
    for (const set of sets)
      for (const { path, text } of migrateCorpusSet(set).migration.files) {
        const file = join(folder, set.slug, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, forThisMachine(text, inside), 'latin1');
      }
    const script = ['-n', '-nx'].flatMap((args) =>
      sets.map(
        ({ slug, main }) =>
          `doveconf ${args} -c ${inside}/${slug}/${main} >/dev/null 2>${inside}/${slug}${args}.err || touch ${inside}/${slug}${args}.no`,
      ),
    );
    execFileSync('chroot', [DOVECOT_24_ROOT, 'sh'], { input: script.join('\n') });
    for (const args of ['-n', '-nx'])
      refused.set(
        args,
        sets
          .filter(({ slug }) => existsSync(join(folder, `${slug}${args}.no`)))
          .map(({ slug }) => `${slug}: ${readFileSync(join(folder, `${slug}${args}.err`), 'latin1')}`),
      );
  }, 120_000);

  afterAll(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  test('is accepted by doveconf 2.4.1 once migrated', () => {
    expect(sets.length).toBeGreaterThan(60);
    expect(refused.get('-n')).toEqual([]);
  });

  test('is accepted with all values expanded', () => {
    expect(refused.get('-nx')).toEqual([]);
  });
});
