import type { LineAnswer } from '../../../serve/line-backend.js';
import { type Behind, base64, type LiveCase, type LiveCases, type Step, send, tls } from './case.js';
import { xclientCases } from './front-end-cases.js';
import { saslCommand, saslLogin } from './sasl-steps.js';
import { mechanismCases, saslCases } from './scripts.js';

type Answers = Readonly<Record<string, LineAnswer | string>>;

const XCLIENT = 'XCLIENT ADDR PORT PROTO HELO LOGIN SESSION TTL CLIENT-TRANSPORT DESTNAME FORWARD';
const EHLO = ['backend', 'PIPELINING', 'AUTH PLAIN LOGIN', 'ENHANCEDSTATUSCODES'];

function ehlo(...lines: readonly string[]): string {
  return lines.map((line, index) => `250${index === lines.length - 1 ? ' ' : '-'}${line}\r\n`).join('');
}

/** A backend that answers some commands in its own way, the others well. */
export function submissionBehind(answers: Answers = {}, greeting = '220 backend ESMTP\r\n'): Behind {
  return {
    greeting,
    answer: (line, secured) => {
      const command = line.split(' ')[0]?.toUpperCase() ?? '';
      const own = answers[line] ?? answers[secured ? `${command} TLS` : command] ?? answers[command];
      if (own !== undefined) return own;
      switch (command) {
        case 'EHLO':
          return ehlo(...EHLO);
        case 'STARTTLS':
          return { text: '220 2.0.0 begin\r\n', next: 'tls' };
        case 'XCLIENT':
          return '220 2.0.0 ok\r\n';
        case 'AUTH':
          return '235 2.7.0 Logged in.\r\n';
        case 'QUIT':
          return { text: '221 2.0.0 bye\r\n', next: 'end' };
        case 'NOOP':
        case 'MAIL':
          return '250 2.0.0 OK\r\n';
        default:
          // What answers a challenge.
          return '235 2.7.0 Logged in.\r\n';
      }
    },
  };
}

const trusting = (answers: Answers = {}) => submissionBehind({ EHLO: ehlo(...EHLO, XCLIENT), ...answers });
const offering = (answers: Answers = {}) => submissionBehind({ EHLO: ehlo(...EHLO, 'STARTTLS'), ...answers });

const HELLO: readonly Step[] = ['', 'EHLO client.example.org'];
const AUTH = 'AUTH PLAIN @PLAIN@';
const LOGIN: readonly Step[] = [...HELLO, AUTH];
const WHOLE: readonly Step[] = [...LOGIN, 'MAIL FROM:<a@example.org> SIZE=1', 'QUIT'];

function one(steps: readonly Step[], more: Partial<LiveCase> = {}): LiveCase {
  return { protocol: 'submission', behind: submissionBehind(), steps, ...more };
}

/** A login, then one command to see where the client is. */
function refused(answers: Answers, more: Partial<LiveCase> = {}): LiveCase {
  return one([...LOGIN, 'NOOP', 'QUIT'], { behind: submissionBehind(answers), ...more });
}

const CLIENT: LiveCases = {
  'AUTH PLAIN': one(WHOLE),
  'capabilities before and after STARTTLS': one([
    ...HELLO,
    'STARTTLS',
    tls(),
    'EHLO client.example.org',
    'STARTTLS',
    AUTH,
    'QUIT',
  ]),
  'login over TLS at once': one(WHOLE, { implicitTls: true }),
  'TLS at once and gone': one([''], { implicitTls: true }),
  'STARTTLS and gone': one([...HELLO, 'STARTTLS']),
  'STARTTLS before EHLO': one(['', 'STARTTLS', tls(), 'EHLO x', AUTH, 'QUIT']),
  'nothing said': one(['']),
  'QUIT at once': one(['', 'QUIT']),
  'HELO and AUTH': one(['', 'HELO client.example.org', AUTH, 'QUIT']),
  'AUTH without EHLO': one(['', AUTH, 'QUIT']),
  'EHLO without a name': one(['', 'EHLO', 'EHLO ', 'EHLO a b', 'QUIT']),
  'EHLO with an address': one(['', 'EHLO [192.0.2.1]', 'EHLO [IPv6:::1]', 'EHLO [bad', 'QUIT']),
  'EHLO with a strange name': one(['', 'EHLO under_score', 'EHLO -', 'EHLO é', 'QUIT']),
  'EHLO twice': one([...HELLO, 'EHLO other.example.org', AUTH, 'QUIT'], { behind: trusting() }),
  'mail before the login': one([
    ...HELLO,
    'MAIL FROM:<a@example.org>',
    'RCPT TO:<b@example.org>',
    'DATA',
    'VRFY x',
    'RSET',
    'NOOP',
    'BURL imap://x',
    'QUIT',
  ]),
  'unknown commands': one([...HELLO, 'WRONG', 'HELP', 'EXPN x', 'ETRN x', 'QUIT']),
  'unknown commands without end': one([
    '',
    ...Array.from({ length: 10 }, () => 'WRONG'),
    send('WRONG\r\n'),
    'END',
  ]),
  'an empty line': one(['', send('\r\n', /\n/), 'QUIT']),
  'a command with strange characters': one(['', send('NO\x01OP\r\n', /\n/), send('é\r\n', /\n/), 'QUIT']),
  'a space before a command': one(['', send(' NOOP\r\n', /\n/), 'QUIT']),
  'NOOP with words': one(['', 'NOOP a b', 'RSET x', 'QUIT now']),
  'QUIT with words': one(['', 'QUIT']),
  'commands in small letters': one(['', 'ehlo client.example.org', 'auth plain @PLAIN@', 'quit']),
  'bare line feeds': one(['', send('NOOP\n', /\n/), 'QUIT']),
  'AUTH without a mechanism': one([...HELLO, 'AUTH', 'QUIT']),
  'AUTH with three words': one([...HELLO, `${AUTH} more`, 'QUIT']),
  'the wrong password, then the right one': one([
    ...HELLO,
    `AUTH PLAIN ${base64('\0joe\0wrong')}`,
    AUTH,
    'QUIT',
  ]),
  'the wrong password and gone': one([...HELLO, `AUTH PLAIN ${base64('\0joe\0wrong')}`]),
  'a denied user': one([...LOGIN, 'QUIT'], { denied: true }),
  'pipelined login': one(['', send(`EHLO x\r\n${AUTH}\r\n`, /^235[^\n]*\n/m), 'QUIT']),
  'pipelined commands behind the login': one([...HELLO, send(`${AUTH}\r\nNOOP\r\nQUIT\r\n`), 'END']),
  'a line that is too long': one(['', send(`${'x'.repeat(9000)}\r\n`, /\n/), 'QUIT']),
  'a line of 600 bytes': one(['', `NOOP ${'x'.repeat(600)}`, 'QUIT']),
  'cleartext that is refused': one([...HELLO, AUTH, 'QUIT'], { from: 'private' }),
  'cleartext that is fine behind TLS': one([...HELLO, 'STARTTLS', tls(), 'EHLO x', AUTH, 'QUIT'], {
    from: 'private',
  }),
  'CRAM-MD5 where cleartext is refused': one([...HELLO, ...saslLogin('submission', 'CRAM-MD5'), 'QUIT'], {
    from: 'private',
    fields: 'pass=secret',
  }),
  'TLS that is required': one([...HELLO, AUTH, saslCommand('submission', 'CRAM-MD5'), 'QUIT'], {
    from: 'encrypted',
  }),
  'TLS that is required and there': one([...HELLO, 'STARTTLS', tls(), 'EHLO x', AUTH, 'QUIT'], {
    from: 'encrypted',
  }),
  'what a trusted front end may': one([...HELLO, 'QUIT'], { from: 'trusted' }),
  'the XCLIENT of a trusted front end': one(
    [
      ...HELLO,
      'XCLIENT ADDR=192.0.2.7 PORT=4444 PROTO=ESMTP HELO=real.example.org SESSION=front TTL=3',
      'EHLO front.example.org',
      AUTH,
      'QUIT',
    ],
    { from: 'trusted', behind: trusting() },
  ),
  'an IPv6 address in XCLIENT': one(
    [...HELLO, 'XCLIENT ADDR=IPV6:2001:db8::7 PORT=1', 'EHLO x', AUTH, 'QUIT'],
    { from: 'trusted', behind: trusting() },
  ),
  'FORWARD of a trusted front end': one(
    [...HELLO, 'XCLIENT FORWARD=YT0xCWI9Mg+3D+3D', 'EHLO x', AUTH, 'QUIT'],
    { from: 'trusted', behind: trusting() },
  ),
  'the XCLIENT of anybody': one([...HELLO, 'XCLIENT ADDR=192.0.2.7', AUTH, 'QUIT'], { behind: trusting() }),
  'XCLIENT of one hop': one([...HELLO, 'XCLIENT TTL=1', 'EHLO x', AUTH, 'QUIT'], { from: 'trusted' }),
  'bad values in XCLIENT': one(
    [
      ...HELLO,
      'XCLIENT ADDR=no',
      'XCLIENT PORT=x',
      'XCLIENT TTL=y',
      'XCLIENT FOO=bar',
      'XCLIENT',
      'XCLIENT PROTO=x',
      'QUIT',
    ],
    { from: 'trusted' },
  ),
};

const BACKENDS: LiveCases = {
  ...Object.fromEntries(
    [
      '535 5.7.8 no',
      '534 5.7.9 too weak',
      '550 5.7.1 never',
      '500 what',
      '538 5.7.11 TLS',
      '530 5.7.0 no',
    ].map((text) => [text, refused({ AUTH: `${text}\r\n` })]),
  ),
  ...Object.fromEntries(
    ['454 4.7.0 later', '421 4.3.2 closing', '432 4.7.12 change', '400 x'].map((text) => [
      text,
      refused({ AUTH: `${text}\r\n` }),
    ]),
  ),
  '535 without text': refused({ AUTH: '535\r\n' }, { crashes: true }),
  '535 without an enhanced code': refused({ AUTH: '535 no\r\n' }),
  '235 without text': refused({ AUTH: '235\r\n' }, { crashes: true }),
  '250 instead of 235': refused({ AUTH: '250 ok\r\n' }, { crashes: true }),
  'an answer that is none': refused({ AUTH: 'what\r\n' }, { crashes: true }),
  'a number of two digits': refused({ AUTH: '23 what\r\n' }, { crashes: true }),
  '334 without end': refused({ AUTH: '334 \r\n' }, { fields: 'proxy_timeout=4500ms' }),
  '354 to AUTH': refused({ AUTH: '354 go\r\n' }),
  'bytes behind the login': refused({ AUTH: '235 2.7.0 in\r\n250 early\r\n' }),
  'the end in the login': refused({ AUTH: { text: '', next: 'end' } }),
  'a reset in the login': refused({ AUTH: { text: '', next: 'reset' } }),
  '535 and the end': refused({ AUTH: { text: '535 5.7.8 no\r\n', next: 'end' } }),
  '554 at the start': refused({}, { behind: submissionBehind({}, '554 5.3.2 no\r\n') }),
  '421 at the start': refused({}, { behind: submissionBehind({}, '421 4.3.2 later\r\n') }),
  'a greeting of two lines': refused({}, { behind: submissionBehind({}, '220-one\r\n220 two\r\n') }),
  'another protocol': refused({}, { behind: submissionBehind({}, '+OK pop3\r\n') }),
  'an empty line at the start': refused({}, { behind: submissionBehind({}, '\r\n') }),
  'EHLO refused': refused({ EHLO: '502 5.5.1 what\r\n' }),
  'EHLO later': refused({ EHLO: '421 4.3.2 later\r\n' }),
  'the end at EHLO': refused({ EHLO: { text: '', next: 'end' } }),
  'EHLO with one line': refused({ EHLO: '250 backend\r\n' }),
  'capabilities in small letters': refused({ EHLO: ehlo('backend', 'auth plain') }),
  'AUTH without mechanisms': refused({ EHLO: ehlo('backend', 'AUTH') }),
  'AUTH without PLAIN': refused({ EHLO: ehlo('backend', 'AUTH LOGIN') }),
  'AUTH= of old': refused({ EHLO: ehlo('backend', 'AUTH=PLAIN') }),
  'all of XCLIENT': refused({}, { behind: trusting() }),
  'some of XCLIENT': refused({ EHLO: ehlo(...EHLO, 'XCLIENT ADDR HELO') }),
  'none of XCLIENT': refused({ EHLO: ehlo(...EHLO, 'XCLIENT') }),
  'XCLIENT that is refused': refused({}, { behind: trusting({ XCLIENT: '550 5.7.1 no\r\n' }) }),
  'XCLIENT that is refused for now': refused({}, { behind: trusting({ XCLIENT: '421 4.3.0 no\r\n' }) }),
  'the end at XCLIENT': refused({}, { behind: trusting({ XCLIENT: { text: '', next: 'end' } }) }),
  'a line that is too long': refused({ AUTH: `235 ${'x'.repeat(9000)}\r\n` }),
  'nothing that listens': one([...LOGIN, 'NOOP', 'QUIT'], { behind: null }),
};

const FIELDS: LiveCases = {
  'starttls=any-cert': refused({}, { fields: 'starttls=any-cert', behind: offering() }),
  'starttls with XCLIENT': refused(
    {},
    { fields: 'starttls=any-cert', behind: submissionBehind({ EHLO: ehlo(...EHLO, 'STARTTLS', XCLIENT) }) },
  ),
  'starttls with XCLIENT behind it': refused(
    {},
    {
      fields: 'starttls=any-cert',
      behind: submissionBehind({ EHLO: ehlo('backend', 'STARTTLS'), 'EHLO TLS': ehlo(...EHLO, XCLIENT) }),
    },
  ),
  'starttls that is not offered': refused({}, { fields: 'starttls=any-cert' }),
  'starttls that is refused': refused(
    {},
    { fields: 'starttls=any-cert', behind: offering({ STARTTLS: '454 4.7.0 not now\r\n' }) },
  ),
  'starttls that is refused for good': refused(
    {},
    { fields: 'starttls=any-cert', behind: offering({ STARTTLS: '502 5.5.1 no\r\n' }) },
  ),
  'ssl=any-cert': refused(
    {},
    { fields: 'ssl=any-cert', behind: { ...submissionBehind(), implicitTls: true } },
  ),
  'ssl with a name that fits': refused(
    {},
    {
      allFields: 'proxy host=backend.example.com hostip=127.0.0.1 port=@PORT@ ssl=yes',
      behind: { ...trusting(), implicitTls: true },
    },
  ),
  master: refused({}, { fields: 'master=admin pass=secret' }),
  'destuser and pass': refused({}, { fields: 'destuser=other@example.org pass=secret' }),
  'a very long password': refused({}, { fields: `pass=${'x'.repeat(500)}` }),
  'a very long password that is asked for': refused(
    { AUTH: '334 \r\n', EHLO: ehlo(...EHLO) },
    { fields: `pass=${'x'.repeat(500)} proxy_timeout=4500ms` },
  ),
  proxy_not_trusted: refused({}, { fields: 'proxy_not_trusted', behind: trusting() }),
  proxy_noauth: refused({}, { fields: 'proxy_noauth', behind: trusting() }),
  'proxy_noauth without XCLIENT': refused({}, { fields: 'proxy_noauth' }),
  'proxy_noauth without AUTH': refused({ EHLO: ehlo('backend', XCLIENT) }, { fields: 'proxy_noauth' }),
  'proxy_noauth that is refused': refused(
    {},
    { fields: 'proxy_noauth', behind: trusting({ XCLIENT: '550 5.7.1 no\r\n' }) },
  ),
  'forward_ fields': refused({}, { fields: 'forward_one=1 forward_two forward_q=a=b', behind: trusting() }),
  'a lot of forward_ fields': refused(
    {},
    { fields: `forward_one=${'1'.repeat(300)} forward_two=${'2'.repeat(300)}`, behind: trusting() },
  ),
  proxy_nopipelining: refused({}, { fields: 'proxy_nopipelining', behind: trusting() }),
  'proxy_timeout for a silent backend': refused(
    {},
    { fields: 'proxy_timeout=4', behind: submissionBehind({}, '') },
  ),
  'proxy_timeout for a backend that is silent later': refused(
    { AUTH: '' },
    { fields: 'proxy_timeout=4500ms' },
  ),
  source_ip: refused({}, { fields: 'source_ip=127.0.0.33' }),
  nologin: one([...LOGIN, 'QUIT'], { allFields: 'nologin' }),
  'nologin with a reason': one([...LOGIN, 'QUIT'], { allFields: 'nologin reason=moved' }),
  'nologin with a host': one([...LOGIN, 'QUIT'], { allFields: 'nologin host=192.0.2.1 port=588 destuser=x' }),
  'a host that has no address': one([...LOGIN, 'QUIT'], { allFields: 'proxy host=nowhere.invalid' }),
  ...mechanismCases((answer, more) => refused(answer === null ? {} : { AUTH: answer }, more), {
    challenge: '334 \r\n',
    refusal: '535 5.7.8 no\r\n',
    badChallenge: '334 !!!\r\n',
  }),
};

export const SUBMISSION_CASES: Readonly<Record<string, LiveCases>> = {
  'submission client': CLIENT,
  'submission SASL': saslCases({ one, hello: HELLO, logout: 'QUIT' }),
  'submission front end': xclientCases((steps) => one(steps, { behind: trusting() }), {
    hello: HELLO,
    login: ['EHLO x', AUTH],
    logout: 'QUIT',
  }),
  'submission backend': BACKENDS,
  'submission field': FIELDS,
};
