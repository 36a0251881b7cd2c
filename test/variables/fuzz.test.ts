import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeMysql } from '../../src/variables/escape.js';
import { expandText } from '../../src/variables/expand.js';
import { inspectTemplate } from '../../src/variables/inspect.js';
import { scopeOf } from './case-scope.js';

const scope = scopeOf({ user: "o'b@x\xff.org", password: '7', local_port: '143', session: 'a\tb' });

/** Pieces that mean something, in any order, with any bytes between them. */
function templates(pieces: readonly string[]): fc.Arbitrary<string> {
  const bytes = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    maxLength: 4,
  });
  return fc
    .array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...pieces) }, bytes), { maxLength: 14 })
    .map((parts) => parts.join(''));
}

const PIECES_23 = [
  ...[
    '%',
    '%%',
    '%{',
    '}',
    '{',
    ';',
    ':',
    '\\',
    ',',
    '-',
    '0',
    '.',
    '9',
    '3',
    'u',
    'n',
    'L',
    'U',
    'H',
    'N',
    'X',
    'E',
    'R',
    'D',
    'T',
    'M',
  ],
  ...[
    'user',
    'passdb:',
    'env:',
    'if;',
    '==',
    'eq',
    '~',
    '*',
    '1',
    'sha1;',
    'rounds=',
    'salt=',
    'truncate=',
    'format=base64',
    'md5:',
    'pkcs5:',
  ],
  ...[
    'encrypt;',
    'key=',
    '00112233445566778899aabbccddeeff',
    'algo=aes-128-cbc',
    '%u',
    '%{user}',
    '%{if;%u;eq;a;b;c}',
    '(',
    '[',
    'a*',
  ],
];
const PIECES_24 = [
  ...[
    '%',
    '%%{',
    '%{',
    '}',
    '|',
    '(',
    ')',
    ',',
    '=',
    '+',
    '-',
    '*',
    '/',
    '1',
    '0',
    '-3',
    "'",
    '"',
    "'a'",
    "'@'",
    '\\',
    '\\x41',
    'y',
    ' ',
  ],
  ...[
    'user',
    'local_port',
    'session',
    'passdb:x',
    'nope',
    'lower',
    'upper',
    'default',
    'literal',
    'lookup',
    'concat',
    'index',
    'substr',
    'truncate',
  ],
  ...[
    'bits=',
    'md5',
    'sha1',
    'rounds=',
    'salt=',
    'hash',
    "'sha3-256'",
    'hex',
    'unhex',
    'hexlify',
    'unhexlify',
    'base64',
    'unbase64',
    'url=1',
    'pad=0',
  ],
  ...[
    'lfill',
    'rfill',
    'list',
    'text',
    'regexp',
    "'(.*)@'",
    "'\\\\1'",
    'if',
    "'eq'",
    "'~'",
    "'=='",
    'encrypt',
    'decrypt',
    "key='k'",
    'raw=1',
    'safe',
    'calculate',
    'benumber',
  ],
  ...['%{user | md5 ', "%{user | regexp('", '%{local_port ', ' | default(', ')}'],
];

describe.each([
  ['2.3', PIECES_23],
  ['2.4', PIECES_24],
] as const)('random templates of %s', (series, pieces) => {
  test('end with a result or an error, never with an exception', () => {
    fc.assert(
      fc.property(templates(pieces), (template) => {
        const expansion = expandText(series, template, scope, escapeMysql);
        expect(['ok', 'error']).toContain(expansion.kind);
        const { variables, problems } = inspectTemplate(series, template);
        for (const { span } of [...variables, ...problems]) {
          expect(span.start).toBeGreaterThanOrEqual(0);
          expect(span.end).toBeLessThanOrEqual(template.length);
        }
      }),
      { numRuns: 3000 },
    );
  });
  test('give the same twice', () => {
    fc.assert(
      fc.property(templates(pieces), (template) => {
        expect(expandText(series, template, scope)).toEqual(expandText(series, template, scope));
      }),
      { numRuns: 300 },
    );
  });
});

describe('long templates', () => {
  const count = 20_000;
  test.each([
    ['2.3', '%{'.repeat(count)],
    ['2.3', '%{if;'.repeat(count)],
    ['2.3', `${'%{if;1;==;1;'.repeat(count)}a${';b}'.repeat(count)}`],
    ['2.3', `${'{'.repeat(count)}%{${'{'.repeat(count)}${'}'.repeat(count)}}`],
    ['2.4', `%{user${'|lower'.repeat(count)}}`],
    ['2.4', `%{user|concat(${"'b',".repeat(count)}'b')}`],
    ['2.4', '%{'.repeat(count)],
    ['2.4', `%{literal('${'\\x41'.repeat(count)}`],
    ['2.4', `%{a(${'9'.repeat(count)})}`],
  ] as const)('%s %.20s... ends', (series, template) => {
    expect(['ok', 'error']).toContain(expandText(series, template, scope).kind);
    expect(inspectTemplate(series, template).problems.length).toBeGreaterThanOrEqual(0);
  });
});
