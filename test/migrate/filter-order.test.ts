import { describe, expect, test } from 'vitest';
import type { ConnectionFilter } from '../../src/config/effective.js';
import { load23, load24, migrateFiles } from './migrated.js';

const greeting = (filter: string, text: string) => `${filter} {\n  login_greeting = ${text}\n}\n`;

describe('a connection that several filters match', () => {
  test.each<[string, string, ConnectionFilter, string]>([
    [
      'the narrowest network',
      greeting('local 10.1.0.0/16', 'narrow') + greeting('local 10.0.0.0/8', 'wide'),
      { localIp: '10.1.2.3' },
      'narrow',
    ],
    [
      'the narrowest network behind a wider one',
      greeting('remote 10.0.0.0/8', 'wide') + greeting('remote 10.1.0.0/16', 'narrow'),
      { remoteIp: '10.1.2.3' },
      'narrow',
    ],
    [
      'the narrowest of three',
      greeting('local 10.1.2.0/24', 'c') +
        greeting('local 10.1.0.0/16', 'b') +
        greeting('local 10.0.0.0/8', 'a'),
      { localIp: '10.1.2.3' },
      'c',
    ],
    [
      'the first of two TLS names',
      greeting('local_name *.example.com', 'first') + greeting('local_name imap.example.com', 'second'),
      { localName: 'imap.example.com' },
      'first',
    ],
  ])('gets the same of 2.3 and of what became of it: %s', (_, text, filter, expected) => {
    const files = { '/etc/dovecot/dovecot.conf': text };
    expect(load23(files).effective.setting('login_greeting', filter)?.text).toBe(expected);
    const now = load24(migrateFiles(files));
    expect(now.effective.setting('login_greeting', filter)?.text).toBe(expected);
  });

  test('filters that set different things stay where they are', () => {
    const text =
      'local 10.1.0.0/16 {\n  ssl_cipher_list = HIGH\n}\nlocal 10.0.0.0/8 {\n  mail_debug = yes\n}\n';
    const { files, changes } = migrateFiles({ '/etc/dovecot/dovecot.conf': text });
    expect(files[0]?.text.endsWith(text)).toBe(true);
    expect(changes.map(({ code }) => code)).not.toContain('DV749');
  });
});
