import { describe, expect, test } from 'vitest';
import { CommandParser } from '../../../src/proxy/lmtp/command-parser.js';

function all(parser: CommandParser, text: string): unknown[] {
  parser.buffer.append(text);
  const found: unknown[] = [];
  for (let next = parser.next(false); next !== null; next = parser.next(false)) found.push(next);
  return found;
}

const BAD = { kind: 'bad' };

describe('commands of an LMTP client', () => {
  test.each([
    ['NOOP\r\n', { kind: 'command', name: 'NOOP', parameters: '' }],
    ['noop a b \t\n', { kind: 'command', name: 'NOOP', parameters: 'a b' }],
    ['\r\n', { kind: 'command', name: '', parameters: '' }],
    ['NOOP  a\r\n', BAD],
    ['NO-OP\r\n', BAD],
    ['NOOP\r\r\n', BAD],
    ['NOOP \xe4\r\n', BAD],
    ['NOOP \xc3\xa4\r\n', { kind: 'command', name: 'NOOP', parameters: '\xc3\xa4' }],
    [`NOOP ${'x'.repeat(4096)}\r\n`, { kind: 'command', name: 'NOOP', parameters: 'x'.repeat(4096) }],
    [`NOOP ${'x'.repeat(4097)}\r\n`, { kind: 'too_long' }],
  ])('%j', (text, command) => {
    expect(all(new CommandParser(), text)).toEqual([command]);
    const parser = new CommandParser();
    expect([...text].flatMap((byte) => all(parser, byte))).toEqual([command]);
  });

  test('a mistake is told before its line ends, once, and the line is forgotten', () => {
    const parser = new CommandParser();
    expect(all(parser, 'x'.repeat(33))).toEqual([BAD]);
    expect(all(parser, 'more of it'.repeat(1000))).toEqual([]);
    expect(all(parser, '\r\nNOOP\r\n')).toEqual([{ kind: 'command', name: 'NOOP', parameters: '' }]);
    expect(parser.buffer.length).toBe(0);
  });
});
