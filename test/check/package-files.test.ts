import { describe, expect, test } from 'vitest';
import { check } from '../../src/check/runner.js';
import { loadConfig } from '../../src/config/load.js';

const PACKAGE = '/usr/share/dovecot/protocols.d/imapd.protocol';

function findings(main: string) {
  const files: Readonly<Record<string, string>> = {
    '/etc/dovecot/dovecot.conf': main,
    [PACKAGE]: 'protocols = $protocols imap\n',
  };
  const config = loadConfig({
    path: '/etc/dovecot/dovecot.conf',
    host: {
      readFile: (path) => Buffer.from(files[path] ?? ''),
      glob: (pattern) => (pattern.includes('protocols.d') ? [PACKAGE] : []),
      isDirectory: () => false,
      environment: {},
    },
  });
  return check(config).map(({ code, place }) => `${code} ${place?.source.realPath}`);
}

describe('files of the installed package', () => {
  const include = '!include_try /usr/share/dovecot/protocols.d/*.protocol\n';

  test('of 2.3 are no fault of a 2.4 configuration', () => {
    const found = findings(
      `dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\nprotocols = pop3\n${include}`,
    );
    expect(found.filter((one) => /DV218|DV706|share/.test(one))).toEqual([]);
  });

  test('carry no finding themselves: what they bring about stands at the include', () => {
    expect(findings(include)).toContain('DV309 /etc/dovecot/dovecot.conf');
  });
});
