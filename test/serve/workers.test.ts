import { expect, test } from 'vitest';
import { workerArguments } from '../../src/serve/workers.js';

test('workers keep less room for short-lived objects than Node alone, unless the operator has said how much', () => {
  expect(workerArguments([], '')).toEqual(['--max-semi-space-size=4']);
  expect(workerArguments(['--inspect'], '--no-warnings')).toEqual(['--inspect', '--max-semi-space-size=4']);
  expect(workerArguments(['--max-semi-space-size=32'], '')).toEqual(['--max-semi-space-size=32']);
  expect(workerArguments([], '--min_semi_space_size=32')).toEqual([]);
});
