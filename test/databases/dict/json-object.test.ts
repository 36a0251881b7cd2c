import { expect, test } from 'vitest';
import { readJsonObject } from '../../../src/databases/dict/json-object.js';

test('members keep their order and are what is written', () => {
  const { members, error } = readJsonObject(
    '{"b": "x\\u00e4\\ud83d\\ude00", "a": -1.50e3, "t": true, "n": null}',
  );
  expect(error).toBeNull();
  expect(members).toEqual([
    ['b', 'x\xc3\xa4\xf0\x9f\x98\x80'],
    ['a', '-1.50e3'],
    ['t', 'true'],
    ['n', null],
  ]);
});

test.each([
  ['', "Missing '}'"],
  ['pw', "Object doesn't begin with '{'"],
  ['{"a": {"b": 1}}', 'Nested objects not supported'],
  ['{"a": 1} x', 'Unexpected data at the end'],
  ['{"a": "\\u0000"}', 'Missing value'],
  ['{"a": 1 "b": 2}', "Expected ',' or '}' after object value"],
  ['{"": 1}', 'Empty object key'],
])('%s ends with %s', (text, error) => {
  expect(readJsonObject(text)).toMatchObject({ error });
});
