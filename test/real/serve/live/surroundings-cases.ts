import type { LineAnswer } from '../../../serve/line-backend.js';
import type { Behind, LiveCase, LiveCases, Step } from './case.js';
import { IMAP_CASES } from './imap-cases.js';
import { LMTP_BACKEND_CASES } from './lmtp-backend-cases.js';
import { LMTP_COMMANDS } from './lmtp-command-cases.js';
import { LMTP_FIELD_CASES } from './lmtp-field-cases.js';
import { LMTP_FRONT_CASES } from './lmtp-front-cases.js';
import { LMTP_MESSAGES } from './lmtp-message-cases.js';
import { POP3_CASES } from './pop3-cases.js';
import { SIEVE_CASES } from './sieve-cases.js';
import { SUBMISSION_CASES } from './submission-cases.js';

type Groups = Readonly<Record<string, LiveCases>>;

/** How what a server says may come. */
const PIECES: Readonly<Record<string, (text: string) => readonly string[]>> = {
  'one byte at a time': (text) => [...text],
  'lines cut in their ends': (text) => text.split(/(?<=\r)/),
  'each line alone': (text) => text.split(/(?<=\n)/),
};

/** Conversations whose servers speak in pieces. */
function inPieces(groups: Groups, wanted: RegExp): LiveCases {
  return Object.fromEntries(
    Object.entries(groups).flatMap(([group, cases]) =>
      Object.entries(cases).flatMap(([name, live]): [string, LiveCase][] => {
        const { behind } = live;
        if (!wanted.test(`${group}: ${name}`) || behind === null || behind === undefined || behind === 'mute')
          return [];
        return Object.entries(PIECES).map(([how, pieces]) => [
          `${name}, ${how}`,
          { ...live, behind: { ...behind, pieces } },
        ]);
      }),
    ),
  );
}

function answering(greeting: string, answers: readonly (readonly [RegExp, LineAnswer | string])[]): Behind {
  return {
    greeting,
    answer: (line) => answers.find(([pattern]) => pattern.test(line))?.[1] ?? '',
  };
}

const END = (text: string): LineAnswer => ({ text, next: 'end' });

/** A login, then a command, and the end. */
const LOGINS: Readonly<Record<'imap' | 'pop3' | 'submission' | 'sieve', readonly Step[]>> = {
  imap: ['', 'a LOGIN @USER@ pass', 'b NOOP', 'c LOGOUT'],
  pop3: ['', 'USER @USER@', 'PASS pass', 'NOOP', 'QUIT'],
  submission: ['', 'EHLO x', 'AUTH PLAIN @PLAIN@', 'NOOP', 'QUIT'],
  sieve: ['', 'AUTHENTICATE "PLAIN" "@PLAIN@"', 'NOOP', 'LOGOUT'],
};

function login(protocol: keyof typeof LOGINS, more: Partial<LiveCase>): LiveCase {
  return { protocol, steps: LOGINS[protocol], ...more };
}

const CAPABLE = '"SASL" "PLAIN"\r\nOK "ready"\r\n';

/** Answers that come together, or before they are asked for. */
const EARLY: LiveCases = {
  'imap: answers to ID and LOGIN at once': login('imap', {
    behind: answering('* OK [CAPABILITY IMAP4rev1 ID] ready\r\n', [
      [/^L LOGIN/, '* ID NIL\r\nI OK done\r\nL OK [CAPABILITY IMAP4rev1] in\r\n'],
      [/NOOP/, 'b OK done\r\n'],
      [/LOGOUT/, END('* BYE bye\r\nc OK bye\r\n')],
    ]),
  }),
  'imap: the answer to LOGIN with the greeting': login('imap', {
    behind: answering('* OK [CAPABILITY IMAP4rev1] ready\r\nL OK in\r\n', [
      [/NOOP/, 'b OK done\r\n'],
      [/LOGOUT/, END('* BYE bye\r\nc OK bye\r\n')],
    ]),
  }),
  'imap: a refusal with the greeting': login('imap', {
    behind: answering('* OK [CAPABILITY IMAP4rev1] ready\r\nL NO no\r\n', []),
  }),
  'imap: two greetings': login('imap', {
    behind: answering('* OK [CAPABILITY IMAP4rev1] ready\r\n* OK again\r\n', [
      [/^L LOGIN/, 'L OK [CAPABILITY IMAP4rev1] in\r\n'],
      [/NOOP/, 'b OK done\r\n'],
      [/LOGOUT/, END('c OK bye\r\n')],
    ]),
  }),
  'pop3: all answers with the greeting': login('pop3', {
    behind: answering('+OK ready\r\n+OK\r\n+OK in\r\n', [
      [/NOOP/, '+OK\r\n'],
      [/QUIT/, END('+OK bye\r\n')],
    ]),
  }),
  'pop3: the answer to PASS with that to USER': login('pop3', {
    behind: answering('+OK ready\r\n', [
      [/^USER/, '+OK\r\n+OK in\r\n'],
      [/NOOP/, '+OK\r\n'],
      [/QUIT/, END('+OK bye\r\n')],
    ]),
  }),
  'pop3: a refusal with the greeting': login('pop3', { behind: answering('+OK ready\r\n-ERR no\r\n', []) }),
  'submission: the answer to EHLO with the greeting': login('submission', {
    behind: answering('220 ready\r\n250-x\r\n250 AUTH PLAIN\r\n', [
      [/^AUTH/, '235 2.7.0 in\r\n'],
      [/NOOP/, '250 OK\r\n'],
      [/QUIT/, END('221 bye\r\n')],
    ]),
  }),
  'submission: all answers with the greeting': login('submission', {
    behind: answering('220 ready\r\n250-x\r\n250 AUTH PLAIN\r\n235 2.7.0 in\r\n', [
      [/NOOP/, '250 OK\r\n'],
      [/QUIT/, END('221 bye\r\n')],
    ]),
  }),
  'sieve: the answer to AUTHENTICATE with the capabilities': login('sieve', {
    behind: answering(`${CAPABLE}OK "in"\r\n`, [
      [/NOOP/, 'OK\r\n'],
      [/LOGOUT/, END('OK\r\n')],
    ]),
  }),
  'sieve: a refusal with the capabilities': login('sieve', {
    behind: answering(`${CAPABLE}NO "no"\r\n`, []),
  }),
};

/** Nobody takes the connection. */
const MUTE: LiveCases = Object.fromEntries(
  (['imap', 'pop3', 'submission', 'sieve'] as const).map((protocol) => [
    `${protocol}: a connection that is never made`,
    login(protocol, { behind: 'mute', fields: 'proxy_timeout=3' }),
  ]),
);

const SELF = 'proxy proxy_no_multiplex host=127.0.0.1 port=@SELF@';
/** The proxy believes what it says to itself. */
const TRUSTED_SELF = `${SELF} source_ip=127.1.9.9`;

/** Two users each of whom is at the other's place; a trusted front end says how often that goes on. */
const CIRCLE: Partial<LiveCase> = {
  allFields: `${TRUSTED_SELF} destuser=@USER:b@`,
  more: { b: { allFields: `${TRUSTED_SELF} destuser=@USER@` } },
  from: 'trusted',
  anyOrder: true,
};

const FIRST: Readonly<Record<keyof typeof LOGINS, string>> = {
  imap: 'i ID ("x-proxy-ttl" "3")',
  pop3: 'XCLIENT TTL=3',
  submission: 'XCLIENT TTL=3',
  sieve: 'XCLIENT TTL=3',
};

const LOOPS: LiveCases = Object.fromEntries(
  (['imap', 'pop3', 'submission', 'sieve'] as const).flatMap((protocol): [string, LiveCase][] => {
    const [greeting = '', ...rest] = LOGINS[protocol];
    return [
      [`${protocol}: a proxy that points to itself`, login(protocol, { allFields: SELF, crashes: '2.3' })],
      [
        `${protocol}: a proxy that points to itself, for others`,
        { protocol, steps: [greeting, FIRST[protocol], ...rest], ...CIRCLE },
      ],
      [
        `${protocol}: proxy_maybe for the proxy's own address`,
        login(protocol, { allFields: 'proxy_maybe host=127.0.0.1', leftOut: 'the real one opens a mailbox' }),
      ],
    ];
  }),
);

const MAIL: readonly Step[] = ['', 'LHLO x', 'MAIL FROM:<>', 'RCPT TO:<@USER@>', 'RSET', 'QUIT'];

const LMTP_LOOPS: LiveCases = {
  'a proxy that points to itself': { protocol: 'lmtp', steps: MAIL, allFields: SELF },
  'a proxy that points to itself without a port': {
    protocol: 'lmtp',
    steps: MAIL,
    allFields: 'proxy host=127.0.0.1',
  },
  'a proxy that points to itself by a name': {
    protocol: 'lmtp',
    steps: MAIL,
    allFields: 'proxy host=self.example.com hostip=127.0.0.1 port=@SELF@',
  },
  'a proxy that points to itself, for others': { protocol: 'lmtp', steps: MAIL, ...CIRCLE, from: 'any' },
  'a proxy that points to itself, for others, in two hops': {
    protocol: 'lmtp',
    steps: ['', 'XCLIENT TTL=2', ...MAIL.slice(1)],
    ...CIRCLE,
  },
  'a redirect to the proxy itself': {
    protocol: 'lmtp',
    steps: MAIL,
    behind: answering('220 x\r\n', [
      [/^LHLO/, '250 x\r\n'],
      [/^MAIL/, '250 OK\r\n'],
      [/^RCPT/, '550 5.2.900 x@127.0.0.1 moved\r\n'],
      [/^QUIT/, END('221 bye\r\n')],
    ]),
  },
  "proxy_maybe for the proxy's own address": {
    protocol: 'lmtp',
    steps: MAIL,
    allFields: 'proxy_maybe host=127.0.0.1',
    leftOut: 'the real one opens a mailbox',
  },
};

/** Servers that speak in odd pieces, never, or are the proxy itself. */
export const SURROUNDINGS_CASES: Groups = {
  'in pieces': {
    ...inPieces(
      IMAP_CASES,
      /: (LOGIN|proxy_nopipelining|starttls=any-cert|NO \[REFERRAL|bytes behind the login)$/,
    ),
    ...inPieces(POP3_CASES, /: (USER and PASS|an XCLIENT of one hop|-ERR no|bytes behind the login)$/),
    ...inPieces(SUBMISSION_CASES, /: (AUTH PLAIN|XCLIENT|535 [^,]*|bytes behind the login)$/),
    ...inPieces(
      SIEVE_CASES,
      /: (AUTHENTICATE PLAIN|XCLIENT at the start|NO \(TRYLATER\)|NO {4} text|bytes behind the login)$/,
    ),
  },
  'together or early': EARLY,
  'never connected': MUTE,
  loop: LOOPS,
};

export const LMTP_SURROUNDINGS_CASES: Groups = {
  'LMTP in pieces': {
    ...inPieces({ commands: LMTP_COMMANDS, message: LMTP_MESSAGES }, /: (a message|empty chunks)$/),
    ...inPieces(
      LMTP_BACKEND_CASES,
      /: (RCPT: 5xx with a path|message: 4xx with a code|LHLO: no number|in lines|message: saved in lines)$/,
    ),
    ...inPieces(
      { ...LMTP_FIELD_CASES, ...LMTP_FRONT_CASES },
      /: (starttls=any-cert|protocol=smtp with XCLIENT|XCLIENT twice|capabilities with mistakes)$/,
    ),
  },
  'LMTP loop': LMTP_LOOPS,
};
