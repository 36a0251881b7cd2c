import { expect, test } from 'vitest';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import type { LmtpSettings } from '../../../src/proxy/lmtp/lmtp-settings.js';
import type { ClientSettings } from '../../../src/proxy/login-client.js';
import { LOGIN_PROTOCOLS, type LoginProtocol } from '../../../src/proxy/login-protocols.js';
import { recordedLmtpSettings, recordedSettings } from '../recorded-proxy.js';
import { loadTranscripts, type Transcript } from '../transcript.js';
import { Dice } from './dice.js';
import { fuzzSeed, fuzzSteps } from './fuzz-size.js';
import { RandomLmtp } from './random-lmtp.js';
import { RandomLogin } from './random-login.js';

/** Five protocols of two versions: a million together. */
const STEPS = fuzzSteps(100_000);
const MECHANISMS = [
  'PLAIN',
  'LOGIN',
  'CRAM-MD5',
  'DIGEST-MD5',
  'SCRAM-SHA-1',
  'SCRAM-SHA-256',
  'XOAUTH2',
  'APOP',
];

interface Walker {
  readonly closed: boolean;
  step(): void;
}

/** Steps of one session after the other; a mistake names the seed of its session. */
function walk(open: (dice: Dice) => Walker): void {
  let done = 0;
  let sessions = 0;
  while (done < STEPS) {
    sessions += 1;
    try {
      const walker = open(new Dice(fuzzSeed(sessions)));
      while (!walker.closed && done < STEPS) {
        walker.step();
        done += 1;
      }
    } catch (error) {
      throw new Error(`seed ${fuzzSeed(sessions)}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
}

const known = new Map<string, Transcript>();

function firstOf(protocol: LoginProtocol, version: DovecotVersion): Transcript {
  const key = `${protocol} ${version}`;
  const transcript = known.get(key) ?? loadTranscripts(protocol, version)[0];
  if (transcript === undefined) throw new Error(`no transcript of ${key}`);
  known.set(key, transcript);
  return transcript;
}

export function randomLoginSettings(
  protocol: LoginProtocol,
  version: DovecotVersion,
  dice: Dice,
): ClientSettings {
  const recorded = recordedSettings(firstOf(protocol, version));
  const mode = dice.pick(['no', 'yes', 'yes', 'required'] as const);
  return {
    ...recorded,
    mechanisms: MECHANISMS,
    login: {
      ...recorded.login,
      trustedNetworks: dice.oneIn(2) ? ['127.0.0.0/8'] : [],
      tlsServer: { ...recorded.login.tlsServer, mode },
    },
  };
}

export function randomLmtpSettings(version: DovecotVersion, dice: Dice): LmtpSettings {
  return {
    ...recordedLmtpSettings(firstOf('imap', version)),
    proxy: true,
    trustedNetworks: dice.oneIn(2) ? ['127.0.0.0/8'] : [],
    tlsMode: dice.pick(['no', 'yes', 'yes', 'required']),
    verboseReplies: dice.oneIn(2),
    deliveryAddress: dice.pick(['none', 'final', 'original']),
    whitespaceBeforePath: dice.oneIn(2),
    mailboxForPath: dice.oneIn(2),
    utf8Extensions: dice.oneIn(2),
  };
}

/** Tests for a whole file: files run side by side. */
export function randomSessionTests(version: DovecotVersion): void {
  test.each(LOGIN_PROTOCOLS)(
    '%s',
    (protocol) => {
      const seen = new Set<string>();
      walk((dice) => new RandomLogin(protocol, randomLoginSettings(protocol, version, dice), dice, seen));
      expect([...seen].sort()).toEqual(
        expect.arrayContaining(['relay', 'sasl_continue', 'start_backend_tls']),
      );
    },
    fuzzSteps(120_000),
  );

  test(
    'lmtp',
    () => {
      const seen = new Set<string>();
      walk((dice) => new RandomLmtp(randomLmtpSettings(version, dice), dice, seen));
      expect([...seen].sort()).toEqual(
        expect.arrayContaining(['send_message', 'store', 'start_backend_tls']),
      );
    },
    fuzzSteps(120_000),
  );
}
