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
  series: '2.3',
  clientId: '',
  scope: '',
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

const RULES_24 = { ...RULES, series: '2.4', clientId: 'me', scope: 'mail,Send' } as const;
const CLAIMS_24 = {
  ...CLAIMS,
  aud: ['me', 'you'],
  scope: 'send mail x',
  deep: { a: { b: true }, list: ['x', 'y'] },
};

test('2.4 names members of members, and takes lists apart at tabs', async () => {
  const fields = await validateJwt(token(CLAIMS_24, { typ: 'at+jwt' }), RULES_24);
  expect(Object.fromEntries(fields)).toMatchObject({
    aud: 'me\tyou',
    deep_a_b: 'true',
    deep_list: 'x\ty',
    list: '1',
  });
});

test.each([
  ['client_id set but aud is missing', { ...CLAIMS_24, aud: undefined }],
  ['client_id not found in aud field', { ...CLAIMS_24, aud: 'other' }],
  ['scope set but not found in token', { ...CLAIMS_24, scope: undefined }],
  ["configured scope 'mail,Send' missing from token scope 'mail'", { ...CLAIMS_24, scope: 'mail' }],
])('2.4: %s', async (message, claims) => {
  await expect(validateJwt(token(claims), RULES_24)).rejects.toThrow(message);
});
