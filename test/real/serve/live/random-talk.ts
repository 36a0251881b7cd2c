import fc from 'fast-check';
import type { LoginProtocol } from '../../../../src/proxy/login-protocols.js';
import type { Behind, LiveCase, NETWORKS, Step } from './case.js';
import { imapBehind } from './imap-cases.js';
import { pop3Behind } from './pop3-cases.js';
import { CONTINUED, LINES, mechanism } from './random-words.js';
import { sieveBehind } from './sieve-cases.js';
import { submissionBehind } from './submission-cases.js';

/** Silence of so many milliseconds is an answer as well: a command may want more before it says anything. */
const SILENCE_MS = 600;

/** Bytes in one write, or in several. */
function written(text: string, cuts: readonly number[]): Step {
  const places = [...new Set(cuts.map((cut) => cut % Math.max(1, text.length)))].sort((a, b) => a - b);
  return { pieces: [0, ...places].map((from, index) => text.slice(from, places[index])) };
}

const UPGRADES: Readonly<Record<LoginProtocol, string>> = {
  imap: 's STARTTLS\r\n',
  pop3: 'STLS\r\n',
  submission: 'STARTTLS\r\n',
  sieve: 'STARTTLS\r\n',
};

const GOODBYES: Readonly<Record<LoginProtocol, string>> = {
  imap: 'z LOGOUT\r\n',
  pop3: 'QUIT\r\n',
  submission: 'QUIT\r\n',
  sieve: 'LOGOUT\r\n',
};

const LOGINS: Readonly<Record<LoginProtocol, readonly Step[]>> = {
  imap: ['l LOGIN @USER@ pass'],
  pop3: ['USER @USER@', 'PASS pass'],
  submission: ['EHLO me', 'AUTH PLAIN @PLAIN@'],
  sieve: ['AUTHENTICATE "PLAIN" "@PLAIN@"'],
};

const FROM: fc.Arbitrary<keyof typeof NETWORKS> = fc.constantFrom(
  'any',
  'any',
  'trusted',
  'private',
  'encrypted',
);
const LINE_END = fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r\r\n');

function steps(protocol: LoginProtocol): fc.Arbitrary<readonly Step[]> {
  const line = fc.tuple(fc.oneof({ weight: 3, arbitrary: LINES[protocol] }, CONTINUED[protocol]), LINE_END);
  const lines = fc
    .array(line, { minLength: 1, maxLength: protocol === 'sieve' ? 1 : 3 })
    .map((list) => list.map((two) => two.join('')).join(''));
  const cuts = fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(fc.nat(), { maxLength: 4 }));
  const single = line.map((two): readonly Step[] => [written(two.join(''), [])]);
  const several: fc.Arbitrary<readonly Step[]> = fc
    .tuple(lines, cuts)
    .map(([text, places]): readonly Step[] => [written(text, places)]);
  const upgrade = fc.constant<readonly Step[]>([{ upgrade: UPGRADES[protocol] }]);
  const exchange = fc
    .tuple(mechanism, fc.array(CONTINUED[protocol], { minLength: 1, maxLength: 3 }))
    .map(([name, answers]): readonly Step[] => {
      const begin = {
        imap: `x AUTHENTICATE ${name}`,
        sieve: `AUTHENTICATE "${name}"`,
        pop3: '',
        submission: '',
      }[protocol];
      return [begin === '' ? `AUTH ${name}` : begin, ...answers].map((text) => written(`${text}\r\n`, []));
    });
  const login = fc.constant(LOGINS[protocol]);
  const one = fc.oneof(
    { weight: 6, arbitrary: single },
    { weight: 3, arbitrary: several },
    { weight: 1, arbitrary: upgrade },
    { weight: 3, arbitrary: exchange },
    { weight: 1, arbitrary: login },
  );
  return fc.array(one, { minLength: 1, maxLength: 6 }).map((list) => list.flat());
}

const BACKENDS: Readonly<Record<LoginProtocol, () => Behind>> = {
  imap: imapBehind,
  pop3: pop3Behind,
  submission: submissionBehind,
  sieve: sieveBehind,
};

/** Behind a login the client may still ask for TLS, and would have it with the backend. */
function withoutTls(behind: Behind): Behind {
  const answer: Behind['answer'] = (...asked) => {
    const answered = behind.answer(...asked);
    return typeof answered !== 'string' && answered.next === 'tls' ? 'no\r\n' : answered;
  };
  return { ...behind, answer };
}

/** The longest line that a real submission-login survives in any state: behind longer ones it may answer nothing more. */
const MAX_LINE = 6000;
/** The same for what answers managesieve-login. */
const MAX_STRING = 900;

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}\r\n`;
}

/**
 * Leaves out what a real login process never answers, or answers otherwise from one time to the next: what is behind a
 * response of submission-login's that is no text, a second AUTHENTICATE of managesieve-login's without an initial
 * response, which it takes for an empty one, and lines whose end comes in two parts.
 */
function withoutStalls(protocol: LoginProtocol, spoken: readonly Step[]): readonly Step[] {
  let authenticates = 0;
  return spoken.map((step) => {
    if (typeof step === 'string' || !('pieces' in step)) return step;
    const text = step.pieces.join('');
    const usual =
      step.pieces.length === 1 ? step : { pieces: step.pieces.map((piece) => piece.replaceAll('\r', '')) };
    if (/AUTH/i.test(text)) authenticates += 1;
    if (protocol === 'submission') {
      const plain = authenticates === 0 ? text : text.replace(/[^\t\n\r -~]/g, '?').replaceAll('\r\r', '\r');
      return plain === text && text.length <= MAX_LINE ? usual : { pieces: [cut(plain, MAX_LINE)] };
    }
    if (protocol !== 'sieve') return usual;
    if (!/AUTH/i.test(text)) return authenticates === 0 ? usual : { pieces: [cut(text, MAX_STRING)] };
    const initial = /AUTHENTICATE[^"\n]*"[^"\n]*"[^"\n]*"/i.test(text) && text.length <= MAX_STRING;
    return (authenticates === 1 || initial) && !text.includes('{') ? usual : { pieces: ['NOOP\r\n'] };
  });
}

/** A conversation that nobody thought of: the same seed gives the same one. */
export function randomTalk(protocol: LoginProtocol, seed: number): LiveCase {
  const talk = fc.tuple(steps(protocol), FROM).map(([drawn, from]): LiveCase => {
    const spoken = withoutStalls(protocol, drawn);
    const goodbye: Step = { farewell: GOODBYES[protocol] };
    const behind = withoutTls(BACKENDS[protocol]());
    return {
      protocol,
      from,
      behind,
      steps: ['', ...spoken, goodbye],
      silenceMs: SILENCE_MS,
      fields: 'pass=secret',
    };
  });
  const [made] = fc.sample(talk, { seed, numRuns: 1 });
  if (made === undefined) throw new Error('nothing drawn');
  return made;
}
