import { describe, expect, test } from 'vitest';
import { parseVariables24 } from '../../../grammar/variables-2.4/parser.js';

function steps(template: string) {
  const { parts, error } = parseVariables24(template);
  const [program] = parts;
  if (program?.kind !== 'program') throw new Error(error?.message ?? 'no program');
  return program.steps;
}

// Messages of doveconf 2.4.1 for a setting with the text as its value.
describe('syntax errors in the words of Dovecot', () => {
  test.each([
    ['%{', 'syntax error, unexpected end of file, expecting CCBRACE or PIPE or NAME'],
    ['%{user', 'syntax error, unexpected end of file, expecting CCBRACE or PIPE'],
    ['%{user|', 'syntax error, unexpected end of file, expecting CCBRACE or PIPE or NAME'],
    ['%{user | (', 'syntax error, unexpected OBRACE, expecting CCBRACE or PIPE or NAME'],
    ['%{a(b', 'syntax error, unexpected end of file, expecting CBRACE or COMMA'],
    ['%{a(b=)}', 'syntax error, unexpected CBRACE, expecting MINUS or NAME or VALUE or NUMBER'],
    ['%{a(b=-c)}', 'syntax error, unexpected NAME, expecting NUMBER'],
    ['%{a(-)}', 'syntax error, unexpected CBRACE, expecting NUMBER'],
    ['%{a + }', 'syntax error, unexpected CCBRACE, expecting MINUS or NAME or NUMBER'],
    ['%{a - - b}', 'syntax error, unexpected NAME, expecting NUMBER'],
    ['%{a + 1 + 1}', 'syntax error, unexpected PLUS, expecting CCBRACE or PIPE'],
    ['%{a(1)(2)}', 'syntax error, unexpected OBRACE, expecting CCBRACE or PIPE'],
    ['%{a(b c)}', 'syntax error, unexpected NAME, expecting CBRACE or COMMA'],
    ["%{a('b' = 1)}", 'syntax error, unexpected EQ, expecting CBRACE or COMMA'],
    ["%{literal('\\z')}", 'Invalid character escape'],
    ["%{literal('\\x4')}", 'Invalid character escape'],
    ["%{user 'a\\z'}", 'Invalid character escape'],
    ["%{literal('\xff')}", 'Invalid UTF-8 string'],
    ['%{us\xffer}', 'Invalid UTF-8 string'],
    ['%{a(9223372036854775808)}', 'Not a number'],
    ['%{a(-9223372036854775809) b', 'Not a number'],
  ])('%s', (template, message) => {
    expect(parseVariables24(template)).toMatchObject({ parts: [], error: { message } });
  });
  test('a number may be the smallest of 64 bits', () => {
    expect(steps('%{a(-9223372036854775808)}')[0]?.parameters[0]).toMatchObject({ number: -(2n ** 63n) });
  });
  test('the place is that of the token that was not expected', () => {
    expect(parseVariables24('x%{user lower}').error?.span).toEqual({ start: 8, end: 13 });
  });
});

describe('texts', () => {
  test('a text of exactly y is lost', () => {
    expect(parseVariables24('%{user}y%{a}yes')).toMatchObject({
      lost: [{ start: 7, end: 8 }],
      parts: [{ kind: 'program' }, { kind: 'program' }, { kind: 'text', text: 'yes' }],
    });
  });
  test('percent signs stand for themselves, two before a brace are one', () => {
    const texts = parseVariables24('%%%{a}%u%').parts.map((part) =>
      part.kind === 'text' ? part.text : '{}',
    );
    expect(texts.join('')).toBe('%%{a}%u%');
  });
});

describe('steps', () => {
  test('empty steps do not count, blanks neither', () => {
    expect(steps('%{ | user ||\t lower | }').map((step) => step.name)).toEqual(['user', 'lower']);
  });
  test('an operator is a step of its own', () => {
    expect(steps('%{a % b}')).toMatchObject([
      { name: 'a' },
      {
        name: 'calculate',
        parameters: [
          { kind: 'number', number: 4n },
          { kind: 'variable', name: 'b' },
        ],
      },
    ]);
  });
  test('named parameters follow positional ones by key, and the first of two wins by coming last', () => {
    const keys = steps('%{a(SALT=1,b,rounds=2,Rounds=3,c)}')[0]?.parameters.map((parameter) => [
      parameter.key,
      parameter.index,
      parameter.kind === 'number' ? Number(parameter.number) : null,
    ]);
    expect(keys).toEqual([
      [null, 0, null],
      [null, 1, null],
      ['rounds', -1, 3],
      ['rounds', -1, 2],
      ['salt', -1, 1],
    ]);
  });
  test('a newline behind a backslash is skipped, and the next byte is the escape', () => {
    expect(steps("%{literal('\\\nn')}")[0]?.parameters[0]).toMatchObject({ text: '\n' });
  });
  test('bytes that Dovecot skips are told', () => {
    expect(parseVariables24('%{user & ?}').ignored).toEqual([
      { start: 7, end: 8 },
      { start: 9, end: 10 },
    ]);
  });
});
