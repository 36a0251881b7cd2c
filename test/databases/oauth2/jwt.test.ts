import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { validateJwt } from '../../../src/databases/oauth2/jwt.js';

const folder = mkdtempSync(join(tmpdir(), 'dvproxy-jwt-'));
const SECRET = Buffer.from('secret of the test');
mkdirSync(join(folder, 'default/HS256'), { recursive: true });
writeFileSync(join(folder, 'default/HS256/default'), SECRET.toString('base64'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOW = 1_800_000_000;
const RULES = {
  keys: { kind: 'folder', prefix: `${folder}/` },
  issuers: [],
  now: NOW,
  mapPath: (path: string) => path,
} as const;

function token(claims: object, header: object = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ typ: 'JWT', alg: 'HS256', ...header })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

const CLAIMS = { sub: 'x', exp: NOW + 60, email: 'ann@example.com', list: [1], n: 5 };

test('a good token gives its plain members', async () => {
  expect([...(await validateJwt(token(CLAIMS), RULES))]).toEqual([
    ['sub', 'x'],
    ['exp', String(NOW + 60)],
    ['email', 'ann@example.com'],
    ['n', '5'],
  ]);
});

test.each([
  ['Not a JWT token', 'abc'],
  ['Incorrect JWT signature', `${token(CLAIMS).slice(0, -4)}AAAA`],
  ['Token has expired', token({ ...CLAIMS, exp: NOW - 1 })],
  ["Missing 'exp' field", token({ sub: 'x' })],
  ["Missing 'sub' field", token({ exp: NOW + 60 })],
  ['Token is not valid yet', token({ ...CLAIMS, nbf: NOW + 1 })],
  ["HS256 key '..%2f..%2fx' not found", token(CLAIMS, { kid: '../../x' })],
  ["Unsupported algorithm 'NONE'", token(CLAIMS, { alg: 'none' })],
])('%s', async (message, text) => {
  await expect(validateJwt(text, RULES)).rejects.toThrow(message);
});
