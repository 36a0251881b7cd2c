import type { DovecotVersion } from '../../src/knowledge/versions.js';
import { corners, flagQuestions } from './corner-questions.js';
import { corpusMutations } from './corpus-mutations.js';
import { type Question, Questions, type WholeAnswer } from './question.js';

type QuestionKind = (version: DovecotVersion, count: number, seed: number) => Question[];

/** Random ways of asking doveconf, whose whole answers are compared. */
export const QUESTION_KINDS: ReadonlyMap<string, QuestionKind> = new Map<string, QuestionKind>([
  ["other people's configurations with one change", corpusMutations],
  ['corners of the language', corners],
  ['flags, names and filters', flagQuestions],
]);

const BATCH = 50;

/** What doveconf and dvproxy answer; where doveconf dies or the machine lacks something there is nothing to compare. */
export async function* compareQuestions(
  version: DovecotVersion,
  questions: readonly Question[],
): AsyncGenerator<{ question: Question; ours: WholeAnswer; theirs: WholeAnswer }> {
  const asked = new Questions(version);
  try {
    for (let from = 0; from < questions.length; from += BATCH)
      for (const { question, ours, theirs } of await asked.ask(questions.slice(from, from + BATCH)))
        if (theirs !== null && !theirs.stderr.some((line) => / doesn't exist: |setmntent\(/.test(line)))
          yield { question, ours, theirs };
  } finally {
    asked.close();
  }
}

/** The question as a person may ask it again. */
export function questionText({ args, environment = {}, main, files }: Question): string {
  const parts = Object.entries(files).map(([name, text]) => `--- ${name}\n${text ?? '(a folder)'}`);
  return `doveconf -c ${main} ${args.join(' ')} ${JSON.stringify(environment)}\n${parts.join('\n')}`;
}
