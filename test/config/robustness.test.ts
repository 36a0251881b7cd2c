import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomConfig23 } from './dovecot-2.3/random-config.js';
import { loadText } from './dovecot-2.3/table-host.js';

describe('any text', () => {
  test('of bytes is read without an exception, and its problems have places', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const config = loadText(Buffer.from(bytes).toString('latin1'));
        for (const problem of config.problems) expect(problem.place).not.toBeNull();
        config.effective.auth();
        config.effective.listeners();
      }),
    );
  });

  test('cut off anywhere is read without an exception', () => {
    fc.assert(
      fc.property(randomConfig23, fc.double({ min: 0, max: 1, noNaN: true }), (text, part) => {
        const config = loadText(text.slice(0, Math.floor(text.length * part)));
        expect(config.trees).toHaveLength(1);
        config.effective.login({ protocol: 'imap', localIp: '10.0.0.1' });
      }),
    );
  });
});
