import { join } from 'node:path';
import fc from 'fast-check';
import { nodeConfigHost } from '../../src/cli/node-host.js';
import type { ConfigHost } from '../../src/config/host.js';
import { loadForDump } from '../../src/config/load.js';
import { type DovecotVersion, type Series, seriesOf } from '../../src/knowledge/versions.js';
import * as answer23 from '../config/dovecot-2.3/doveconf-answer.js';
import { randomConfig23 } from '../config/dovecot-2.3/random-config.js';
import * as answer24 from '../config/dovecot-2.4/doveconf-run.js';
import { ConfigWriter } from '../config/dovecot-2.4/random-config.js';
import { InstalledDoveconf, type RealAnswer } from './doveconf.js';

/** What doveconf is asked for; half of all configurations go to the first. */
export const MODES: Readonly<Record<Series, readonly (readonly string[])[]>> = {
  '2.3': [
    ['-n'],
    ['-a'],
    ['-N', '-P'],
    ['-n', '-x'],
    ['-n', '-f', 'local=10.0.0.1', '-f', 'remote=192.168.1.2'],
    ['-n', '-f', 'protocol=imap'],
    ['-n', '-f', 'lname=mail.example.org'],
    ['-a', '-m', 'imap'],
  ],
  '2.4': [
    ['-n'],
    ['-a'],
    ['-N', '-P'],
    ['-n', '-x'],
    ['-n', '-f', 'protocol=imap'],
    ['-n', '-f', 'local=10.0.0.1'],
    ['passdb'],
    ['service/imap-login', 'auth_mechanisms'],
    ['-h', 'hostname'],
    ['-n', 'mail_plugins', 'ssl_server'],
  ],
};

/** How many of `runs` configurations a mode gets. */
export function shareOf(version: DovecotVersion, mode: number, runs: number): number {
  const others = MODES[seriesOf(version)].length - 1;
  return mode === 0 ? Math.ceil(runs / 2) : Math.ceil(runs / 2 / others);
}

interface Answer {
  readonly stdout: string;
  /** The first error without its label, '' where there is none. */
  readonly error: string;
}

export interface Comparison {
  readonly text: string;
  readonly ours: Answer;
  readonly theirs: Answer;
}

/** Random configurations, right and wrong ones, for dvproxy and the installed doveconf alike. */
export function* compareRandom(
  version: DovecotVersion,
  args: readonly string[],
  count: number,
  seed: number,
): Generator<Comparison> {
  const doveconf = new InstalledDoveconf(version);
  try {
    const all = randomTexts(version, count, seed);
    for (let from = 0; from < all.length; from += BATCH) {
      const texts = all.slice(from, from + BATCH);
      const answers = doveconf.ask(texts, args);
      for (const [i, real] of answers.entries()) {
        const text = texts[i] ?? '';
        // The program died without a word, or of its own assertion: nothing to compare.
        const isCrash = !real.stderr.includes('Panic: ') || real.stderr.includes(' assertion failed: ');
        if (real.exit > 128 && isCrash) continue;
        const ours = askDvproxy(version, join(doveconf.inside, `${i}.conf`), text, args);
        yield { text, ours, theirs: answerOf(version, real) };
      }
    }
  } finally {
    doveconf.close();
  }
}

const BATCH = 100;

function randomTexts(version: DovecotVersion, count: number, seed: number): string[] {
  if (version === '2.3.19.1') return fc.sample(randomConfig23, { seed, numRuns: count });
  return fc.sample(fc.nat(), { seed, numRuns: count }).map((one) => new ConfigWriter(one).write());
}

const EMPTY: ConfigHost = {
  glob: () => [],
  isDirectory: () => false,
  environment: {},
  readFile: (name) => {
    throw Object.assign(new Error(`no ${name}`), { code: 'ENOENT' });
  },
};

function askDvproxy(version: DovecotVersion, path: string, text: string, args: readonly string[]): Answer {
  // 2.4.1 lives in a root of its own, where none of this machine's files are.
  const host = version === '2.3.19.1' ? nodeConfigHost() : EMPTY;
  const files: ConfigHost = {
    ...host,
    readFile: (name) => (name === path ? Buffer.from(text, 'latin1') : host.readFile(name)),
  };
  const expand = args.includes('-x');
  if (version === '2.4.1')
    return answer24.answerOf(loadForDump({ path, host: files, version }, { expand }), args);
  const { modules } = answer23.dumpOptionsOf(args);
  const mode = { expand, ...(modules.length === 0 ? {} : { modules }) };
  return answer23.answerOf(loadForDump({ path, host: files, version }, mode), args);
}

function answerOf(version: DovecotVersion, { stdout, stderr }: RealAnswer): Answer {
  if (version === '2.3.19.1')
    return { stdout: answer23.withoutHostLines(stdout), error: answer23.firstError(stderr) };
  const lines = stdout.split('\n').filter((line) => !/^# /.test(line));
  return { stdout: lines.join('\n'), error: answer24.firstError(stderr.split('\n')) };
}
