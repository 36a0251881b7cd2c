import { describe, expect, test } from 'vitest';
import { parseConfExt } from '../../grammar/conf-ext/parser.js';
import { Source } from '../../grammar/source.js';

function parse(text: string) {
  return parseConfExt(new Source('dovecot-sql.conf.ext', text));
}

describe('external files of 2.3', () => {
  test('a blank or comment line inside a continued value does not end it', () => {
    const [setting] = parse('query = SELECT a \\\n\n# comment\n  FROM b\n').statements;
    expect(setting).toMatchObject({ kind: 'setting', line: 4, value: { text: 'SELECT a FROM b' } });
  });

  test.each([
    ['k = <file', 'text', '<file'],
    ['k = $a', 'text', '$a'],
    ['k = "a # b" # c', 'quoted', 'a # b'],
  ])('%j has a value of form %s', (text, form, value) => {
    expect(parse(text).statements[0]).toMatchObject({ kind: 'setting', value: { form, text: value } });
  });

  test('text after an opening brace is ignored', () => {
    expect(parse('map { x y\n}\n').statements[0]).toMatchObject({ kind: 'section', key: 'map', name: null });
  });

  test.each(['key value', 'key', 'map "a b" {'])("%s is refused with Expecting '='", (text) => {
    expect(parse(text).problems.map((problem) => problem.dovecot)).toEqual(["Expecting '='"]);
  });
});
