import { expect, test } from 'vitest';
import { parseCapability } from '../../../src/proxy/lmtp/backend-capability.js';

test('a capability has a name and parameters, in capitals', () => {
  expect(parseCapability('xclient addr Port')).toEqual({
    kind: 'capability',
    name: 'XCLIENT',
    parameters: ['ADDR', 'PORT'],
  });
  expect(parseCapability('SIZE 1000')).toMatchObject({ name: 'SIZE', parameters: ['1000'] });
});

test.each([
  ['', 'Received invalid EHLO response line: Parameter is empty'],
  ['-X', 'Received invalid EHLO response line: Unexpected character in EHLO keyword'],
  ['X(Y', 'Received invalid EHLO response line: Unexpected character in EHLO keyword'],
  ['X y  z', "Received invalid EHLO response line: Missing EHLO parameter after ' '"],
  ['X y\tz', 'Received invalid EHLO response line: Unexpected character in EHLO parameter'],
  ['SIZE x', 'Received invalid SIZE capability in EHLO response line'],
])('%j is none', (line, mistake) => {
  expect(parseCapability(line)).toEqual({ kind: 'invalid', mistake });
});
