import { expect, test } from 'vitest';
import { RecentRate } from '../../../src/serve/operation/recent-rate.js';

test('a rate is that since the start at first, then that of the last minute', () => {
  const rate = new RecentRate(0);
  expect(rate.perMinute(0, 0)).toBe(0);
  expect(rate.perMinute(30_000, 60)).toBe(120);
  expect(rate.perMinute(60_000, 60)).toBe(60);
  expect(rate.perMinute(120_000, 60)).toBe(30);
  expect(rate.perMinute(180_000, 70)).toBe(5);
  expect(rate.perMinute(181_000, 70)).toBeCloseTo((10 * 60) / 61);
  expect(rate.perMinute(190_000, 0)).toBe(0);
});
