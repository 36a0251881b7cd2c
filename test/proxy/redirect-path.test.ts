import { describe, expect, test } from 'vitest';
import { parseIp } from '../../src/proxy/ip-address.js';
import { parseHostPort, RedirectPath } from '../../src/proxy/redirect-path.js';

function place(text: string) {
  const ip = parseIp(text);
  if (ip === null) throw new Error(text);
  return { ip, port: 143 };
}

describe('a place that a backend names', () => {
  test.each([
    ['192.0.2.1', { host: '192.0.2.1', port: 143 }],
    ['192.0.2.1:10143', { host: '192.0.2.1', port: 10_143 }],
    ['[2001:db8::1]:993', { host: '2001:db8::1', port: 993 }],
    ['[2001:db8::1]', { host: '2001:db8::1', port: 143 }],
    ['2001:db8::1', { host: '2001:db8::1', port: 143 }],
    ['name', { host: 'name', port: 143 }],
    ['name:0', null],
    ['name:abc', null],
    ['name:70000', null],
    ['[2001:db8::1', null],
    ['[2001:db8::1]x', null],
    ['', null],
    [':143', null],
  ])('%s', (text, expected) => {
    expect(parseHostPort(text, 143)).toEqual(expected);
  });
});

describe('redirects that lead in circles', () => {
  test('a backend that names itself', () => {
    expect(new RedirectPath().go(place('192.0.2.1'), place('192.0.2.1'))).toBe(
      'Proxying loops - already connected to 192.0.2.1:143',
    );
  });

  test('the third way back to a place', () => {
    const path = new RedirectPath();
    const [one, two] = [place('192.0.2.1'), place('192.0.2.2')];
    expect(path.go(one, two)).toBeNull();
    expect(path.go(two, one)).toBeNull();
    expect(path.go(one, two)).toBeNull();
    expect(path.go(two, one)).toBe('Proxying loops - already connected to 192.0.2.1:143');
  });
});
