import { parseArgs } from 'node:util';
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
import { InstalledDoveconf } from './doveconf.js';
import { compareRandom, MODES, shareOf } from './random-configs.js';

/** `npm run conformance [-- --runs N [--seed S]]`: how often dvproxy and doveconf say the same. */
function main(): number {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '0' },
      seed: { type: 'string' },
      show: { type: 'string', default: '5' },
    },
  });
  const runs = Number(values.runs);
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  let isFine = corpus();
  if (runs > 0 && !live(runs, seed, Number(values.show))) isFine = false;
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

function words({ stdout, error }: { readonly stdout: string; readonly error: string }): string {
  return error === '' ? stdout : `${error}\n${stdout}`;
}

process.exitCode = main();
