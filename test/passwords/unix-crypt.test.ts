import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fromUtf8 } from '../../grammar/bytes.js';
import { crypt } from '../../src/passwords/unix-crypt/crypt.js';

const { hashes }: { hashes: [password: string, setting: string, hash: string | null][] } = JSON.parse(
  readFileSync(new URL('../../fixtures/passwords/crypt.json', import.meta.url), 'utf8'),
);

test('crypt() gives what libxcrypt gives', async () => {
  for (const [password, setting, expected] of hashes) {
    const outcome = await crypt(fromUtf8(password), fromUtf8(setting));
    const refused = expected === null || expected.startsWith('*');
    expect({ setting, outcome }).toEqual({
      setting,
      outcome: refused ? { kind: 'refused' } : { kind: 'hash', text: expected },
    });
  }
});

test('methods that are not known are told', async () => {
  expect(await crypt('x', '$y$j9T$abc$def')).toEqual({ kind: 'unsupported', method: '$y$' });
});
