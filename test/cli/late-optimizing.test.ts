import { expect, test, vi } from 'vitest';
import { optimizeLate } from '../../src/cli/late-optimizing.js';

test('what a run will need is loaded once, before its first large file alone', () => {
  const loadAhead = vi.fn();
  for (const bytes of [100, 10_000_000]) optimizeLate(bytes, loadAhead);
  expect(loadAhead).not.toHaveBeenCalled();
  for (const bytes of [200_000, 300_000]) optimizeLate(bytes, loadAhead);
  expect(loadAhead).toHaveBeenCalledTimes(1);
});
