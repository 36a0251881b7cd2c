import { expect, test } from 'vitest';
import { isUtf8, utf8CharLength } from '../../grammar/utf8.js';

test.each([
  ['abc', true],
  ['\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80', true],
  ['\xff', false],
  ['\xc3', false],
  ['\xc3a', false],
  ['\xc0\x80', false],
  ['\xe0\x80\x80', false],
  ['\xed\xa0\x80', false],
  ['\xf4\x90\x80\x80', false],
  ['\xf8\x88\x80\x80\x80', false],
])('%j is valid: %s', (text, valid) => {
  expect(isUtf8(text)).toBe(valid);
});

test('a character that the text cuts short is told from a wrong one', () => {
  expect(utf8CharLength('\xe2\x82', 0)).toBe(0);
  expect(utf8CharLength('\xe2a', 0)).toBe(-1);
  expect(utf8CharLength('\x80', 0)).toBe(-1);
  expect(utf8CharLength('\xfc', 0)).toBe(0);
});
