import { readFileSync, writeFileSync } from 'node:fs';
import type { DovecotVersion } from '../../src/knowledge/versions.js';
import { type Question, Questions, type WholeAnswer } from './question.js';

/** A question with what doveconf answered. */
export interface RecordedQuestion extends Question {
  readonly name: string;
  readonly version: DovecotVersion;
  readonly answer: WholeAnswer;
}

const FILE = 'fixtures/config-corners/answers.json';

export const recordedQuestions: readonly RecordedQuestion[] = JSON.parse(readFileSync(FILE, 'utf8'));

/** Asks the installed programs anew and keeps what they say; false: one of them died. */
export async function recordAnswers(): Promise<boolean> {
  const lines: string[] = [];
  for (const version of new Set(recordedQuestions.map((one) => one.version))) {
    const asked = new Questions(version);
    try {
      const own = recordedQuestions.filter((one) => one.version === version);
      for (const [i, { theirs }] of (await asked.ask(own)).entries()) {
        if (theirs === null) return false;
        lines.push(JSON.stringify({ ...own[i], answer: theirs }));
      }
    } finally {
      asked.close();
    }
  }
  writeFileSync(FILE, `[\n${lines.join(',\n')}\n]\n`);
  return true;
}
