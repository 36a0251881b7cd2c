import { describe, expect, test } from 'vitest';
import { DisconnectSpread } from '../../src/proxy/disconnect-spread.js';

const BACKEND = '127.0.0.1:143';

function spread(connections: number): DisconnectSpread {
  const all = new DisconnectSpread(
    () => 1000,
    () => 50,
  );
  for (let index = 0; index < connections; index++) all.started(BACKEND);
  return all;
}

describe('clients of a backend that goes away', () => {
  test('are all sent away at once where nothing is configured', () => {
    const all = spread(3);
    expect([1, 2, 3].map(() => all.left(BACKEND, 0))).toEqual([0, 0, 0]);
    expect(all.size).toBe(0);
  });

  test('are sent away over the seconds that are configured', () => {
    const all = spread(6);
    // Two a second go at once, the others in the order in which they were left.
    const delays = Array.from({ length: 6 }, () => all.left(BACKEND, 3000));
    expect(delays).toEqual([0, 0, 1550, 2050, 2550, 3050]);
    for (const delay of delays) if (delay > 0) all.gone(BACKEND);
    expect(all.size).toBe(0);
  });

  test('count anew when the last of them is gone', () => {
    const all = spread(6);
    for (let index = 0; index < 3; index++) all.left(BACKEND, 3000);
    all.gone(BACKEND);
    expect(all.left(BACKEND, 3000)).toBe(0);
    all.ended(BACKEND);
    all.ended(BACKEND);
    expect(all.size).toBe(0);
  });
});
