import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDovecotConf } from '../../grammar/dovecot-conf/parser.js';
import type { ConfTree, Setting, Statement } from '../../grammar/dovecot-conf/tree.js';
import { Source } from '../../grammar/source.js';

function parse(text: string, series: '2.3' | '2.4' = '2.3'): ConfTree {
  return parseDovecotConf(new Source('dovecot.conf', text), series);
}

/** The text of the leaves in order: every byte must come back. */
function printed(tree: ConfTree): string {
  const pieces: string[] = [];
  const stack: { list: readonly Statement[]; index: number; end: Statement | null }[] = [
    { list: tree.statements, index: 0, end: null },
  ];
  const slice = (span: { start: number; end: number }) =>
    pieces.push(tree.source.text.slice(span.start, span.end));
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const node = frame.list[frame.index++];
    if (node === undefined) {
      if (frame.end !== null) slice(frame.end.span);
      stack.pop();
    } else if (node.kind === 'section') {
      slice(node.headSpan);
      stack.push({ list: node.body, index: 0, end: node.end });
    } else slice(node.span);
  }
  return pieces.join('');
}

function onlySetting(text: string, series: '2.3' | '2.4' = '2.3'): Setting {
  const [node] = parse(text, series).statements;
  if (node?.kind !== 'setting') throw new Error(`a setting was expected: ${JSON.stringify(node)}`);
  return node;
}

describe('values', () => {
  test.each([
    ['k = a # c', 'text', 'a'],
    ['k = a#c', 'text', 'a'],
    ['k = "a # b"', 'quoted', 'a # b'],
    ["k = 'a # b'", 'quoted', 'a # b'],
    ["k = it's # b", 'text', "it's # b"],
    ['k = x"a # b"y', 'text', 'x"a # b"y'],
    ['k == a', 'text', '= a'],
    ['k =', 'text', ''],
    ['k=""', 'quoted', ''],
    ['k = "', 'quoted', ''],
    ['k = "a" "b"', 'quoted', 'a" "b'],
    ['k = "abc', 'text', '"abc'],
    ['k = "abc\'', 'text', '"abc\''],
    ['k = "a\\n\\\\b"', 'quoted', 'an\\b'],
    ['k = < file name', 'file', 'file name'],
    ['k = <<x', 'file', '<x'],
    ['k = "<x"', 'quoted', '<x'],
    ['k = $a b', 'variable', '$a b'],
    ['k = "$a"', 'quoted', '$a'],
    ['k = {', 'text', '{'],
    ['k = a\\\n  b', 'text', 'a b'],
    ['k = a \\ # c\n\tb', 'text', 'a b'],
    ['k = a\\\\\nb', 'text', 'a\\ b'],
    ['\\\nk = a', 'text', 'a'],
    ['k \\\n = a', 'text', 'a'],
    ['k = a\0b', 'text', 'a'],
    ['k = a\r\n', 'text', 'a'],
    ['k = a\rb\n', 'text', 'a\rb'],
  ])('%j is a value of form %s', (text, form, value) => {
    const node = onlySetting(text);
    expect(node.key).toBe('k');
    expect(node.value).toMatchObject({ form, text: value });
  });

  test('a continued setting has the line of its last physical line', () => {
    expect(onlySetting('k = a \\\n b \\\n c\n').line).toBe(3);
    expect(onlySetting('k = a \\\n b \\\n c').line).toBe(3);
  });

  test('2.4 takes quoted keys, and all of isspace() as white space', () => {
    expect(onlySetting('"a b" = c', '2.4').key).toBe('a b');
    expect(onlySetting('k\v=\fc\f\n', '2.4')).toMatchObject({ key: 'k', value: { text: 'c' } });
    expect(onlySetting('"k" = v').key).toBe('"k"');
    expect(onlySetting('k\f= v').key).toBe('k\f');
  });

  test('a blank or comment line throws continued text away', () => {
    const tree = parse('a = b \\\n\nc = d \\\n # x\ne = f\n');
    expect(tree.statements.map((node) => node.kind)).toEqual(['blank', 'comment', 'setting']);
    expect(tree.problems.map((problem) => [problem.kind, problem.line])).toEqual([
      ['lost-continuation', 2],
      ['lost-continuation', 4],
    ]);
  });

  test('continued text at the end of the file is pending', () => {
    expect(parse('a = b\nc = d \\').pending).toBe('c = d ');
  });
});

describe('sections', () => {
  test.each([
    ['passdb {', 'passdb', null],
    ['service imap-login {', 'service', 'imap-login'],
    ['mailbox "Sent Items"{', 'mailbox', 'Sent Items'],
    ['protocol "" {', 'protocol', ''],
    ["protocol 'imap' {", 'protocol', "'imap'"],
    ['x "a\\\\b" {', 'x', 'a\\b'],
  ])('%s opens a section', (text, key, name) => {
    expect(parse(text).statements[0]).toMatchObject({ kind: 'section', key, name, end: null });
  });

  test('2.4 groups have a label', () => {
    expect(parse('group @a b {\n}', '2.4').statements[0]).toMatchObject({
      key: 'group',
      groupLabel: '@a',
      name: 'b',
    });
  });

  test.each([
    ['k value', "Expecting '{'"],
    ['k', "Expecting '{'"],
    ['my key = v', "Expecting '{'"],
    ['{', "Expecting '{'"],
    ['protocol imap pop3 {', "Expecting '{'"],
    ['protocol imap{', "Expecting '{'"],
    ['} x', "Expecting '{'"],
    ['}}', "Expecting '{'"],
    ['};', "Expecting '{'"],
    ['protocol imap { a = b }', "Garbage after '{'"],
    ['x { y', "Garbage after '{'"],
  ])('%s is refused in Dovecot’s words and the next line is read', (text, dovecot) => {
    const tree = parse(`${text}\na = b\n`);
    expect(tree.problems.map((problem) => problem.dovecot)).toEqual([dovecot]);
    expect(tree.statements.map((node) => node.kind)).toEqual(['broken', 'setting']);
  });

  test('a closing brace without an opening one stays where it stands', () => {
    expect(parse('a {\n}\n}\n').statements.map((node) => node.kind)).toEqual(['section', 'section-end']);
  });

  test('100,000 nested sections give one clear problem', () => {
    const tree = parse(`${'a {\n'.repeat(100_000)}${'}\n'.repeat(100_000)}b = c\n`);
    expect(tree.problems.map((problem) => problem.kind)).toEqual(['nesting-too-deep']);
    expect(tree.statements.map((node) => node.kind)).toEqual(['section', 'setting']);
  });
});

describe('nothing is lost', () => {
  const fragment = fc.constantFrom(
    ...[
      'k',
      ' ',
      '\t',
      '=',
      '"',
      "'",
      '#',
      '\\',
      '\n',
      '\r\n',
      '{',
      '}',
      '\0',
      '$',
      '<',
      '!include',
      'group',
      '@a',
    ],
  );
  const texts = fc.oneof(
    fc.array(fragment, { maxLength: 60 }).map((parts) => parts.join('')),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  );

  test.each(['2.3', '2.4'] as const)('the printed tree of any text is the text (%s)', (series) => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(printed(parse(text, series))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  const piece = fc.constantFrom(
    ...[
      'k',
      'driver',
      'group',
      '!include',
      ' ',
      '  ',
      '\t',
      '\v',
      '\f',
      '\r',
      '=',
      '{',
      '}',
      '<',
      '$',
      '\\',
      '@a',
    ],
    ...['10.0.0.1', 'a b', '\x85', '-', '/', '*', ':'],
  );
  const word = fc.constantFrom('k', 'driver', 'group', '@a', '10.0.0.1', '');
  const gap = fc.constantFrom(' ', '\t ', '');
  const lines = fc.oneof(
    fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('')),
    fc.tuple(gap, word, gap, word, gap, fc.constantFrom('{', '= a', '}')).map((parts) => parts.join('')),
  );

  test.each(['2.3', '2.4'] as const)(
    'a plain line says what it says with a comment behind it (%s)',
    (series) => {
      const said = (text: string) => {
        const { statements, problems, pending } = parse(text, series);
        const nodes = statements.map((node) => {
          switch (node.kind) {
            case 'setting': {
              const { form, text: value, span } = node.value;
              return [node.kind, node.key, node.keySpan, form, value, span];
            }
            case 'section':
              return [node.kind, node.key, node.keySpan, node.name, node.nameSpan, node.groupLabel];
            case 'include':
              return [node.kind, node.optional, node.pattern, node.patternSpan];
            default:
              return node.kind === 'comment' ? 'blank' : node.kind;
          }
        });
        return { nodes, problems, pending };
      };
      fc.assert(
        fc.property(
          lines.filter((line) => !line.endsWith('\r')),
          (line) => {
            expect(said(`${line}\n`)).toEqual(said(`${line} #\n`));
          },
        ),
        { numRuns: 5000 },
      );
    },
  );

  test('line numbers of statements are those of their last physical lines', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const tree = parse(text);
        for (const node of tree.statements) {
          if (node.kind === 'setting')
            expect(node.line).toBe(tree.source.lineAt(Math.max(node.span.end - 1, node.span.start)));
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('a text of many pieces is read as one', () => {
    const block = 'passdb {\n  args = a \\\n   b\n  driver = "static" # x\n}\n';
    const tree = parse(block.repeat(20_000));
    expect(printed(tree)).toBe(tree.source.text);
    expect(tree.statements).toHaveLength(20_000);
    expect(tree.statements.at(-1)).toMatchObject({ line: 99_996 });
    expect(tree.problems).toEqual([]);
  });
});
