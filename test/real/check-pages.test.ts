import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fencesOf } from '../docs/markdown.js';
import { DOVECOT_24_ROOT } from './servers/dovecot-2.4-root.js';

// What `check` claims of doveconf, asked of the real programs: the examples of the rules' pages and the fixtures.

const HAS_23 =
  spawnSync('dovecot', ['--version'], { encoding: 'utf8' }).stdout?.startsWith('2.3.19') === true;
const HAS_24 = existsSync(`${DOVECOT_24_ROOT}/usr/bin/doveconf`);
for (const [name, has] of [
  ['2.3.19.1', HAS_23],
  ['2.4.1', HAS_24],
] as const) {
  if (has) continue;
  if (process.env['CI'] === 'true') throw new Error(`Dovecot ${name} is required in CI`);
  console.warn(`skipped: comparison with doveconf ${name}, which is not installed`);
}

interface Answer {
  readonly exitCode: number | null;
  readonly stderr: readonly string[];
}

/** `doveconf -n -c dovecot.conf` in a folder with these files, or with a copy of a folder. */
function doveconf(series: string, files: ReadonlyMap<string, string> | string): Answer {
  const root = series === '2.3' ? '' : DOVECOT_24_ROOT;
  const folder = mkdtempSync(`${root}/tmp/dvproxy-pages-`);
  try {
    if (typeof files === 'string') cpSync(files, folder, { recursive: true });
    else {
      for (const [name, text] of files) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
      }
    }
    const command = `cd ${folder.slice(root.length)} && doveconf -n -c dovecot.conf`;
    const shell = root === '' ? ['sh', '-c', command] : ['chroot', root, 'sh', '-c', command];
    const { status, stderr } = spawnSync(shell[0] ?? 'sh', shell.slice(1), {
      encoding: 'utf8',
      timeout: 20_000,
    });
    return { exitCode: status, stderr: stderr.trim().split('\n') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function filesUnder(page: string, heading: string): Map<string, string> {
  return new Map(
    fencesOf(page)
      .filter((fence) => fence.heading === heading)
      .flatMap(({ file, text }) => (file === null ? [] : [[file, text] as const])),
  );
}

function seriesOfText(text: string): '2.3' | '2.4' {
  return /^\s*dovecot_config_version/.test(text) ? '2.4' : '2.3';
}

const PAGES = readdirSync('docs/checks')
  .map((name) => ({ code: name.slice(0, -3), page: readFileSync(join('docs/checks', name), 'utf8') }))
  .map(({ code, page }) => ({
    code,
    page,
    series: seriesOfText(filesUnder(page, 'Good').get('dovecot.conf') ?? ''),
  }))
  .filter(({ page, series }) => page.includes('\n## Bad\n') && (series === '2.3' ? HAS_23 : HAS_24));

describe.each(PAGES)('the examples of $code and doveconf $series', ({ page, series }) => {
  test('the good one is accepted', () => {
    expect(doveconf(series, filesUnder(page, 'Good'))).toMatchObject({ exitCode: 0 });
  });

  test('the bad one is answered as the page says, and otherwise accepted', () => {
    const output =
      fencesOf(page).find((fence) => fence.heading === 'Bad' && fence.language === 'console')?.text ?? '';
    const claims = [...output.matchAll(/= doveconf says: (.*)$/gm)].flatMap(([, text = '']) =>
      text.split(' / '),
    );
    const { exitCode, stderr } = doveconf(series, filesUnder(page, 'Bad'));
    const said = stderr.map((line) => line.replace(/^doveconf: (?:Fatal: |Error: |Warning: )?/, ''));
    const [first] = claims;
    // A crash has no words.
    if (/^dovecot\.conf:.*error: Dovecot [\d.]+ crashes/m.test(output)) expect(exitCode).toBeGreaterThan(128);
    else if (first === undefined) expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    else expect(said.some((line) => line.endsWith(first))).toBe(true);
  });
});

describe('the fixtures', () => {
  test.runIf(HAS_23)(
    'of the proxy and of the wiki: as written refused or accepted as said, corrected accepted',
    () => {
      const written = doveconf('2.3', 'fixtures/guide/as-written/proxy');
      expect(written.exitCode).toBe(89);
      expect(written.stderr).toContain(
        'doveconf: Fatal: Error in configuration file dovecot.conf line 62: Invalid value: notfound',
      );
      for (const name of [
        'guide/corrected/proxy',
        'wiki/corrected/password-forwarding',
        'wiki/corrected/proxy-maybe',
      ])
        expect(doveconf('2.3', `fixtures/${name}`)).toMatchObject({ exitCode: 0 });
    },
  );

  test.runIf(HAS_24)('of the backend: as written refused, corrected accepted', () => {
    const written = doveconf('2.4', 'fixtures/guide/as-written/backend');
    expect(written.exitCode).toBe(89);
    expect(written.stderr.at(-1)).toContain('mail_location: Unknown setting: mail_location');
    expect(doveconf('2.4', 'fixtures/guide/corrected/backend')).toMatchObject({ exitCode: 0 });
  });
});
