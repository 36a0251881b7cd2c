import fc from 'fast-check';
import { expect } from 'vitest';
import '../property-seed.js';
import { dvproxy } from './command-line.js';

interface Told {
  readonly user: string;
  readonly steps: readonly { readonly fields: unknown; readonly log: unknown }[];
}

/** One user is told how each field came about, and the debug log; everything else is the same for many. */
function undetailed(answer: Told | undefined) {
  return answer && { ...answer, steps: answer.steps.map(({ fields: _, log: __, ...step }) => step) };
}

/** Asks for all users at once, and again for a random sample of them one by one: each gets the same answer. */
export async function expectSameAlone(
  config: string,
  names: readonly string[],
  sample: number,
  more: readonly string[] = [],
): Promise<void> {
  const asked = ['-c', config, '--format', 'json'];
  const many = await dvproxy(['simulate', ...asked, '--all-users', ...more]);
  const answers = new Map(
    many.stdout
      .trim()
      .split('\n')
      .map((line): [string, Told] => {
        const answer: Told = JSON.parse(line);
        return [answer.user, answer];
      }),
  );
  expect([...answers.keys()], many.stderr).toEqual(names);
  const some = fc.sample(fc.shuffledSubarray([...names], { minLength: sample, maxLength: sample }), 1);
  for (const name of some.flat()) {
    const alone = await dvproxy(['simulate', name, ...asked]);
    expect(undetailed(JSON.parse(alone.stdout))).toEqual(undetailed(answers.get(name)));
  }
}
