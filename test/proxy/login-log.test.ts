import { describe, expect, test } from 'vitest';
import { LoginLogFormat, type LogValues } from '../../src/proxy/login-log.js';
import { expandLoginTemplate } from '../../src/serve/log-template.js';

const SYSTEM = {
  hostname: 'vm',
  pid: 77,
  uid: 0,
  gid: 0,
  now: () => 0,
  randomBytes: (count: number) => new Uint8Array(count),
};

function line(series: '2.3' | '2.4', elements: string, values: Record<string, string>, passdb = ''): string {
  const expand = (template: string, log: LogValues) => {
    const expansion = expandLoginTemplate(series, template, log, SYSTEM);
    return expansion.kind === 'ok' ? expansion.text : (expansion.partial ?? '');
  };
  const shape = series === '2.3' ? '%$: %s' : '%{message}: %{elements}';
  return new LoginLogFormat(series, shape, elements, expand).line('Hi', {
    get: (name) => values[name],
    passdb: (field) => (field === 'bar' ? passdb || undefined : undefined),
  });
}

const ELEMENTS_23 = '%u m=%m %{passdb:foo} a=%{passdb:foo} b=%{passdb:bar} x=%{session}y=%{passdb:foo} z=%m';
const ELEMENTS_24 =
  '%{user} m=%{mechanism} %{passdb:foo} a=%{passdb:foo} b=%{passdb:bar} x=%{session}y=%{passdb:foo} z=%{mechanism}';

// Each expectation is a line that the real login process wrote.
describe('elements of the login log', () => {
  test('2.3 keeps what names a passdb field, even an empty one, and begins with no comma', () => {
    expect(line('2.3', ELEMENTS_23, { session: 'S' })).toBe('Hi: a=, b=, x=Sy=');
    expect(line('2.3', ELEMENTS_23, { u: 'joe@x', m: 'PLAIN', session: 'S' }, '1')).toBe(
      'Hi: joe@x, m=PLAIN, , a=, b=1, x=Sy=, z=PLAIN',
    );
    expect(line('2.3', ELEMENTS_23, { u: 'joe@x', session: 'S' })).toBe('Hi: joe@x, , a=, b=, x=Sy=');
  });

  test('2.4 drops an empty passdb field, and keeps the comma in front of dropped elements at the end', () => {
    expect(line('2.4', ELEMENTS_24, { session: 'S' })).toBe('Hi: x=Sy=, ');
    expect(line('2.4', ELEMENTS_24, { user: 'joe@x', mechanism: 'PLAIN', session: 'S' }, '1')).toBe(
      'Hi: joe@x, m=PLAIN, b=1, x=Sy=, z=PLAIN',
    );
  });

  test('what never changes is left out, be it text, the host name or an unknown variable', () => {
    expect(
      line('2.3', 'u=%u li=%{listener} ln=%{local_name} x=%{nope} fix %{hostname}', { listener: 'imap' }),
    ).toBe('Hi: u=, li=imap');
    expect(
      line('2.4', 'u=%{user} li=%{listener} ln=%{local_name} fix %{user|domain} %{process:pid} %{nope} end', {
        listener: 'imap',
      }),
    ).toBe('Hi: u=, li=imap, , ');
  });

  test('modifiers and filters change values', () => {
    expect(line('2.3', 'u=%u =%5r', { u: 'joe@x', r: '127.0.0.1' })).toBe('Hi: u=joe@x, =127.0');
    expect(line('2.4', 'u=%{user} %{user|domain}', { user: 'joe@x' })).toBe('Hi: u=joe@x, x');
  });
});
