import type { LineAnswer } from '../../../serve/line-backend.js';
import { type LiveCase, type LiveCases, send } from './case.js';
import {
  behindOf,
  data,
  HELLO,
  LONG_MESSAGE,
  lmtp,
  lmtpBehind,
  MAIL,
  PROBE,
  RCPT,
  replies,
  WHOLE,
} from './lmtp-behind.js';

/** The same server for another user. */
const SAME = 'proxy host=127.0.0.1 port=@PORT@';
const OTHER = 'proxy host=127.0.0.1 port=@PORT:b@';

function refusing(
  answers: Readonly<Record<string, LineAnswer | string>>,
  more: Partial<LiveCase> = {},
): LiveCase {
  return lmtp(PROBE, { behind: lmtpBehind({ answers }), ...more });
}

/** The LMTP process of 2.3 dies of a refusal in several lines. */
const DIES: Partial<LiveCase> = { crashes: '2.3' };

/** Replies of all kinds, each to one command. */
const REPLIES: Readonly<Record<string, string>> = {
  '4xx with a code': '450 4.2.0 later',
  '4xx without a code': '450 later',
  '5xx with a code': '550 5.1.1 no',
  '5xx without a code': '550 no',
  '5xx with a path': '550 5.1.1 <x@example.org> no',
  '5xx with a path and nothing else': '550 5.1.1 <x@example.org>',
  '5xx in lines': '550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three',
  '5xx in lines without codes': '550-one\r\n550 two',
  '5xx in lines with codes that differ': '550-5.7.1 one\r\n550 5.7.2 two',
  '5xx without text': '550',
  '5xx with a space alone': '550 ',
  '5xx with a code alone': '550 5.1.1',
  'a code of another class': '550 4.1.1 what',
  'a code with zeros': '550 5.01.001 what',
  '421': '421 4.3.2 going down',
  '421 without a code': '421 gone',
  '452 with a long text': `452 4.2.2 ${'x'.repeat(400)}`,
  '555 for parameters': '555 5.5.4 what',
  '299': '299 2.9.9 fine',
  '354': '354 go on',
};

function all(command: 'MAIL' | 'RCPT'): LiveCases {
  return Object.fromEntries(
    Object.entries(REPLIES)
      .filter(([name]) => name !== '299' && name !== '354')
      .map(([name, reply]) => [
        `${command}: ${name}`,
        refusing({ [command]: `${reply}\r\n` }, reply.includes('-') ? DIES : {}),
      ]),
  );
}

const GREETINGS: Readonly<Record<string, string>> = {
  'in lines': '220-one\r\n220 two\r\n',
  '220 alone': '220\r\n',
  '220 with a dash and nothing': '220-one\r\n',
  '250': '250 hello\r\n',
  '354': '354 hello\r\n',
  '421': '421 4.3.2 busy\r\n',
  '450': '450 4.7.0 later\r\n',
  '554': '554 5.7.1 no\r\n',
  '554 in lines': '554-no\r\n554 never\r\n',
  'of another protocol': '* OK ready\r\n',
  'with eight bits': '220 \xe4\r\n',
  'with a carriage return inside': '220 a\rb\r\n',
  'of line feeds alone': '220 a\n',
  'and more behind it': '220 a\r\n250 b\r\n',
};

const BAD_REPLIES: Readonly<Record<string, string>> = {
  'no number': 'what\r\n',
  'a number alone and a dash': '250-\r\n250\r\n',
  'a number that is none': '2x0 what\r\n',
  'a number out of range': '260 what\r\n',
  'a number out of class': '150 what\r\n',
  '660': '660 what\r\n',
  'a letter behind the number': '250x what\r\n',
  'numbers that differ': '250-a\r\n251 b\r\n',
  'eight bits': '250 2.1.0 \xc3\xa4\r\n',
  'control characters': '250 2.1.0 a\x01b\r\n',
  'an empty line': '\r\n',
  'a reply that is too long': `550 5.1.1 ${'x'.repeat(4200)}\r\n`,
  'a reply of too many lines': `${Array.from({ length: 100 }, (_, index) => `550-5.1.1 ${index}${'x'.repeat(60)}\r\n`).join('')}550 5.1.1 end\r\n`,
  'a line without end': `550 5.1.1 ${'x'.repeat(5000)}`,
};

const GONE: readonly (readonly [name: string, next: 'end' | 'reset'])[] = [
  ['the end', 'end'],
  ['a reset', 'reset'],
];

/** The other side is gone at each command. */
const LEAVING: LiveCases = Object.fromEntries(
  GONE.flatMap(([name, next]) =>
    ['LHLO', 'MAIL', 'RCPT', 'DATA', 'BDAT', 'MESSAGE'].flatMap((command): [string, LiveCase][] => {
      const isData = command === 'DATA' || command === 'BDAT' || command === 'MESSAGE';
      const capabilities = command === 'BDAT' ? ['CHUNKING', 'PIPELINING'] : ['PIPELINING'];
      // A reset right behind a reply may be read as an end.
      const answers = { ...(command === 'RCPT' ? { MAIL: '' } : {}), [command]: { text: '', next } };
      const behind = lmtpBehind({ answers, capabilities });
      return [[`${name} at ${command}`, lmtp(isData ? WHOLE : PROBE, { behind })]];
    }),
  ),
);

const SILENT: LiveCases = {
  'a server that says nothing': refusingSlowly({ greeting: '' }),
  'a server that says nothing to LHLO': refusingSlowly({ answers: { LHLO: '' } }),
  'a server whose connection is never made': lmtp(PROBE, { behind: 'mute', slow: true }),
  'a server whose connection is never made, with proxy_timeout': lmtp(PROBE, {
    behind: 'mute',
    slow: true,
    fields: 'proxy_timeout=2',
  }),
  'a server that says nothing to the message': behindOf(
    { answers: { MESSAGE: '' } },
    { fields: 'proxy_timeout=2' },
  ),
  'a server that says nothing to DATA': behindOf(
    { answers: { DATA: '' }, capabilities: ['PIPELINING'] },
    { fields: 'proxy_timeout=2' },
  ),
  'a server that says nothing to XCLIENT': refusingSlowly({
    capabilities: ['XCLIENT ADDR'],
    answers: { XCLIENT: '' },
  }),
};

function refusingSlowly(script: Parameters<typeof lmtpBehind>[0]): LiveCase {
  return lmtp(PROBE, { behind: lmtpBehind(script), slow: true });
}

const SAVED: Readonly<Record<string, string>> = {
  'saved without a code': '250 ok',
  'saved with another code': '250 2.6.0 queued as 1',
  'saved in lines': '250-2.0.0 one\r\n250 2.0.0 two',
  '251': '251 2.1.5 forwarded',
  ...Object.fromEntries(Object.entries(REPLIES).filter(([name]) => !name.startsWith('421'))),
};

/** Of several recipients; the message would come twice. */
const ALL_FAILED = 'the real one says that all failed, though one was saved';

const MESSAGES: LiveCases = {
  ...Object.fromEntries(
    Object.entries(SAVED).map(([name, reply]) => [
      `message: ${name}`,
      behindOf({ saved: [reply] }, /^5.*-/.test(reply) ? DIES : {}),
    ]),
  ),
  ...Object.fromEntries(
    ['450 4.2.0 later', '550 no', '354', '250 2.0.0 what', '421 4.3.2 down'].map((reply) => [
      `DATA: ${reply}`,
      behindOf({ answers: { DATA: `${reply}\r\n` }, capabilities: ['PIPELINING'] }),
    ]),
  ),
  ...Object.fromEntries(
    ['450 4.2.0 later', '550 no', '421 4.3.2 down'].map((reply) => [
      `BDAT: ${reply}`,
      behindOf({ answers: { BDAT: `${reply}\r\n` } }),
    ]),
  ),
  'message: 421': behindOf({ saved: ['421 4.3.2 going down'] }),
  'message: 421 in the second place': lmtp([...HELLO, MAIL, RCPT, 'RCPT TO:<@USER:b@>', ...data(2), 'QUIT'], {
    leftOut: ALL_FAILED,
    behind: lmtpBehind({ saved: ['250 2.0.0 fine', '421 4.3.2 down'] }),
    more: { b: { allFields: SAME } },
  }),
  'the end behind the first reply': lmtp([...HELLO, MAIL, RCPT, 'RCPT TO:<@USER:b@>', ...data(2), 'QUIT'], {
    leftOut: ALL_FAILED,
    behind: lmtpBehind({ answers: { MESSAGE: { text: '250 2.0.0 fine\r\n', next: 'end' } } }),
    more: { b: { allFields: SAME } },
  }),
  'one reply too many': lmtp([...WHOLE.slice(0, -1), 'NOOP', MAIL, RCPT, ...data(), 'QUIT'], {
    behind: lmtpBehind({ answers: { MESSAGE: '250 2.0.0 one\r\n250 2.0.0 two\r\n' } }),
  }),
  'replies that differ': lmtp(
    [...HELLO, MAIL, RCPT, 'RCPT TO:<@USER:b@>', 'RCPT TO:<@USER:c@>', ...data(3), 'QUIT'],
    {
      ...DIES,
      behind: lmtpBehind({ saved: ['250 2.0.0 fine', '452 4.2.2 <x@y> full', '550-5.7.1 a\r\n550 5.7.1 b'] }),
      more: { b: { allFields: SAME }, c: { allFields: SAME } },
    },
  ),
};

const MANY: LiveCases = {
  'two recipients of one server': lmtp([...HELLO, MAIL, RCPT, 'RCPT TO:<@USER:b@>', ...data(2), 'QUIT'], {
    more: { b: { allFields: SAME } },
  }),
  'the same recipient twice': lmtp([...HELLO, MAIL, RCPT, RCPT, ...data(2), 'QUIT']),
  'recipients of one server in one piece': lmtp(
    [...HELLO, MAIL, send(`${RCPT}\r\nRCPT TO:<@USER:b@>\r\n${RCPT}\r\n`, replies(3)), ...data(3), 'QUIT'],
    { more: { b: { allFields: SAME } } },
  ),
  'recipients of one server in one piece, without PIPELINING': lmtp(
    [...HELLO, MAIL, send(`${RCPT}\r\nRCPT TO:<@USER:b@>\r\n${RCPT}\r\n`, replies(3)), ...data(3), 'QUIT'],
    { behind: lmtpBehind({ capabilities: [] }), more: { b: { allFields: SAME } } },
  ),
  'recipients of two servers': lmtp([...HELLO, MAIL, RCPT, 'RCPT TO:<@USER:b@>', ...data(2), 'QUIT'], {
    more: { b: { behind: lmtpBehind({ capabilities: [] }) } },
  }),
  'recipients of two servers in turn': lmtp(
    [
      ...HELLO,
      MAIL,
      RCPT,
      'RCPT TO:<@USER:b@>',
      'RCPT TO:<@USER:c@>',
      'RCPT TO:<@USER:d@>',
      ...data(4),
      'QUIT',
    ],
    { more: { b: { behind: lmtpBehind() }, c: { allFields: SAME }, d: { allFields: OTHER } } },
  ),
  'one recipient is refused, another one of the same server is not': lmtp(
    [...HELLO, MAIL, 'RCPT TO:<@USER:b@>', RCPT, ...data(), 'QUIT'],
    {
      behind: lmtpBehind({
        answers: { 'RCPT TO:<refused@example.org>': '550 5.1.1 no\r\n' },
      }),
      more: { b: { allFields: `${SAME} destuser=refused@example.org` } },
    },
  ),
  'one server refuses MAIL, another one does not': lmtp(
    [...HELLO, MAIL, RCPT, 'RCPT TO:<@USER:b@>', ...data(), 'QUIT'],
    { behind: lmtpBehind({ answers: { MAIL: '550 5.7.1 no\r\n' } }), more: { b: { behind: lmtpBehind() } } },
  ),
  'one server does not listen, another one does': lmtp(
    [...HELLO, MAIL, RCPT, 'RCPT TO:<@USER:b@>', ...data(), 'QUIT'],
    { behind: null, more: { b: { behind: lmtpBehind() } } },
  ),
  'the same server that refused MAIL is asked again': lmtp(
    [...HELLO, MAIL, RCPT, 'RCPT TO:<@USER:b@>', 'RSET', MAIL, RCPT, 'QUIT'],
    { behind: lmtpBehind({ answers: { MAIL: '450 4.7.1 later\r\n' } }), more: { b: { allFields: SAME } } },
  ),
  'the same server that is gone is asked again': lmtp(
    [...HELLO, MAIL, RCPT, 'RCPT TO:<@USER:b@>', 'RSET', MAIL, RCPT, 'QUIT'],
    {
      leftOut: 'the real one opens a connection that it says nothing on',
      behind: lmtpBehind({ answers: { RCPT: { text: '', next: 'end' } } }),
      more: { b: { allFields: SAME } },
    },
  ),
  'the server ends between recipients': lmtp(
    [...HELLO, MAIL, RCPT, 'RCPT TO:<@USER:b@>', ...data(), 'QUIT'],
    {
      leftOut: 'the log of the real one has one of two texts',
      behind: lmtpBehind({
        answers: { 'RCPT TO:<b@example.org>': { text: '', next: 'end' } },
      }),
      more: { b: { allFields: `${SAME} destuser=b@example.org` } },
    },
  ),
  'a long message for two servers': lmtp(
    [...HELLO, MAIL, RCPT, 'RCPT TO:<@USER:b@>', ...data(2, LONG_MESSAGE), 'QUIT'],
    { more: { b: { behind: lmtpBehind({ capabilities: ['PIPELINING'] }) } } },
  ),
  'chunks for two servers': lmtp(
    [
      ...HELLO,
      MAIL,
      RCPT,
      'RCPT TO:<@USER:b@>',
      send('BDAT 12\r\nSubject: c\r\n', replies(1)),
      send('BDAT 9 LAST\r\n\r\n.body\r\n', replies(2)),
      'QUIT',
    ],
    { more: { b: { behind: lmtpBehind({ capabilities: [] }) } } },
  ),
  'a proxied recipient and one that is not known': lmtp([
    ...HELLO,
    MAIL,
    RCPT,
    'RCPT TO:<nobody@example.com>',
    ...data(),
    'QUIT',
  ]),
  'three messages on one connection, one of them refused': lmtp([
    ...HELLO,
    MAIL,
    RCPT,
    ...data(),
    MAIL,
    'RCPT TO:<nobody@example.com>',
    'RSET',
    'MAIL FROM:<>',
    RCPT,
    ...data(1, '..x\r\n'),
    'QUIT',
  ]),
};

export const LMTP_BACKEND_CASES: Readonly<Record<string, LiveCases>> = {
  'LMTP reply': { ...all('MAIL'), ...all('RCPT') },
  'LMTP greeting': Object.fromEntries(
    Object.entries(GREETINGS).map(([name, greeting]) => [
      name,
      name === '220 with a dash and nothing'
        ? refusingSlowly({ greeting })
        : lmtp(PROBE, {
            behind: lmtpBehind({ greeting }),
            ...(greeting.startsWith('554-') ? DIES : {}),
          }),
    ]),
  ),
  'LMTP bad reply': Object.fromEntries(
    Object.entries(BAD_REPLIES).flatMap(([name, reply]) => [
      [`MAIL: ${name}`, refusing({ MAIL: reply })],
      [`LHLO: ${name}`, refusing({ LHLO: reply })],
    ]),
  ),
  'LMTP server goes': LEAVING,
  'LMTP server is silent': SILENT,
  'LMTP server and message': MESSAGES,
  'LMTP recipients': MANY,
};
