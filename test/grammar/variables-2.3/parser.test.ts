import { describe, expect, test } from 'vitest';
import { splitIfParameters, splitLongName } from '../../../grammar/variables-2.3/long-name.js';
import { parseVariables23 } from '../../../grammar/variables-2.3/parser.js';

function variable(template: string) {
  const part = parseVariables23(template).parts[0];
  if (part?.kind !== 'variable') throw new Error('no variable');
  return part;
}

describe('the format of a variable', () => {
  test('a number without a point is the width, and its sign is lost', () => {
    expect(variable('%-03u')).toMatchObject({ offset: 0, width: 3, zeroPadding: true });
  });
  test('with a point the first number is the offset, and the zero of the second pads', () => {
    expect(variable('%-2.05u')).toMatchObject({ offset: -2, width: 5, zeroPadding: true });
    expect(variable('%02.5u')).toMatchObject({ offset: 2, width: 5, zeroPadding: false });
    expect(variable('%1.0-30u')).toMatchObject({ offset: 1, width: -30, zeroPadding: true });
  });
  test('a byte at the wrong place is the name of a variable', () => {
    expect(variable('%2-1u').name).toMatchObject({ kind: 'short', text: '-' });
    expect(variable('%3.3.3u').name).toMatchObject({ kind: 'short', text: '.' });
  });
  test('an eleventh modifier is a variable', () => {
    expect(variable('%RRRRRRRRRRRu')).toMatchObject({ modifiers: 'RRRRRRRRRR', name: { text: 'R' } });
  });
});

describe('long names', () => {
  test('braces nest, and a backslash takes the next byte out of the count', () => {
    expect(variable('%{if;%{a};\\};b}c').name).toMatchObject({
      kind: 'long',
      text: 'if;%{a};\\};b',
      closed: true,
      span: { start: 2, end: 14 },
    });
  });
  test('without any closing brace behind it the brace is a short variable', () => {
    expect(variable('%{user').name).toMatchObject({ kind: 'short', text: '{' });
  });
  test('unbalanced braces take the rest of the text', () => {
    expect(variable('%{if;{;}x').name).toMatchObject({ kind: 'long', text: 'if;{;}x', closed: false });
  });
  test('the function ends at the first semicolon, the data begins at the first colon', () => {
    expect(splitLongName('sha1;rounds=2,salt=a:passdb:x')).toEqual({
      key: 'sha1;rounds=2,salt=a',
      data: 'passdb:x',
      func: 'sha1',
      options: ['rounds=2', 'salt=a'],
    });
  });
});

describe('parameters of if', () => {
  const texts = (name: string) => splitIfParameters(name)?.map((parameter) => parameter.text);
  test('semicolons inside nested variables do not split', () => {
    expect(texts('if;%{if;1;==;1;a;b};eq;a;y;n')).toEqual(['%{if;1;==;1;a;b}', 'eq', 'a', 'y', 'n']);
  });
  test('a backslash removes itself and protects the next byte', () => {
    expect(texts('if;a\\;b;eq;c\\:d;\\\\;x')).toEqual(['a;b', 'eq', 'c:d', ';x']);
  });
  test('a colon ends them, and an empty last one does not count', () => {
    expect(texts('if;a:b;eq')).toEqual(['a']);
    expect(texts('if;1;==;1;y;')).toEqual(['1', '==', '1', 'y']);
  });
  test('they know where they stand', () => {
    expect(splitIfParameters('if;a;bc;d')?.map((parameter) => parameter.start)).toEqual([3, 5, 8]);
  });
});

describe('texts that end early', () => {
  test.each(['a%', 'a%5', 'a%5.', 'a%L'])('%s drops what was begun', (template) => {
    expect(parseVariables23(template)).toMatchObject({
      parts: [{ kind: 'text', text: 'a' }],
      cutShort: { start: 1 },
    });
  });
  test('a NUL ends the text', () => {
    expect(parseVariables23('a\0%u').parts).toEqual([{ kind: 'text', text: 'a' }]);
  });
});
