import { existsSync } from 'node:fs';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { seriesOf } from '../../src/knowledge/versions.js';
import {
  CORPUS,
  corpusAnswer,
  corpusSets,
  hasCorpus,
  isSameAnswer,
  recordedAnswer,
  VERSIONS,
} from './corpus.js';
import { InstalledDoveconf, rootOf } from './doveconf.js';
import type { WholeAnswer } from './question.js';
import { compareQuestions, QUESTION_KINDS, questionText } from './question-kinds.js';
import { compareRandom, MODES, shareOf } from './random-configs.js';
import { recordAnswers } from './recorded-questions.js';

/** `npm run conformance [-- --runs N [--seed S]]`, `-- --record`: how often dvproxy and doveconf say the same. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '0' },
      seed: { type: 'string' },
      show: { type: 'string', default: '5' },
      record: { type: 'boolean', default: false },
    },
  });
  if (values.record) return (await recordAnswers()) ? 0 : 1;
  const runs = Number(values.runs);
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  let isFine = corpus();
  if (runs > 0 && !live(runs, seed, Number(values.show))) isFine = false;
  if (runs > 0 && !(await questions(runs, seed, Number(values.show)))) isFine = false;
  return isFine ? 0 : 1;
}

function corpus(): boolean {
  if (!hasCorpus) {
    console.log(`corpus: not compared, ${CORPUS} is not there`);
    return true;
  }
  let isFine = true;
  for (const version of VERSIONS) {
    const sets = corpusSets(version);
    const differing = sets.filter(
      (set) => !isSameAnswer(corpusAnswer(set, version), recordedAnswer(set, version)),
    );
    console.log(`corpus ${version}: ${sets.length - differing.length} of ${sets.length} sets as doveconf -n`);
    for (const { slug } of differing) console.log(`  differs: ${slug}`);
    if (differing.length > 0) isFine = false;
  }
  return isFine;
}

function live(runs: number, seed: number, show: number): boolean {
  let isFine = true;
  for (const version of VERSIONS) {
    const missing = InstalledDoveconf.missing(version);
    if (missing !== null) {
      console.log(`random ${version}: not compared, ${missing}`);
      continue;
    }
    let compared = 0;
    let differing = 0;
    for (const [index, args] of MODES[seriesOf(version)].entries()) {
      for (const { text, ours, theirs } of compareRandom(
        version,
        args,
        shareOf(version, index, runs),
        seed + index,
      )) {
        compared++;
        if (ours.stdout === theirs.stdout && ours.error === theirs.error) continue;
        if (differing++ < show)
          console.log(
            `--- doveconf ${args.join(' ')}\n${text}\n--- dvproxy\n${words(ours)}\n--- doveconf\n${words(theirs)}\n---`,
          );
      }
    }
    console.log(`random ${version}: ${compared - differing} of ${compared} as doveconf (seed ${seed})`);
    if (differing > 0) isFine = false;
  }
  return isFine;
}

/** Whole answers of other kinds of questions, of all versions that are here. */
async function questions(runs: number, seed: number, show: number): Promise<boolean> {
  let isFine = true;
  for (const version of ALL_VERSIONS) {
    if (!existsSync(`${rootOf(version)}/usr/bin/doveconf`)) continue;
    for (const [name, kind] of QUESTION_KINDS) {
      if (name.startsWith('other people') && !hasCorpus) continue;
      let compared = 0;
      let differing = 0;
      for await (const { question, ours, theirs } of compareQuestions(version, kind(version, runs, seed))) {
        compared++;
        if (isDeepStrictEqual(ours, theirs)) continue;
        if (differing++ < show)
          console.log(
            `${questionText(question)}\n--- dvproxy\n${wholeText(ours)}\n--- doveconf\n${wholeText(theirs)}\n---`,
          );
      }
      console.log(`${name}, ${version}: ${compared - differing} of ${compared} as doveconf (seed ${seed})`);
      if (differing > 0 && VERSIONS.includes(version)) isFine = false;
    }
  }
  return isFine;
}

const ALL_VERSIONS = [...VERSIONS, '2.3.21.1', '2.4.5'] as const;

function wholeText({ stdout, stderr, refused }: WholeAnswer): string {
  return `${refused ? 'refused' : 'accepted'}\n${stderr.join('\n')}\n${stdout}`;
}

function words({ stdout, error }: { readonly stdout: string; readonly error: string }): string {
  return error === '' ? stdout : `${error}\n${stdout}`;
}

process.exitCode = await main();
