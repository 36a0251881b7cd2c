import { describe, expect, test } from 'vitest';
import { Source } from '../../grammar/source.js';
import { placeIn, valueText } from '../../src/check/value-text.js';

function textOf(text: string) {
  const source = new Source('x.conf', text);
  return valueText({ source, span: { start: 0, end: text.length } });
}

describe('the text of a value', () => {
  test('is what stands behind the equals sign of a statement', () => {
    expect(textOf('key = a b\n').text.trim()).toBe('a b');
  });

  test('joins continued lines and drops their comments without moving anything', () => {
    const text = 'query = SELECT a, \\\n  # a remark\n  b # why\n';
    const value = textOf(text);
    const at = value.text.indexOf('b');
    expect(value.text.replaceAll(/\s+/g, ' ').trim()).toBe('SELECT a, b');
    expect(placeIn(value, { start: at, end: at + 1 }).span).toEqual({
      start: text.indexOf('b #'),
      end: text.indexOf('b #') + 1,
    });
  });

  test('loses its outer quotes', () => {
    expect(textOf('key = "a = b"').text.trim()).toBe('a = b');
  });

  test('keeps a number sign inside quotes', () => {
    expect(textOf("query = SELECT '#1'").text.trim()).toBe("SELECT '#1'");
  });

  test('is the place itself where the place is a value already', () => {
    const text = 'connect = host=a dbname=b';
    const source = new Source('x.conf', text);
    const value = valueText({ source, span: { start: 10, end: text.length } });
    expect(value.text).toBe('host=a dbname=b');
  });
});
