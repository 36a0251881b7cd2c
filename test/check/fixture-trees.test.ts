import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runIn } from '../docs/console.js';

const GUIDE = 'dvproxy check --map /etc/dovecot=fixtures/guide';
const WIKI = 'dvproxy check --map /usr/local/etc/dovecot=fixtures/wiki';

/** `UPDATE_EXAMPLES=1` writes the expected files anew, to be read as a diff. */
const UPDATE = process.env['UPDATE_EXAMPLES'] === '1';

describe('a configuration with the mistakes of its original', () => {
  test.each([
    [`${GUIDE}/as-written/proxy fixtures/guide/as-written/proxy/dovecot.conf`, 'guide/as-written/proxy'],
    [
      `${GUIDE}/as-written/backend fixtures/guide/as-written/backend/dovecot.conf`,
      'guide/as-written/backend',
    ],
    [
      `${WIKI}/as-written/password-forwarding fixtures/wiki/as-written/password-forwarding/dovecot.conf`,
      'wiki/as-written/password-forwarding',
    ],
    [
      `${WIKI}/as-written/proxy-maybe fixtures/wiki/as-written/proxy-maybe/dovecot.conf`,
      'wiki/as-written/proxy-maybe',
    ],
  ])('%s finds what the file beside it says', async (command, name) => {
    const { text, exitCode } = await runIn('.', `${command} --format compact`);
    const path = `fixtures/${name}.expected.txt`;
    if (UPDATE) writeFileSync(path, text);
    expect(text).toBe(readFileSync(path, 'utf8'));
    expect(exitCode).toBe(1);
  });
});

describe('a corrected configuration', () => {
  test.each([
    `${GUIDE}/corrected/proxy fixtures/guide/corrected/proxy/dovecot.conf`,
    `${GUIDE}/corrected/backend fixtures/guide/corrected/backend/dovecot.conf`,
    `${WIKI}/corrected/password-forwarding fixtures/wiki/corrected/password-forwarding/dovecot.conf`,
    `${WIKI}/corrected/proxy-maybe fixtures/wiki/corrected/proxy-maybe/dovecot.conf`,
  ])('%s is silent', async (command) => {
    const { text, exitCode } = await runIn('.', `${command} --fail-on info`);
    expect(text).toMatch(/^No problems in /);
    expect(exitCode).toBe(0);
  });
});
