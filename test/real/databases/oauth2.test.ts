import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dialogueWithDovecot, dialogueWithOurs } from '../auth/sasl-dialogue.js';
import { dovecotMissing, saidOf, startDovecotAuth } from '../servers/dovecot-auth.js';
import { type FakeOauth2, startFakeOauth2 } from '../servers/fake-oauth2.js';

const required = process.env['CI'] === 'true';
const missing = dovecotMissing('2.3.19.1');
if (missing !== null) console.log(`skipped: ${missing}`);

const TOKENS = [
  'good',
  'inactive',
  'other',
  'noname',
  'error',
  'denied',
  'broken',
  'list',
  'nothing',
  'scope',
  'odd & strange/=',
];
const SECRET = Buffer.from('a secret of thirty-two bytes or so');
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const NOW = Math.floor(Date.now() / 1000);

function jwt(claims: object, header: object = {}, secret: Buffer = SECRET): string {
  const signed = `${base64({ typ: 'JWT', alg: 'HS256', ...header })}.${base64(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function rsaJwt(claims: object): string {
  const signed = `${base64({ typ: 'JWT', alg: 'RS256', kid: 'rsa' })}.${base64(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
}

const CLAIMS = { sub: 'x', email: 'ann', exp: NOW + 3600, iss: 'us', deep: { host: '192.0.2.7' } };
const JWTS: Readonly<Record<string, string>> = {
  good: jwt(CLAIMS),
  rsa: rsaJwt(CLAIMS),
  'wrong signature': jwt(CLAIMS, {}, Buffer.from('x')),
  'no key': jwt(CLAIMS, { kid: 'none' }),
  'path in key': jwt(CLAIMS, { kid: '../x' }),
  'empty key': jwt(CLAIMS, { kid: '' }),
  'no type': jwt(CLAIMS, { typ: 'x' }),
  algorithm: jwt(CLAIMS, { alg: 'none' }),
  expired: jwt({ ...CLAIMS, exp: NOW - 10 }),
  'no exp': jwt({ ...CLAIMS, exp: undefined }),
  'bad exp': jwt({ ...CLAIMS, exp: 'tomorrow' }),
  early: jwt({ ...CLAIMS, nbf: NOW + 600 }),
  future: jwt({ ...CLAIMS, iat: NOW + 600 }),
  'no sub': jwt({ ...CLAIMS, sub: undefined }),
  'other issuer': jwt({ ...CLAIMS, iss: 'them' }),
  'no issuer': jwt({ ...CLAIMS, iss: undefined }),
  'other user': jwt({ ...CLAIMS, email: 'bob' }),
  'no token': 'abc',
  'three parts': 'a.b.c',
};

const LOCAL_24 = `oauth2_introspection_mode = local
oauth2_issuers = us
oauth2_local_validation {
  dict fs {
    fs posix {
      prefix = @DIR@/keys/
    }
  }
}
oauth2 {
  fields {
    seen = %{user} %{oauth2:deep_host}
  }
}
`;
const KEYS = {
  'keys/default/HS256/default': SECRET.toString('base64'),
  'keys/default/RS256/rsa': publicKey.export({ type: 'spki', format: 'pem' }).toString(),
};
const MECHANISMS =
  'auth_mechanisms = plain xoauth2 oauthbearer\npassdb static {\n  fields {\n    nopassword = y\n    late = 1\n  }\n}\n';

const missing24 = dovecotMissing('2.4.1');
if (missing24 !== null) console.log(`skipped: ${missing24}`);

describe.skipIf(missing24 !== null && !required)('oauth2 of 2.4 answers as real Dovecot does', () => {
  let server: FakeOauth2;
  beforeAll(async () => {
    server = await startFakeOauth2();
  });
  afterAll(() => server?.stop());

  const exchanges: Readonly<
    Record<string, (url: string) => { readonly config: string; readonly tokens: readonly string[] }>
  > = {
    'introspection, auth': (url) => ({
      config: `oauth2_introspection_mode = auth\noauth2_introspection_url = ${url}/introspect\noauth2_active_attribute = active\noauth2_active_value = true\noauth2 {\n  fields {\n    host = %{oauth2:host | default('none')}\n    n = %{oauth2:number}\n  }\n}\n`,
      tokens: TOKENS,
    }),
    'introspection, get': (url) => ({
      config: `oauth2_introspection_mode = get\noauth2_introspection_url = ${url}/introspect?token=\noauth2_client_id = me\noauth2_client_secret = se&cret\n`,
      tokens: TOKENS,
    }),
    'introspection, post, with a scope': (url) => ({
      config: `oauth2_introspection_mode = post\noauth2_introspection_url = ${url}/introspect\noauth2_scope = mail\n`,
      tokens: TOKENS,
    }),
    tokeninfo: (url) => ({
      config: `oauth2_introspection_mode = auth\noauth2_tokeninfo_url = ${url}/info?token=\noauth2_introspection_url = ${url}/introspect\noauth2_force_introspection = yes\n`,
      tokens: TOKENS,
    }),
    'tokeninfo alone, a format, an address of the provider': (url) => ({
      config: `oauth2_introspection_mode = auth\noauth2_tokeninfo_url = ${url}/info?token=\noauth2_username_validation_format = %{user | lower}\noauth2_openid_configuration_url = https://id.example/\n`,
      tokens: ['good', 'other', 'denied'],
    }),
    'nobody listens': () => ({
      config: 'oauth2_introspection_mode = auth\noauth2_introspection_url = http://127.0.0.1:1/introspect\n',
      tokens: ['good'],
    }),
    'local validation': () => ({ config: LOCAL_24, tokens: Object.values(JWTS) }),
  };
  for (const [name, make] of Object.entries(exchanges))
    test(`tokens of XOAUTH2 and OAUTHBEARER: ${name}`, async () => {
      const { config, tokens } = make(`http://127.0.0.1:${server.port}`);
      const auth = startDovecotAuth({ version: '2.4.1', config: config + MECHANISMS, files: KEYS });
      try {
        for (const [index, token] of tokens.entries()) {
          const mechanism = index % 2 === 0 ? 'XOAUTH2' : 'OAUTHBEARER';
          const initial =
            mechanism === 'XOAUTH2'
              ? `user=ann\x01auth=Bearer ${token}\x01\x01`
              : `n,a=ann,\x01host=h\x01auth=Bearer ${token}\x01\x01`;
          const script = { name: token, mechanism, initial, answers: ['\x01'] };
          const { dialogue } = await dialogueWithOurs(auth, '2.4.1', script);
          expect
            .soft({ token, dialogue })
            .toEqual({ token, dialogue: await dialogueWithDovecot(auth, script) });
        }
      } finally {
        await auth.stop();
      }
    });

  const passwords: Readonly<Record<string, (url: string) => string>> = {
    'a password grant': (url) =>
      `oauth2_introspection_mode = auth\noauth2_introspection_url = ${url}/introspect\noauth2_grant_url = ${url}/grant\noauth2_client_id = me\noauth2_client_secret = s\noauth2 {\n  fields {\n    got = %{oauth2:access_token}\n  }\n}\n`,
    'a password grant whose token is introspected': (url) =>
      `oauth2_introspection_mode = post\noauth2_introspection_url = ${url}/introspect\noauth2_force_introspection = yes\noauth2_grant_url = ${url}/grant\noauth2_client_id = me\noauth2_client_secret = s\noauth2_scope = a mail\n`,
    'no address for grants': (url) =>
      `oauth2_introspection_mode = auth\noauth2_introspection_url = ${url}/introspect\n`,
  };
  for (const [name, make] of Object.entries(passwords))
    test(`a passdb with ${name}`, async () => {
      const config = `${make(`http://127.0.0.1:${server.port}`)}passdb oauth2 {\n}\n`;
      const auth = startDovecotAuth({ version: '2.4.1', config });
      try {
        for (const password of ['pw', 'wrong', 'odd', 'mute', 'empty', 'mac', 'soon']) {
          const ask = { user: 'ann', password };
          const real = auth.real(ask);
          const ours = saidOf(await auth.ours(ask));
          expect.soft({ ask, ...ours }).toEqual({ ask, ...real });
        }
      } finally {
        await auth.stop();
      }
    });
});

describe.skipIf(missing !== null && !required)('an oauth2 passdb of 2.3 answers as real Dovecot does', () => {
  let server: FakeOauth2;
  beforeAll(async () => {
    server = await startFakeOauth2();
  });
  afterAll(() => server?.stop());

  const FIELDS = 'pass_attrs = host=%{oauth2:host} x=%{oauth2:nosuch:none} n=%{oauth2:number} proxy=y\n';
  const cases: Readonly<
    Record<string, (url: string) => { readonly ext: string; readonly passwords: readonly string[] }>
  > = {
    'introspection, auth': (url) => ({
      ext: `introspection_mode = auth\nintrospection_url = ${url}/introspect\n${FIELDS}`,
      passwords: TOKENS,
    }),
    'introspection, get': (url) => ({
      ext: `introspection_mode = get\nintrospection_url = ${url}/introspect?token=\nclient_id = me\nclient_secret = se&cret\n${FIELDS}`,
      passwords: TOKENS,
    }),
    'introspection, post, with a scope': (url) => ({
      ext: `introspection_mode = post\nintrospection_url = ${url}/introspect\nscope = mail\n${FIELDS}`,
      passwords: TOKENS,
    }),
    tokeninfo: (url) => ({
      ext: `tokeninfo_url = ${url}/info?token=\nintrospection_url = ${url}/introspect\n${FIELDS}`,
      passwords: TOKENS,
    }),
    'password grant': (url) => ({
      ext: `use_grant_password = yes\ngrant_url = ${url}/grant\nclient_id = me\nclient_secret = s\nactive_attribute =\nactive_value =\npass_attrs = got=%{oauth2:access_token}\n`,
      passwords: ['pw', 'wrong', 'odd', 'mute', 'empty', 'mac', 'soon'],
    }),
    'nobody listens': () => ({
      ext: 'introspection_url = http://127.0.0.1:1/introspect\n',
      passwords: ['good'],
    }),
    'local validation': () => ({
      ext: 'introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix=@DIR@/keys/\nissuers = us\npass_attrs = host=%{oauth2:host}\n',
      passwords: Object.values(JWTS),
    }),
  };

  for (const [name, make] of Object.entries(cases))
    test(name, async () => {
      const { ext, passwords } = make(`http://127.0.0.1:${server.port}`);
      const auth = startDovecotAuth({
        version: '2.3.19.1',
        config: 'passdb p1 {\n  driver = oauth2\n  args = @DIR@/oauth2.ext\n}\n',
        files: {
          'oauth2.ext': ext,
          ...KEYS,
        },
      });
      try {
        for (const password of passwords) {
          const ask = { user: 'ann', password };
          const real = auth.real(ask);
          const ours = saidOf(await auth.ours(ask));
          expect.soft({ ask, ...ours }).toEqual({ ask, ...real });
        }
      } finally {
        await auth.stop();
      }
    });
});
