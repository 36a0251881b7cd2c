import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DelayedFailures } from '../../src/serve/delayed-failures.js';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000_300 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** When each of some failures is answered, in milliseconds from now. */
async function answers(failures: DelayedFailures, seconds: readonly number[]): Promise<number[]> {
  const start = Date.now();
  const times: number[] = [];
  const signal = new AbortController().signal;
  const all = seconds.map((delay) => failures.wait(delay, signal).then(() => times.push(Date.now() - start)));
  await vi.advanceTimersByTimeAsync(10_000);
  await Promise.all(all);
  return times;
}

// observed 2.3.19.1 and 2.4.1: 1.5 or 2.0 s with a delay of 2 s, 0.5 s with none in 2.3.
test('failures are answered in steps of half a second, when the clock has moved on by whole seconds', async () => {
  expect(await answers(new DelayedFailures(), [2])).toEqual([2000]);
  vi.setSystemTime(1_000_000_900);
  expect(await answers(new DelayedFailures(), [2])).toEqual([1500]);
  expect(await answers(new DelayedFailures(), [0])).toEqual([500]);
});

test('those that are due go together, and the clock stands still when nobody waits', async () => {
  const failures = new DelayedFailures();
  expect(await answers(failures, [2, 2, 2])).toEqual([2000, 2000, 2000]);
  expect(vi.getTimerCount()).toBe(0);
});

test('one that nobody waits for any more is forgotten', async () => {
  const failures = new DelayedFailures();
  const abort = new AbortController();
  const waiting = failures.wait(2, abort.signal);
  abort.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  await expect(failures.wait(2, abort.signal)).rejects.toThrow('gone');
  await vi.advanceTimersByTimeAsync(500);
  expect(vi.getTimerCount()).toBe(0);
});
