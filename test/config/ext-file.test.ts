import { describe, expect, test } from 'vitest';
import type { ExtKind } from '../../src/config/ext-file.js';
import { loadFiles, MAIN } from './dovecot-2.3/table-host.js';

const PATH = '/etc/dovecot/db.conf.ext';

function read(kind: ExtKind, text: string | null, more: Record<string, string> = {}) {
  return loadFiles({ [MAIN]: '', [PATH]: text, ...more }).extFile(PATH, kind);
}

function errors(kind: ExtKind, text: string | null): (string | undefined)[] {
  return read(kind, text).problems.map((problem) => problem.dovecot?.message);
}

describe('external files', () => {
  test('have their values and defaults', () => {
    const file = read('sql', 'driver = mysql\nconnect = host=x \\\n\n  dbname=y\npassword_query = "a # b"\n');
    expect(file.get('connect')).toBe('host=x dbname=y');
    expect(file.get('password_query')).toBe('a # b');
    expect(file.get('default_pass_scheme')).toBe('MD5');
    expect(file.values.get('connect')?.origin).toMatchObject({ line: 4 });
    expect(file.problems).toEqual([]);
  });

  test.each<[ExtKind, string | null, string[]]>([
    ['sql', null, [`sql ${PATH}: Can't open configuration file ${PATH}: Permission denied`]],
    [
      'sql',
      'foo = 1\nk v\n}\nuserdb_warning_disable = maybe\n',
      [
        `sql ${PATH}: Error in configuration file ${PATH} line 1: Unknown setting: foo`,
        `sql ${PATH}: Error in configuration file ${PATH} line 2: Expecting '='`,
        `sql ${PATH}: Error in configuration file ${PATH} line 3: Unexpected '}'`,
        `sql ${PATH}: Error in configuration file ${PATH} line 4: Invalid boolean: maybe`,
        `sql: driver not set in configuration file ${PATH}`,
        `sql: connect string not set in configuration file ${PATH}`,
      ],
    ],
    [
      'ldap',
      'ldap_version = x\nderef = y\n',
      [
        `ldap ${PATH}: Error in configuration file ${PATH} line 1: Invalid number: x`,
        `LDAP ${PATH}: No base given`,
        `LDAP ${PATH}: No uris or hosts set`,
        `LDAP ${PATH}: Unknown deref option 'y'`,
      ],
    ],
    [
      'oauth2',
      'introspection_mode = x\n',
      [
        'oauth2: Password grant, tokeninfo, introspection URL or validation key dictionary must be given',
        "oauth2: Invalid value 'x' for introspection mode, must be on auth, get, post or local",
      ],
    ],
    [
      'dict',
      'passdb_objects = a\nfoo {\n}\nkey b.c {\n}\n',
      [
        `dict ${PATH}: Error in configuration file ${PATH} line 2: Unknown section`,
        `dict ${PATH}: Error in configuration file ${PATH} line 4: Key section names must not contain '.' (section changed in ${PATH} at line 3)`,
        "dict: passdb_objects refers to key a, which doesn't exist",
        `dict ${PATH}: Empty uri setting`,
      ],
    ],
  ])('%s: %j is refused in the words of the auth process', (kind, text, expected) => {
    expect(errors(kind, text)).toEqual(expected);
  });

  test('sections of sql, ldap and oauth2 files are skipped without a word', () => {
    const file = read('sql', 'driver = x\nconnect = y\nmap { z\n  foo = 1\n}\n');
    expect(file.problems).toEqual([]);
  });

  test('dict files have keys with their own settings', () => {
    const file = read(
      'dict',
      'uri = x\nkey passdb {\n  key = a/%u\n  format = json\n}\npassdb_fields {\n  f = v\n}\n',
    );
    expect(file.get('key/passdb/key')).toBe('a/%u');
    expect(file.get('passdb_fields/f')).toBe('v');
    expect(file.problems).toEqual([]);
  });

  test('matches of a glob are read backwards, so that the first name wins', () => {
    const file = read('sql', 'driver = x\n!include *.part\n', {
      '/etc/dovecot/1.part': 'connect = 1\n',
      '/etc/dovecot/2.part': 'connect = 2\n',
    });
    expect(file.get('connect')).toBe('1');
  });

  test('words of the environment are replaced in unquoted values', () => {
    const file = read('sql', 'driver = "$ENV:WORD"\nconnect = a $ENV:WORD b$ENV:WORD\n');
    expect(file.get('driver')).toBe('$ENV:WORD');
    expect(file.get('connect')).toBe('a from the environment b$ENV:WORD');
  });
});
