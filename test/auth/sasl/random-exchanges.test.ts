import { describe, expect, test } from 'vitest';
import type { MechanismStep } from '../../../src/auth/sasl/mechanism.js';
import { createMechanism, MECHANISM_NAMES } from '../../../src/auth/sasl/mechanisms.js';
import { createSaslClient } from '../../../src/proxy/sasl/sasl-client.js';
import { Dice } from '../../proxy/random/dice.js';
import { fuzzSeed, fuzzSteps } from '../../proxy/random/fuzz-size.js';
import type { Texts } from '../../proxy/random/words.js';
import { cramMd5, digestMd5, scram } from './sasl-clients.js';

const STEPS = fuzzSteps(5000);
const USER = 'joe';
const RESPONSES: Texts = [
  '',
  '\0joe\0secret',
  'other\0joe\0secret',
  USER,
  'secret',
  'n,,n=joe,r=abc',
  'n,a=other,n=joe,r=abc',
  'y,,n=j=2Coe,r=abc',
  'p=tls-unique,,n=joe,r=abc',
  'c=biws,r=abc,p=AAAA',
  'joe 0123456789abcdef0123456789abcdef',
  'username="joe",realm="x",nonce="a",nc=00000001,cnonce="b",digest-uri="imap/x",response=00,qop=auth',
  'n,a=joe,\x01auth=Bearer token\x01\x01',
  'user=joe\x01auth=Bearer token\x01\x01',
  '<1.2@host>\0joe\0aaaaaaaaaaaaaaaa',
];
const STORED: Texts = [
  '4096,c2FsdA==,c3RvcmVkc3RvcmVkc3RvcmU=,c2VydmVyc2VydmVyc2VydmU=',
  '0123456789abcdef0123456789abcdef',
  'x',
];

/** A response to a challenge: what a client would say, now and then, or anything. */
function response(dice: Dice, challenge: string): string {
  if (dice.oneIn(3)) {
    const answers = [
      cramMd5(USER, 'secret'),
      digestMd5({ user: USER, password: 'secret' }),
      // What a client computes with a count of many digits would take the test's time.
      (text: string) => (/i=\d{5}/.test(text) ? '' : scram('sha1', USER, 'secret').final(text)),
    ];
    return dice.text([answers[dice.below(answers.length)]?.(challenge) ?? '', ...RESPONSES]);
  }
  return dice.text(RESPONSES);
}

describe.each(['2.3', '2.4'] as const)('SASL exchanges with any client of %s', (series) => {
  test.each(MECHANISM_NAMES)('%s', (name) => {
    for (let done = 0, round = 0; done < STEPS; round++) {
      const dice = new Dice(fuzzSeed(round));
      const mechanism = createMechanism(name, {
        series,
        realms: ['example.com'],
        system: { hostname: 'proxy', now: () => 1e12, randomBytes: (count) => new Uint8Array(count) },
        isOwnChallenge: () => dice.oneIn(2),
      });
      if (mechanism === null) throw new Error(`no ${name}`);
      let step: MechanismStep = mechanism.start(dice.oneIn(2) ? null : response(dice, ''));
      done += 1;
      while (step.kind === 'challenge' || step.kind === 'name') {
        const challenge: string = step.kind === 'name' ? step.challenge : step.data;
        step = mechanism.next(response(dice, challenge));
        done += 1;
      }
      if (step.kind !== 'credentials') continue;
      let proof = mechanism.credentials?.(dice.text(STORED));
      for (; proof?.kind === 'challenge'; done += 1) proof = mechanism.proof?.(response(dice, proof.data));
      expect(['proved', 'refuted', undefined]).toContain(proof?.kind);
    }
  });
});

const CLIENTS = [
  'PLAIN',
  'LOGIN',
  'EXTERNAL',
  'ANONYMOUS',
  'XOAUTH2',
  'OAUTHBEARER',
  'SCRAM-SHA-1',
  'SCRAM-SHA-256',
];
const CHALLENGES: Texts = [
  '',
  'Username:',
  'Password:',
  '{"status":"invalid_token"}',
  '{"status":{}}',
  '[]',
  'r=abc,s=c2FsdA==,i=1',
  'r=abc,s=,i=0',
  'r=abc,s=c2FsdA==,i=99999999',
  'v=AAAA',
  'e=invalid-proof',
];

test.each(CLIENTS)('%s ends in front of any backend', (name) => {
  for (let done = 0, round = 0; done < STEPS; round++) {
    const dice = new Dice(fuzzSeed(round));
    const credentials = {
      authid: dice.text(['joe', 'j,o=e']),
      authzid: dice.text(['', 'other']),
      password: 'x',
    };
    const client = createSaslClient(name, credentials, (count) => new Uint8Array(count));
    if (client === null) throw new Error(`no ${name}`);
    let output = client.output();
    for (let turn = 0; turn < 6 && output.kind === 'output'; turn++) {
      const nonce = /r=([^,]*)/.exec(output.data)?.[1] ?? '';
      const challenge = dice.text([`r=${nonce}x,s=c2FsdA==,i=2`, ...CHALLENGES]);
      done += 1;
      if (client.input(challenge) !== null) break;
      output = client.output();
    }
  }
});
