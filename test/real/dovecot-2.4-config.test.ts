import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { loadForDump } from '../../src/config/load.js';
import { answerOf, firstError } from '../config/dovecot-2.4/doveconf-run.js';
import { tableHost } from '../config/dovecot-2.4/table-host.js';
import { ConfigWriter } from './config-2.4-generator.js';

// A Debian 13 root with Dovecot 2.4.1, made by debootstrap.
const root = process.env['DVPROXY_DEBIAN_13'] ?? '/var/cache/dvproxy/debian-13';
const available = existsSync(`${root}/usr/bin/doveconf`);
if (!available) {
  if (process.env['CI'] === 'true') throw new Error(`no Dovecot 2.4.1 in ${root}`);
  console.warn(`live comparison with doveconf 2.4.1 skipped: nothing in ${root}`);
}
const runs = Number(process.env['DVPROXY_CONFIG_RUNS'] ?? 200);
const seed = Number(process.env['DVPROXY_CONFIG_SEED'] ?? Date.now() % 2 ** 31);

interface Answer {
  readonly stdout: string;
  readonly stderr: readonly string[];
  readonly exit: number;
}

const folder = available ? mkdtempSync(join(root, 'tmp/dvproxy-config-')) : '';
const inside = folder.slice(root.length);

/** Answers of the real program to many files in one go. */
function askDoveconf(texts: readonly string[], args: readonly string[]): Answer[] {
  mkdirSync(folder, { recursive: true });
  for (const [i, text] of texts.entries()) writeFileSync(join(folder, `${i}.conf`), text, 'latin1');
  const script = [
    `cd ${inside}`,
    'i=0',
    `while [ $i -lt ${texts.length} ]; do`,
    `doveconf -c ${inside}/$i.conf ${args.join(' ')} > $i.out 2> $i.err`,
    'echo $? > $i.exit',
    'i=$((i + 1))',
    'done',
  ].join('\n');
  execFileSync('chroot', [root, 'sh', '-c', script]);
  const read = (name: string) => readFileSync(join(folder, name), 'latin1');
  return texts.map((_, i) => ({
    stdout: read(`${i}.out`)
      .split('\n')
      .filter((line) => !/^# /.test(line))
      .join('\n'),
    stderr: read(`${i}.err`)
      .split('\n')
      .filter((line) => line !== ''),
    exit: Number(read(`${i}.exit`)),
  }));
}

/** The program died of a signal: nothing to compare. */
function isCrash({ exit }: Answer): boolean {
  return exit > 128;
}

describe.skipIf(!available)('random configurations, dvproxy beside doveconf 2.4.1', () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const modes = [
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
  ];
  test.each(modes.map((args) => [args.join(' '), args] as const))(`doveconf %s (seed ${seed})`, (_, args) => {
    const seeds = fc.sample(fc.nat(), { seed, numRuns: Math.ceil(runs / modes.length) });
    const texts = seeds.map((one) => new ConfigWriter(one).write());
    const answers = askDoveconf(texts, args);
    for (const [i, real] of answers.entries()) {
      const error = firstError(real.stderr);
      if (isCrash(real)) continue;
      const path = `${inside}/${i}.conf`;
      const text = texts[i] ?? '';
      const config = loadForDump(
        { path, host: tableHost({ [path]: text }), version: '2.4.1' },
        { expand: args.includes('-x') },
      );
      expect(answerOf(config, args), `seed ${seeds[i]}\n${text}`).toEqual({ stdout: real.stdout, error });
    }
  });
});
