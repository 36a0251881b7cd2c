import { describe, expect, test } from 'vitest';
import { loadText, messages } from './table-host.js';

const HEAD = 'dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\n';

/** All extensions that Pigeonhole has, so that all of their settings are read. */
const ALL =
  'sieve_extensions = vacation vacation-seconds subaddress include variables enotify duplicate editheader spamtest spamtestplus virustest vnd.dovecot.environment vnd.dovecot.report\n';

describe("Sieve's start in 2.4", () => {
  test('finds nothing wrong with built-in values, so that it need not be looked at where nothing is set', () => {
    for (const version of ['2.4.1', '2.4.5'] as const)
      for (const expand of [false, true])
        expect(messages(loadText(HEAD + ALL, { version, expand }))).toEqual([]);
  });

  test('is looked at wherever one of its settings stands', () => {
    const wrong =
      'Setting sieve_variables_max_scope_count is lower than required by standards (>= 128 items)';
    for (const text of ['%s', 'local 10.0.0.1 {\n  %s}\n', 'protocol !imap {\n  %s}\n']) {
      const config = loadText(HEAD + text.replace('%s', 'sieve_variables_max_scope_count = 1\n'));
      expect(messages(config).some((message) => message.includes(wrong))).toBe(true);
    }
  });
});
