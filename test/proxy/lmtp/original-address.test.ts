import { describe, expect, test } from 'vitest';
import { parseOriginalAddress } from '../../../src/proxy/lmtp/original-address.js';

describe('the address of an ORCPT', () => {
  test.each([
    ['a@example.org', 'a', 'example.org'],
    ['<a@example.org>', 'a', 'example.org'],
    ['Some "one else" <@route.example:a@example.org>', 'a', 'example.org'],
    ['"a \\"b"@example.org', 'a "b', 'example.org'],
    ['a@[192.0.2.1]', 'a', '[192.0.2.1]'],
    ['alone', 'alone', null],
    ['alone@', 'alone', null],
    ['  a@example.org\t', 'a', 'example.org'],
  ])('%s', (text, localpart, domain) => {
    expect(parseOriginalAddress(text)).toEqual({ localpart, domain });
  });

  test.each(['', '@', '<>', 'two words', 'a@b, c@d', '"alone"', 'a@b>', '<a@b', '(a)@b', 'a..b@c'])(
    '%s is none',
    (text) => {
      expect(parseOriginalAddress(text)).toBeNull();
    },
  );

  test('takes no time, however long it is', () => {
    expect(parseOriginalAddress(`${'a'.repeat(4000)}(`)).toBeNull();
    expect(parseOriginalAddress(`${'a '.repeat(2000)}(`)).toBeNull();
    expect(parseOriginalAddress(`${' '.repeat(4000)}(`)).toBeNull();
    expect(parseOriginalAddress(`${'"a"'.repeat(1300)}(`)).toBeNull();
  });
});
