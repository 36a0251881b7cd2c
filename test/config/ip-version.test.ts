import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipVersion } from '../../src/config/ip-version.js';

test.each([
  ['127.0.0.1', 4],
  ['127.0.0.01', 0],
  ['256.0.0.1', 0],
  ['1.2.3', 0],
  ['::', 6],
  ['::1', 6],
  ['1::', 6],
  ['1:2:3:4:5:6:7::', 6],
  ['1:2:3:4:5:6:7:8', 6],
  ['1:2:3:4:5:6:7:8::', 0],
  ['::ffff:10.0.0.1', 6],
  ['::ffff:10.0.0.256', 0],
  ['fe80::1%eth0', 6],
  ['fe80::1%', 0],
  ['1::2::3', 0],
  [':1', 0],
  ['12345::', 0],
  ['[::1]', 0],
  ['', 0],
])('%j is an address of version %i', (text, version) => {
  expect(ipVersion(text)).toBe(version);
});

test('says what node:net says', () => {
  const piece = fc.constantFrom(
    ':',
    '::',
    '.',
    '%',
    '0',
    '1',
    '00',
    '255',
    '256',
    'ffff',
    'g',
    '1.2.3.4',
    '[',
    '1:2:3',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      expect(ipVersion(text)).toBe(isIP(text));
    }),
    { seed: 20_261_121, numRuns: 3_000 },
  );
});
