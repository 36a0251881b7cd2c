import { describe, expect, test } from 'vitest';
import { addressOf, BackendHealth, stateOf } from '../../../src/serve/operation/backend-health.js';

const ONE = '192.0.2.1:143';
const OTHER = '192.0.2.2:143';

function health(failures: number | null = 2): {
  readonly health: BackendHealth;
  readonly log: string[];
  pass(milliseconds: number): void;
} {
  let now = 1_000_000;
  const log: string[] = [];
  const breaker = failures === null ? null : { failures, restMs: 5000 };
  return {
    health: new BackendHealth(
      breaker,
      () => now,
      (level, text) => log.push(`${level}: ${text}`),
    ),
    log,
    pass: (milliseconds) => {
      now += milliseconds;
    },
  };
}

const REFUSED = { kind: 'failed', error: 'Connection refused' } as const;

describe('a backend that fails', () => {
  test('is counted, and gets sessions as before, where there is no breaker', () => {
    const { health: state } = health(null);
    for (let i = 0; i < 50; i++) state.report(ONE, REFUSED);
    expect(state.admit(ONE)).toBeNull();
    expect(state.status).toEqual([
      {
        backend: ONE,
        state: 'failing',
        failures: 50,
        last_error: 'Connection refused',
        last_failure: '1970-01-01T00:16:40.000Z',
      },
    ]);
  });

  test('gets no session once it failed as often as the breaker allows, others do', () => {
    const { health: state, log } = health();
    state.report(ONE, REFUSED);
    expect(state.admit(ONE)).toBeNull();
    state.report(ONE, REFUSED);
    expect(state.admit(ONE)).toBe('The backend is down (Connection refused)');
    expect(state.admit(OTHER)).toBeNull();
    expect(stateOf(ONE, state.status)).toBe('down');
    expect(log).toEqual([
      'warning: backend 192.0.2.1:143 is down after 2 failures (Connection refused): it rests for 5 s',
    ]);
  });

  test('is well again with the first answer in between', () => {
    const { health: state } = health();
    state.report(ONE, REFUSED);
    state.report(ONE, { kind: 'answered' });
    state.report(ONE, REFUSED);
    expect(state.admit(ONE)).toBeNull();
    expect(state.status[0]?.failures).toBe(1);
  });

  test('is tried by one session after its rest, and is up with its answer', () => {
    const { health: state, pass, log } = health();
    state.report(ONE, REFUSED);
    state.report(ONE, REFUSED);
    pass(5000);
    expect(stateOf(ONE, state.status)).toBe('half_open');
    expect(state.admit(ONE)).toBeNull();
    expect(state.admit(ONE)).toMatch(/is down/);
    state.report(ONE, { kind: 'answered' });
    expect(state.admit(ONE)).toBeNull();
    expect(state.status).toEqual([]);
    expect(log.at(-1)).toBe('info: backend 192.0.2.1:143 is up again');
  });

  test('rests again where that session fails; late failures of others do not lengthen the rest', () => {
    const { health: state, pass } = health();
    state.report(ONE, REFUSED);
    state.report(ONE, REFUSED);
    pass(4000);
    state.report(ONE, REFUSED);
    pass(1000);
    expect(state.admit(ONE)).toBeNull();
    state.report(ONE, { kind: 'failed', error: 'Timed out' });
    pass(4999);
    expect(state.admit(ONE)).toBe('The backend is down (Timed out)');
    pass(1);
    expect(state.admit(ONE)).toBeNull();
  });

  test('may be tried by the next where the one that tried left, or never said how it went', () => {
    const { health: state, pass } = health();
    state.report(ONE, REFUSED);
    state.report(ONE, REFUSED);
    pass(5000);
    expect(state.admit(ONE)).toBeNull();
    state.report(ONE, { kind: 'abandoned' });
    expect(state.admit(ONE)).toBeNull();
    pass(4999);
    expect(state.admit(ONE)).not.toBeNull();
    pass(1);
    expect(state.admit(ONE)).toBeNull();
  });
});

describe('an administrator', () => {
  test('keeps sessions from a backend, or from all of an address, until it is reset', () => {
    const { health: state } = health(null);
    state.drain('192.0.2.1');
    state.drain(OTHER);
    for (const backend of [ONE, '192.0.2.1:993', OTHER])
      expect(state.admit(backend)).toBe('The backend is drained');
    expect(state.admit('192.0.2.2:993')).toBeNull();
    expect(state.watched).toEqual(['192.0.2.1', OTHER]);
    expect(state.status.map(({ backend, state: how }) => `${backend} ${how}`)).toEqual([
      '192.0.2.1 draining',
      '192.0.2.2:143 draining',
    ]);
    expect(state.reset('192.0.2.1')).toBe(true);
    expect(state.admit(ONE)).toBeNull();
    expect(state.reset('192.0.2.1')).toBe(false);
  });

  test('resets what is down, by its port or its address', () => {
    const { health: state } = health(1);
    for (const place of ['192.0.2.1', ONE]) {
      state.report(ONE, REFUSED);
      expect(state.admit(ONE)).not.toBeNull();
      expect(state.reset(place)).toBe(true);
      expect(state.admit(ONE)).toBeNull();
    }
  });
});

test('no more backends are kept in mind than needed', () => {
  const { health: state } = health(1);
  for (let i = 0; i < 10_100; i++) state.report(`192.0.2.1:${i}`, REFUSED);
  expect(state.watched).toHaveLength(10_000);
  expect(state.admit('192.0.2.1:1')).toBeNull();
});

test('the address of a backend has no port and no brackets', () => {
  expect(['192.0.2.1:143', '[2001:db8::1]:143'].map(addressOf)).toEqual(['192.0.2.1', '2001:db8::1']);
});
