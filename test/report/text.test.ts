import { describe, expect, test } from 'vitest';
import { fromUtf8 } from '../../grammar/bytes.js';
import { Source } from '../../grammar/source.js';
import type { Diagnostic } from '../../src/check/diagnostic.js';
import { coloursFor } from '../../src/report/colours.js';
import { compactReport } from '../../src/report/compact.js';
import { jsonReport } from '../../src/report/json.js';
import { textReport } from '../../src/report/text.js';

function diagnosticAt(text: string, marked: string, more: Partial<Diagnostic> = {}): Diagnostic {
  const bytes = fromUtf8(text);
  const source = new Source('dovecot.conf', bytes);
  const start = bytes.indexOf(fromUtf8(marked));
  return {
    code: 'DV999',
    rule: 'a-rule',
    severity: 'error',
    message: 'Something is wrong',
    place: { source, span: { start, end: start + fromUtf8(marked).length } },
    dovecot: null,
    related: [],
    help: '',
    fixes: [],
    ...more,
  };
}

const plain = {
  colours: coloursFor('never', {}, false),
  columns: 100,
  showSecrets: false,
  wraps: false,
  all: false,
};

function framed(diagnostic: Diagnostic, columns = 100): string[] {
  const report = { version: '2.3.19.1' as const, files: ['dovecot.conf'], diagnostics: [diagnostic] };
  return textReport(report, { ...plain, columns }).split('\n');
}

describe('the text report', () => {
  test('breaks long sentences between words on a terminal, with the rest indented', () => {
    const diagnostic = diagnosticAt('  skip = notfound\n', 'notfound', {
      message: 'This is a sentence of some length that does not fit on a narrow terminal',
      help: 'And this is advice of some length that does not fit there either.',
    });
    const report = { version: '2.3.19.1' as const, files: ['dovecot.conf'], diagnostics: [diagnostic] };
    const lines = textReport(report, { ...plain, columns: 50, wraps: true }).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'dovecot.conf:1:10: error: This is a sentence of',
      '    some length that does not fit on a narrow',
      '    terminal [DV999 a-rule]',
    ]);
    expect(lines.slice(5, 7)).toEqual([
      '    = help: And this is advice of some length that',
      '      does not fit there either.',
    ]);
  });

  test('shows five of more than twenty findings of one rule in one file and says how many are left', () => {
    const source = new Source('dovecot.conf', 'a = b\n'.repeat(30));
    const diagnostics = Array.from({ length: 30 }, (_, line) => ({
      ...diagnosticAt('a = b\n', 'a'),
      place: { source, span: { start: line * 6, end: line * 6 + 1 } },
    }));
    const report = { version: '2.3.19.1' as const, files: ['dovecot.conf'], diagnostics };
    const text = textReport(report, plain);
    expect(text.match(/^dovecot\.conf:/gm)).toHaveLength(5);
    expect(text).toContain('... and 25 more of DV999 a-rule in dovecot.conf; --all shows them.');
    expect(text).toContain('30 errors in 1 file');
    expect(textReport(report, { ...plain, all: true }).match(/^dovecot\.conf:/gm)).toHaveLength(30);
    const few = { ...report, diagnostics: diagnostics.slice(0, 20) };
    expect(textReport(few, plain).match(/^dovecot\.conf:/gm)).toHaveLength(20);
  });

  test('shows place, message, rule, the line, Dovecot’s words and the help', () => {
    const lines = framed(
      diagnosticAt('a = b\n  skip = notfound\n', 'notfound', {
        dovecot: { message: 'Invalid value: notfound', stage: 'doveconf' },
        help: 'Remove the line.',
      }),
    );
    expect(lines).toEqual([
      'dovecot.conf:2:10: error: Something is wrong [DV999 a-rule]',
      '  2 |   skip = notfound',
      '    |          ^^^^^^^^',
      '    = doveconf says: Invalid value: notfound',
      '    = help: Remove the line.',
      '',
      '1 error in 1 file (Dovecot 2.3.19.1).',
      '',
    ]);
  });

  test('puts the underline right behind tabs', () => {
    expect(framed(diagnosticAt('\tkey =\tvalue\n', 'value')).slice(1, 3)).toEqual([
      '  1 |     key =   value',
      '    |             ^^^^^',
    ]);
  });

  test('counts wide and combining characters as a terminal does', () => {
    expect(framed(diagnosticAt('k = 日本 e\u0301 x\n', 'x')).slice(1, 3)).toEqual([
      '  1 | k = 日本 e\u0301 x',
      '    |            ^',
    ]);
  });

  test('columns in the heading count UTF-16 units', () => {
    expect(framed(diagnosticAt('k = 😀 x\n', 'x'))[0]).toContain('dovecot.conf:1:8:');
  });

  test('shows a window of a long line', () => {
    const lines = framed(diagnosticAt(`k = ${'a'.repeat(300)}HERE${'b'.repeat(300)}\n`, 'HERE'), 60);
    const at = lines[1]?.indexOf('HERE') ?? -1;
    expect(lines[1]?.length).toBeLessThanOrEqual(60);
    expect(lines[2]?.indexOf('^^^^')).toBe(at);
    expect(lines[2]?.trimEnd().endsWith(`|${' '.repeat(at - 5)}^^^^`)).toBe(true);
  });

  test('makes control characters of a file visible instead of sending them to the terminal', () => {
    const text = framed(diagnosticAt('k = \x1b[31mred\n', 'red')).join('\n');
    expect(text).not.toContain('\x1b');
    expect(text).toContain('␛[31mred');
  });

  test('does not show passwords', () => {
    const lines = framed(diagnosticAt('connect = host=a password=secret dbname=b\n', 'host=a'));
    expect(lines[1]).toBe('  1 | connect = host=a password=****** dbname=b');
  });

  test('says that nothing was found', () => {
    const report = { version: '2.4.1' as const, files: ['a', 'b'], diagnostics: [] };
    expect(textReport(report, plain)).toBe('No problems in 2 files (Dovecot 2.4.1).\n');
  });

  test('colours only when asked', () => {
    const report = { version: '2.4.1' as const, files: ['a'], diagnostics: [diagnosticAt('k = x\n', 'x')] };
    expect(textReport(report, plain)).not.toContain('\x1b[');
    expect(textReport(report, { ...plain, colours: coloursFor('always', {}, false) })).toContain(
      '\x1b[31merror',
    );
  });
});

describe('whether there are colours', () => {
  test.each([
    ['auto', {}, true, 1],
    ['auto', {}, false, 0],
    ['auto', { NO_COLOR: '1' }, true, 0],
    ['auto', { NO_COLOR: '' }, true, 1],
    ['auto', { FORCE_COLOR: '1' }, false, 1],
    ['auto', { FORCE_COLOR: '0' }, true, 0],
    ['auto', { TERM: 'dumb' }, true, 0],
    ['never', { FORCE_COLOR: '1' }, true, 0],
    ['always', { NO_COLOR: '1' }, false, 1],
  ] as const)('--color %s with %j on a terminal: %s', (choice, environment, isTty, level) => {
    expect(coloursFor(choice, environment, isTty).red('x') === 'x').toBe(level === 0);
  });
});

test('the compact report has one line a finding', () => {
  const diagnostics = [
    diagnosticAt('a\nkey = x\n', 'x'),
    diagnosticAt('k', 'k', { place: null, severity: 'info' }),
  ];
  expect(compactReport({ version: '2.4.1', files: [], diagnostics })).toBe(
    'dovecot.conf:2:7: error: Something is wrong [DV999]\ndvproxy: info: Something is wrong [DV999]\n',
  );
});

test('the JSON report gives lines and columns from 1 and offsets in bytes', () => {
  const diagnostics = [
    diagnosticAt('ä = 1\nk = 😀x\n', 'x', { dovecot: { message: fromUtf8('ä'), stage: 'runtime' } }),
  ];
  const document = JSON.parse(jsonReport({ version: '2.4.1', files: ['dovecot.conf'], diagnostics }));
  expect(document).toEqual({
    schema: 1,
    dovecot: '2.4.1',
    files: ['dovecot.conf'],
    diagnostics: [
      {
        code: 'DV999',
        rule: 'a-rule',
        severity: 'error',
        message: 'Something is wrong',
        help: '',
        file: 'dovecot.conf',
        range: { start: { line: 2, column: 7, offset: 15 }, end: { line: 2, column: 8, offset: 16 } },
        dovecot: { message: 'ä', stage: 'runtime' },
        related: [],
        fixes: [],
      },
    ],
    summary: { errors: 1, warnings: 0, infos: 0 },
  });
});
