import { describe, expect, test } from 'vitest';
import type { Mechanism, MechanismEnvironment } from '../../../src/auth/sasl/mechanism.js';
import { createMechanism, MECHANISM_NAMES } from '../../../src/auth/sasl/mechanisms.js';
import { cramMd5Context, digest, digestMd5 as digestOf, hmacMd5Hex } from '../../../src/passwords/digests.js';
import { digestMd5, scram } from './sasl-clients.js';

function environment(random: string, series: '2.3' | '2.4' = '2.4'): MechanismEnvironment {
  return {
    series,
    realms: ['elwood.innosoft.com'],
    system: {
      hostname: 'postoffice.reston.mci.net',
      now: () => 697170952_000,
      randomBytes: () => Buffer.from(random, 'latin1'),
    },
    isOwnChallenge: (challenge) => challenge === '<1896.697170952@dbc.mtview.ca.us>',
  };
}

function mechanism(name: string, random = '', series: '2.3' | '2.4' = '2.4'): Mechanism {
  const made = createMechanism(name, environment(random, series));
  if (made === null) throw new Error(`no ${name}`);
  return made;
}

/** Random bytes that become this nonce. */
function nonceBytes(nonce: string): string {
  return [...nonce].map((character) => String.fromCharCode(character.charCodeAt(0) - 33)).join('');
}

describe('CRAM-MD5', () => {
  test('takes the digest of RFC 2195', () => {
    const challenge = '<1896.697170952@postoffice.reston.mci.net>';
    const expected = 'b913a602c7eda7a495b4e6e7334d3890';
    expect(hmacMd5Hex(cramMd5Context('tanstaaftanstaaf'), challenge)).toBe(expected);
  });

  test('asks with sixteen digits, the time and the host name', () => {
    expect(mechanism('CRAM-MD5', '\x00\x0b\x16').start('ignored')).toEqual({
      kind: 'challenge',
      data: '<012.697170952@postoffice.reston.mci.net>',
    });
  });

  test('splits the response at its last space', () => {
    const asked = mechanism('CRAM-MD5');
    asked.start(null);
    expect(asked.next('tim smith b913')).toMatchObject({
      identity: { user: 'tim smith' },
      scheme: 'CRAM-MD5',
    });
    expect(asked.next(' b913')).toMatchObject({ kind: 'failed', log: { text: 'missing digest' } });
  });

  test('digests longer challenges as OpenSSL does', () => {
    for (const length of [0, 1, 54, 55, 56, 63, 64, 65, 119, 200]) {
      const text = 'x'.repeat(length);
      const key = 'k'.repeat(100);
      const inner = digest('md5', [...padded(key)].map((c) => String.fromCharCode(c ^ 0x36)).join('') + text);
      const outer = [...padded(key)].map((c) => String.fromCharCode(c ^ 0x5c)).join('') + inner;
      expect(hmacMd5Hex(cramMd5Context(key), text)).toBe(
        Buffer.from(digest('md5', outer), 'latin1').toString('hex'),
      );
    }
  });
});

function padded(key: string): Buffer {
  const block = Buffer.alloc(64);
  block.write(digest('md5', key), 'latin1');
  return block;
}

describe('DIGEST-MD5', () => {
  const chris = {
    user: 'chris',
    password: 'secret',
    realm: 'elwood.innosoft.com',
    uri: 'imap/elwood.innosoft.com',
  };

  test('the client of these tests answers as RFC 2831 section 4 does', () => {
    const response = digestMd5(chris)('realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth"');
    expect(response).toContain('response=d388dad90d4bbd760a152321f2143af7');
  });

  test('offers the realms, and takes a right answer to its nonce', () => {
    const asked = mechanism('DIGEST-MD5', '0123456789abcdef');
    const first = asked.start(null);
    const data =
      'realm="elwood.innosoft.com",nonce="MDEyMzQ1Njc4OWFiY2RlZg==",qop="auth",charset="utf-8",algorithm="md5-sess"';
    expect(first).toEqual({ kind: 'challenge', data });
    expect(asked.next(digestMd5(chris)(data))).toMatchObject({
      kind: 'credentials',
      identity: { user: 'chris@elwood.innosoft.com' },
    });
    const stored = digestOf('chris@elwood.innosoft.com', 'secret');
    expect(asked.credentials?.(stored)).toMatchObject({ kind: 'proved' });
    expect(asked.credentials?.(digestOf('chris', 'secret'))).toMatchObject({ kind: 'refuted' });
  });
});

describe.each([
  {
    name: 'SCRAM-SHA-1',
    hash: 'sha1',
    rfc: 'RFC 5802 section 5',
    client: 'fyko+d2lbbFgONRv9qkxdawL',
    server: '3rfcNHYJY1ZVvWVs7j',
    salt: 'QSXCR+Q6sek8bf92',
    storedKey: '6dlGYMOdZcOPutkcNY8U2g7vK9Y=',
    serverKey: 'D+CSWLOshSulAsxiupA+qs2/fTE=',
    proof: 'v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    verifier: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    name: 'SCRAM-SHA-256',
    hash: 'sha256',
    rfc: 'RFC 7677 section 3',
    client: 'rOprNGfwEbeRWgbNEkqO',
    server: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    storedKey: 'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=',
    serverKey: 'wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    proof: 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    verifier: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
] as const)('$name', (vector) => {
  test(`has the conversation of ${vector.rfc}`, () => {
    const { client, server, salt, storedKey, serverKey, proof, verifier } = vector;
    const asked = mechanism(vector.name, nonceBytes(server));
    expect(asked.start(`n,,n=user,r=${client}`)).toMatchObject({
      kind: 'credentials',
      identity: { user: 'user', authorizationId: null },
      scheme: vector.name,
    });
    const first = `r=${client}${server},s=${salt},i=4096`;
    expect(asked.credentials?.(`4096,${salt},${storedKey},${serverKey}`)).toEqual({
      kind: 'challenge',
      data: first,
    });
    const final = `c=biws,r=${client}${server},p=${proof}`;
    expect(scram(vector.hash, 'user', 'pencil', { nonce: client }).final(first)).toBe(final);
    expect(asked.proof?.(final)).toEqual({ kind: 'proved', data: verifier });
  });
});

describe('APOP', () => {
  const answer = (challenge: string, digestHex: string) =>
    `${challenge}\0mrose\0${Buffer.from(digestHex, 'hex').toString('latin1')}`;
  const challenge = '<1896.697170952@dbc.mtview.ca.us>';

  test('takes the digest of RFC 1939 section 7', () => {
    const asked = mechanism('APOP');
    const right = answer(challenge, 'c4c9334bac560ecc979e58001b3e22fb');
    expect(asked.start(right)).toMatchObject({
      kind: 'credentials',
      identity: { user: 'mrose' },
      scheme: 'PLAIN',
    });
    expect(asked.credentials?.('tanstaaf')).toEqual({ kind: 'proved', data: '' });
    expect(asked.credentials?.('other')).toEqual({ kind: 'refuted', log: null });
  });

  test.each([
    [null, 'no initial response'],
    ['', 'no initial response'],
    ['x', 'malformed data'],
    [`${challenge}\0mrose`, 'malformed data'],
    [`${challenge}\0mrose\0short`, 'malformed data'],
    [answer('<1.2@other>', '00'.repeat(16)), 'invalid challenge'],
  ])('refuses %j', (initial, text) => {
    expect(mechanism('APOP').start(initial)).toMatchObject({ kind: 'failed', log: { text } });
  });
});

describe('what clients are told of a refused token', () => {
  const answer = (passdbResult: string) => ({ result: 'fail', passdbResult }) as never;

  test('2.3 explains a password that does not fit', () => {
    expect(mechanism('XOAUTH2', '', '2.3').failureReply?.(answer('password_mismatch'))).toBe(
      '{"status":"401","schemes":"bearer","scope":"mail"}',
    );
    expect(mechanism('OAUTHBEARER', '', '2.3').failureReply?.(answer('user_unknown'))).toBe(
      '{"status":"invalid_token"}',
    );
    expect(mechanism('OAUTHBEARER', '', '2.3').failureReply?.(answer('ok'))).toBeNull();
  });

  test('2.4 says which failure it is', () => {
    expect(mechanism('XOAUTH2').failureReply?.(answer('user_disabled'))).toBe(
      '{"schemes":"bearer","status":"403","scope":"mail","openid-configuration":""}',
    );
    expect(mechanism('OAUTHBEARER').failureReply?.(answer('internal_failure'))).toBe(
      '{"status":"internal_failure","scope":"mail","openid-configuration":""}',
    );
  });
});

test('an unknown mechanism is none', () => {
  expect(createMechanism('NTLM', environment(''))).toBeNull();
  expect(createMechanism('constructor', environment(''))).toBeNull();
  expect(MECHANISM_NAMES).toHaveLength(11);
});
