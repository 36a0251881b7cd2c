import { describe, expect, test } from 'vitest';
import {
  escapeLdap23,
  escapeLdap24,
  escapeMysql,
  escapePasswdFilePath23,
  escapePgsql,
  escapeSqlite,
  escapeUsernameFormat,
} from '../../src/variables/escape.js';
import { expand } from '../../src/variables/expand.js';
import type { Provider } from '../../src/variables/scope.js';
import { scopeOf } from './case-scope.js';

const NAME = 'o\'brien"x\\y@ex.org';
const scope = scopeOf({ user: NAME });

function text(series: '2.3' | '2.4', template: string, escaping: (value: string) => string): string {
  const expansion = expand(series, template, scope, escaping);
  return expansion.kind === 'ok' ? expansion.text : `error: ${expansion.message}`;
}

describe('values', () => {
  test.each([
    ['sqlite', escapeSqlite, 'a\'b\\"\n%_', "a''b\\\"\n%_"],
    ['pgsql', escapePgsql, "a'b\\", "a''b\\"],
    ['mysql', escapeMysql, 'a\'b"\\\0\n\r\x1a%_', 'a\\\'b\\"\\\\\\0\\n\\r\\Z%_'],
    [
      'ldap 2.3',
      escapeLdap23,
      '*,\\#+<>;"()= \'&|!/%\xc3',
      "\\2A\\2C\\5C\\23\\2B\\3C\\3E\\3B\\22\\28\\29\\3D\\20'&|!/%\\C3",
    ],
    ['ldap 2.4', escapeLdap24, ' a#b\x01*()\xc3\xbc\xff ', '\\20a#b\\01\\2a\\28\\29\xc3\xbc\xef\xbf\xbd\\20'],
    ['ldap 2.4 one blank', escapeLdap24, ' ', '\\20'],
    ['username_format', escapeUsernameFormat, NAME, 'o\\\'brien\\"x\\\\y@ex.org'],
    ['2.3 path', escapePasswdFilePath23, 'a/../b', 'a'],
  ] as const)('%s', (_name, escaping, value, expected) => {
    expect(escaping(value)).toBe(expected);
  });
});

describe('2.3 escapes before modifiers', () => {
  test('a width cuts the escape, a hash takes it in', () => {
    expect(text('2.3', "'%1.2n'", escapeSqlite)).toBe("''''");
    expect(text('2.3', '%Mu', escapeSqlite)).toMatch(/^05fd29c9/);
  });
  test('defaults of passdb fields are escaped, the environment and addresses are not', () => {
    const withFields = {
      ...scopeOf({ user: 'a', local_ip: "1'" }),
      providers: new Map<string, Provider>([
        ['passdb', () => ({ kind: 'missing' })],
        ['env', () => ({ kind: 'value', value: "e'" })],
      ]),
    };
    const expansion = expand('2.3', "%{passdb:x:a'b}|%{env:X}|%l", withFields, escapeSqlite);
    expect(expansion).toEqual({ kind: 'ok', text: "a''b|e'|1'" });
  });
});

describe('2.4 escapes the result of each program', () => {
  test('literals inside too, texts outside not', () => {
    expect(text('2.4', "'%{user | username}' %{literal('a\\'b')}", escapeSqlite)).toBe(
      "'o''brien\"x\\y' a''b",
    );
  });
  test('safe turns it off for one program', () => {
    expect(text('2.4', '%{user | username | safe} %{user | username}', escapeSqlite)).toBe(
      "o'brien\"x\\y o''brien\"x\\y",
    );
  });
});
