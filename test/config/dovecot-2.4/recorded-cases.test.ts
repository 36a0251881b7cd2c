import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { answerOf, firstError } from './doveconf-run.js';
import { loadText } from './table-host.js';

interface RecordedCase {
  readonly name: string;
  readonly conf: string;
  readonly args: readonly string[];
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: readonly string[];
}

// Recorded from doveconf 2.4.1 by scripts/record-config-2.4.mjs.
const cases: readonly RecordedCase[] = JSON.parse(
  readFileSync(new URL('../../../fixtures/config-2.4/cases.json', import.meta.url), 'utf8'),
);

describe('doveconf 2.4.1 and dvproxy say the same of', () => {
  test.each(cases)('$name', ({ conf, args, stdout, stderr }) => {
    const expand = args.some((argument) => /^-\w*x/.test(argument));
    const answer = answerOf(loadText(conf, { expand }), args);
    expect(answer).toEqual({ stdout, error: firstError(stderr) });
  });
});
