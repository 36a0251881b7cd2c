import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { nodeConfigHost } from '../../src/cli/node-host.js';
import { loadForDump } from '../../src/config/load.js';
import { seriesOf } from '../../src/knowledge/versions.js';
import { answerOf, firstError, withoutHostLines } from '../config/dovecot-2.3/doveconf-answer.js';
import { VERSIONS } from '../conformance/corpus.js';
import { InstalledDoveconf } from '../conformance/doveconf.js';
import { compareRandom, MODES, shareOf } from '../conformance/random-configs.js';

const RUNS = Number(process.env['DVPROXY_CONFIG_RUNS'] ?? 2000);
const SEED = Number(process.env['DVPROXY_CONFIG_SEED'] ?? 2_128_485_884);

/** Whether that doveconf is here; CI must have both. */
function isInstalled(version: (typeof VERSIONS)[number]): boolean {
  const missing = InstalledDoveconf.missing(version);
  if (missing === null) return true;
  if (process.env['CI'] === 'true') throw new Error(missing);
  console.warn(`live comparison with doveconf ${version} skipped: ${missing}`);
  return false;
}

for (const version of VERSIONS) {
  describe.skipIf(!isInstalled(version))(`the installed doveconf ${version}`, () => {
    const modes = MODES[seriesOf(version)].map((args, index) => ({ name: args.join(' '), args, index }));
    test.each(modes)(
      `answers random configurations as dvproxy does, seed ${SEED}: $name`,
      ({ args, index }) => {
        const count = shareOf(version, index, RUNS);
        for (const { text, ours, theirs } of compareRandom(version, args, count, SEED + index))
          expect(ours, text).toEqual(theirs);
      },
      Math.max(300_000, RUNS * 150),
    );
  });
}

describe.skipIf(!isInstalled('2.3.19.1'))('the installed doveconf 2.3.19.1', () => {
  const doveconf = new InstalledDoveconf('2.3.19.1');
  afterAll(() => doveconf.close());

  function answers(text: string, args: readonly string[]) {
    const [real] = doveconf.ask([text], args);
    const file = join(doveconf.inside, '0.conf');
    writeFileSync(file, text);
    const config = loadForDump({ path: file, host: nodeConfigHost(), version: '2.3.19.1' });
    return {
      ours: answerOf(config, args),
      theirs: { stdout: withoutHostLines(real?.stdout ?? ''), error: firstError(real?.stderr ?? '') },
    };
  }

  test.each(['-d', '-s'])('prints its defaults as the committed tables have them (%s)', (flag) => {
    const { ours, theirs } = answers('', [flag]);
    expect(ours.stdout).toBe(theirs.stdout);
  });

  test.each([
    ['ssl'],
    ['-h', 'ssl'],
    ['passdb'],
    ['service/imap-login/process_limit'],
    ['-S', 'service/auth'],
    ['-n', 'plugin'],
  ])('answers questions for names as dvproxy does (%s %s)', (...args) => {
    const text =
      'ssl = required\npassdb {\n  driver = pam\n  args = pass=x\n}\nplugin {\n  quota = count\n  a_key = b\n}\n' +
      'service imap-login {\n  process_limit = 12\n}\n';
    const { ours, theirs } = answers(text, args);
    expect(ours).toEqual(theirs);
  });
});
