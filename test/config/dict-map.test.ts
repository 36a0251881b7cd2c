import { describe, expect, test } from 'vitest';
import { loadFiles } from './dovecot-2.3/table-host.js';

const SQL =
  'connect = host=localhost dbname=x\nmap {\n  pattern = priv/quota/$name\n  table = quota\n  username_field = username\n' +
  `  value_field = bytes\n  fields {\n    kind = \${uint:name}\n  }\n}\n`;
const LDAP =
  'uri = ldap://localhost\nmap {\n  pattern = priv/x\n  filter = (a=b)\n  value_attribute = v\n}\n';

const FILE = '/etc/dovecot/dict.conf.ext';

function read(kind: 'dict-sql' | 'dict-ldap', text: string) {
  return loadFiles({ '/etc/dovecot/dovecot.conf': '', [FILE]: text }).extFile(FILE, kind);
}

const messages = (kind: 'dict-sql' | 'dict-ldap', text: string) =>
  read(kind, text).problems.map(({ dovecot }) =>
    dovecot?.message.replace(`Error in configuration file ${FILE}`, 'F').replaceAll(FILE, 'F'),
  );

describe('a file of the dict process', () => {
  test('gives the values of its connection, its maps and their fields', () => {
    const file = read('dict-sql', SQL);
    expect(file.problems).toEqual([]);
    expect(file.get('connect')).toBe('host=localhost dbname=x');
    expect(file.get('map/0/table')).toBe('quota');
    expect(file.get('map/0/fields/kind')).toBe(`\${uint:name}`);
    expect(read('dict-ldap', LDAP).problems).toEqual([]);
  });

  // observed 2.3.19.1: the log of the dict process
  test.each([
    [/^connect.*\n/, '', 'F: Missing connect setting'],
    [/ {2}table.*\n/, '', 'F line 9: Missing setting: table'],
    [/ {2}value_field.*\n/, '', 'F line 9: Missing setting: value_field'],
    ['table =', 'tabel =', 'F line 4: Unknown setting: tabel'],
    [/ {2}fields[^}]*\}\n/, '', 'F line 7: Missing fields for pattern variables'],
    ['uint:name', 'uint:other', 'F line 9: Missing SQL field for variable: name'],
    ['/$name', '', 'F line 9: Unused variable: name'],
    [`= \${uint:name}`, '= name', "F line 8: Value is missing '$' for field: kind"],
    ['  fields', '  value_type = date\n  fields', 'F line 11: Invalid value in value_type'],
    [
      '  fields',
      '  value_type = int, uint\n  fields',
      "F line 11: Number of fields in value_fields doesn't match value_type",
    ],
    ['  fields', '  value_hexblob = maybe\n  fields', 'F line 7: Invalid boolean: maybe'],
    ['map {', 'mapp {', 'F line 2: Unknown section: mapp'],
    [
      '  table',
      '  inner {\n  }\n  table',
      'F line 4: Unknown section: inner (section changed in F at line 2)',
    ],
    [/$/, '}\n', "F line 11: Unexpected '}'"],
  ])('of SQL with %s as %s is refused', (old, replacement, message) => {
    expect(
      messages(
        'dict-sql',
        SQL.replace(old, () => replacement),
      )[0],
    ).toBe(message);
  });

  test.each([
    [/^uri.*\n/, '', 'F: Missing ldap uri'],
    ['= v', '= v\n  scope = all', 'F line 7: Scope must be one, base or subtree'],
    ['(a=b)', 'a=b', 'F line 6: Filter must start with ('],
    ['(a=b)', '(a=b', 'F line 6: Filter must end with )'],
    [/ {2}value_attribute.*\n/, '', 'F line 5: Missing setting: value_attribute'],
    ['map', 'timeout = x\nmap', 'F line 2: Invalid timeout value'],
    ['map', 'tls = maybe\nmap', 'F line 2: tls must be yes, try or no'],
    ['map', 'debug = x\nmap', 'F line 2: invalid debug value'],
    ['priv/x', 'priv/$x', 'F line 6: Missing attributes for pattern variables'],
    ['= v\n', '= v\n  fields {\n    a = $y\n  }\n', 'F line 8: Unused variable: y'],
  ])('of LDAP with %s as %s is refused', (old, replacement, message) => {
    expect(
      messages(
        'dict-ldap',
        LDAP.replace(old, () => replacement),
      )[0],
    ).toBe(message);
  });
});
