import { describe, expect, test } from 'vitest';
import { ourAnswer } from './question.js';
import { recordedQuestions } from './recorded-questions.js';

// Recorded from the installed programs by `npm run conformance -- --record`.
describe('dvproxy config answers as doveconf did:', () => {
  test.each(recordedQuestions)('$version, $name', async ({ answer, version, ...question }) => {
    expect(await ourAnswer(version, question)).toEqual(answer);
  });
});
