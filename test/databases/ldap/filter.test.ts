import { BerWriter, FilterParser } from 'ldapts';
import { describe, expect, test } from 'vitest';
import { BadFilter, ByteFilter } from '../../../src/databases/ldap/filter.js';
import { escapeLdap23, escapeLdap24 } from '../../../src/variables/escape.js';

function bytesOf(filter: { write(writer: BerWriter): void }): string {
  const writer = new BerWriter();
  filter.write(writer);
  return writer.buffer.toString('hex');
}

describe('a search filter', () => {
  test.each([
    '(uid=ann)',
    '(&(objectClass=person)(|(uid=ann)(mail=ann))(!(x=y)))',
    '(uid=*)',
    '(uid=a*b*c)',
    '(uid=*b)',
    '(uid=a*)',
    '(uid>=5)',
    '(uid<=5)',
    '(uid~=ann)',
    '(uid=o\\27neil \\28x\\29 \\2a)',
  ])('is written as another implementation writes it: %s', (text) => {
    expect(bytesOf(new ByteFilter(text))).toBe(bytesOf(FilterParser.parseString(text)));
  });

  test('may stand without parentheses, with blanks between its parts', () => {
    expect(bytesOf(new ByteFilter('uid=ann'))).toBe(bytesOf(new ByteFilter('(uid=ann)')));
    expect(bytesOf(new ByteFilter(' ( & (a=1) (b=2) ) '))).toBe(bytesOf(new ByteFilter('(&(a=1)(b=2))')));
  });

  test('keeps bytes that are no UTF-8', () => {
    expect(bytesOf(new ByteFilter('(u=\\ff\xfe)'))).toBe('a3070401750402fffe');
  });

  test.each(['(uid=ann', '(uid)', '(=x)', '(uid=a)(uid=b)', '(uid=\\zz)', '(!(a=1)(b=2))', '(a=b**c)', '(('])(
    'that libldap does not take is refused: %s',
    (text) => {
      expect(() => new ByteFilter(text)).toThrow(BadFilter);
    },
  );

  test.each([
    '*',
    'a)(uid=*',
    '\\',
    'a\\2a',
    '\xff\xfe',
    '\xc3\xa9',
    'x'.repeat(65_536),
    '(',
    ' ',
    '#x',
    'a\x01b',
  ])('stays one comparison whatever an escaped name holds (%#)', (name) => {
    for (const escaping of [escapeLdap23, escapeLdap24]) {
      const filter = bytesOf(new ByteFilter(`(&(objectClass=person)(uid=${escaping(name)}))`));
      expect(filter.startsWith('a0')).toBe(true);
      expect(filter.split('0403756964').length).toBe(2);
    }
  });
});
