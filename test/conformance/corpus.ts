import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { nodeConfigHost } from '../../src/cli/node-host.js';
import type { ConfigHost } from '../../src/config/host.js';
import { loadForDump } from '../../src/config/load.js';
import type { DovecotVersion } from '../../src/knowledge/versions.js';
import { answerOf as answerOf23, withoutHostLines } from '../config/dovecot-2.3/doveconf-answer.js';
import { answerOf as answerOf24, firstError } from '../config/dovecot-2.4/doveconf-run.js';

export const VERSIONS: readonly DovecotVersion[] = ['2.3.19.1', '2.4.1'];

/** Configurations that other people wrote, each with the recorded answers of both programs. */
export const CORPUS = resolve('..', 'shared', 'corpus');
export const hasCorpus = existsSync(`${CORPUS}/index.json`);

export interface CorpusSet {
  readonly slug: string;
  readonly main: string;
  readonly files: readonly string[];
  readonly version_guess: string;
  /** Exit code by version; a version is absent where nothing was recorded. */
  readonly exit?: Readonly<Record<string, number>>;
}

/** What is compared of one answer: output without comment lines, the first error, and whether it was refused. */
export interface CorpusAnswer {
  readonly stdout: string;
  readonly error: string;
  readonly refused: boolean;
}

export function corpusSets(version?: DovecotVersion): readonly CorpusSet[] {
  if (!hasCorpus) return [];
  const sets: readonly CorpusSet[] = JSON.parse(readFileSync(`${CORPUS}/index.json`, 'utf8'));
  return version === undefined ? sets : sets.filter(({ exit }) => exit?.[version] !== undefined);
}

// Debian's packages each switch their protocol on in /usr/share/dovecot/protocols.d.
const PROTOCOLS: Readonly<Record<string, string>> = {
  imapd: 'imap',
  lmtpd: 'lmtp',
  managesieved: 'sieve',
  pop3d: 'pop3',
  submissiond: 'submission',
};
const PACKAGED = '/usr/share/dovecot/protocols.d/';

/** This machine with the files of Debian's packages. */
export function corpusHost(version: DovecotVersion): ConfigHost {
  const machine = nodeConfigHost();
  const text = (protocol: string) =>
    version === '2.3.19.1' ? `protocols = $protocols ${protocol}\n` : `protocols {\n  ${protocol} = yes\n}\n`;
  return {
    ...machine,
    readFile: (path) => {
      const protocol = path.startsWith(PACKAGED) ? PROTOCOLS[path.slice(PACKAGED.length, -9)] : undefined;
      return protocol === undefined ? machine.readFile(path) : Buffer.from(text(protocol));
    },
    glob: (pattern) =>
      pattern === `${PACKAGED}*.protocol`
        ? Object.keys(PROTOCOLS).map((name) => `${PACKAGED}${name}.protocol`)
        : machine.glob(pattern),
    environment: {},
  };
}

/** Where a set's files stand for Dovecot. */
export function corpusMaps(slug: string): readonly { readonly from: string; readonly to: string }[] {
  return ['/etc/dovecot', '/usr/local/etc/dovecot'].map((from) => ({ from, to: `${CORPUS}/${slug}` }));
}

/** What doveconf answered when the set was recorded. */
export function recordedAnswer({ slug, exit }: CorpusSet, version: DovecotVersion): CorpusAnswer {
  const recorded = readFileSync(`${CORPUS}/${slug}/expected-${version}.txt`, 'latin1');
  const mark = '--- stdout\n';
  const stdout = recorded.slice(recorded.indexOf(mark) + mark.length);
  const refused = exit?.[version] !== 0;
  if (version === '2.3.19.1') {
    const error = /^first-error: doveconf: (?:Error|Fatal): (.*)$/m.exec(recorded)?.[1] ?? '';
    return { stdout: withoutHostLines(stdout), error: refused ? error : '', refused };
  }
  const error = firstError([...recorded.matchAll(/^stderr: (.*)$/gm)].map((match) => match[1] ?? ''));
  // The missing /etc/mtab of the machine that recorded them.
  const isOfTheMachine = error.startsWith('setmntent(');
  return { stdout, error: isOfTheMachine ? '' : error, refused: refused && !isOfTheMachine };
}

/** What dvproxy answers. */
export function corpusAnswer({ slug, main }: CorpusSet, version: DovecotVersion): CorpusAnswer {
  const config = loadForDump({
    path: `/etc/dovecot/${main}`,
    host: corpusHost(version),
    version,
    maps: corpusMaps(slug),
  });
  const answer = version === '2.3.19.1' ? answerOf23(config, ['-n']) : answerOf24(config, ['-n']);
  return { ...answer, refused: config.refusal !== null };
}

export function isSameAnswer(ours: CorpusAnswer, theirs: CorpusAnswer): boolean {
  return ours.stdout === theirs.stdout && ours.error === theirs.error && ours.refused === theirs.refused;
}
