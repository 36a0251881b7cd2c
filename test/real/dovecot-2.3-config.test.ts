import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { nodeConfigHost } from '../../src/cli/node-host.js';
import { loadForDump } from '../../src/config/load.js';
import {
  type Answer,
  answerOf,
  dumpOptionsOf,
  firstError,
  withoutHostLines,
} from '../config/dovecot-2.3/doveconf-answer.js';
import { randomConfig23 } from '../config/dovecot-2.3/random-config.js';

const installed = spawnSync('dovecot', ['--version'], { encoding: 'utf8' }).stdout ?? '';
const available = installed.startsWith('2.3.19.1');
if (!available) {
  if (process.env['CI'] === 'true') throw new Error('no doveconf 2.3.19.1 in PATH');
  console.warn('live comparison with doveconf 2.3.19.1 skipped: it is not installed');
}
const runs = Number(process.env['DVPROXY_CONFIG_RUNS'] ?? 200);
const seed = Number(process.env['DVPROXY_CONFIG_SEED'] ?? Date.now() % 2 ** 31);
const folder = mkdtempSync(join(tmpdir(), 'dvproxy-config-'));
const file = join(folder, 'dovecot.conf');
afterAll(() => rmSync(folder, { recursive: true }));

function askDoveconf(args: readonly string[]): Answer {
  const { stdout, stderr } = spawnSync('doveconf', [...args, '-c', file], { encoding: 'latin1' });
  return { stdout: withoutHostLines(stdout), error: firstError(stderr) };
}

function askDvproxy(args: readonly string[]): Answer {
  const { modules } = dumpOptionsOf(args);
  const config = loadForDump(
    { path: file, host: nodeConfigHost(), version: '2.3.19.1' },
    { expand: args.includes('-x'), ...(modules.length === 0 ? {} : { modules }) },
  );
  return answerOf(config, args);
}

describe.skipIf(!available)('the installed doveconf 2.3.19.1', () => {
  test.each([
    ['-n'],
    ['-a'],
    ['-N', '-P'],
    ['-n', '-x'],
    ['-n', '-f', 'local=10.0.0.1', '-f', 'remote=192.168.1.2'],
    ['-a', '-m', 'imap'],
  ])('answers random configurations as dvproxy does (%s %s %s %s %s)', (...args) => {
    const share = args.length === 1 && args[0] === '-n' ? runs : Math.ceil(runs / 10);
    console.info(`doveconf ${args.join(' ')}: ${share} configurations, seed ${seed}`);
    fc.assert(
      fc.property(randomConfig23, (text) => {
        writeFileSync(file, text, 'latin1');
        expect(askDvproxy(args)).toEqual(askDoveconf(args));
      }),
      { numRuns: share, seed },
    );
  });

  test.each(['-d', '-s'])('prints its defaults as the committed tables have them (%s)', (flag) => {
    writeFileSync(file, '');
    expect(askDvproxy([flag]).stdout).toBe(askDoveconf([flag]).stdout);
  });

  test.each([
    ['ssl'],
    ['-h', 'ssl'],
    ['passdb'],
    ['service/imap-login/process_limit'],
    ['-S', 'service/auth'],
    ['-n', 'plugin'],
  ])('answers questions for names as dvproxy does (%s %s)', (...args) => {
    writeFileSync(
      file,
      'ssl = required\npassdb {\n  driver = pam\n  args = pass=x\n}\nplugin {\n  quota = count\n  a_key = b\n}\n' +
        'service imap-login {\n  process_limit = 12\n}\n',
    );
    expect(askDvproxy(args)).toEqual(askDoveconf(args));
  });
});
