import type { LineAnswer } from '../../../serve/line-backend.js';
import { type Behind, base64, type LiveCase, type LiveCases, type Step, send, tls } from './case.js';
import { xclientCases } from './front-end-cases.js';
import { saslCommand, saslLine, saslLogin } from './sasl-steps.js';
import { mechanismCases, saslCases } from './scripts.js';

type Answers = Readonly<Record<string, LineAnswer | string>>;

const CAPABILITIES = '"IMPLEMENTATION" "Double"\r\n"SIEVE" "fileinto"\r\n"SASL" "PLAIN LOGIN"\r\n';
const GREETING = `${CAPABILITIES}OK "ready"\r\n`;
const TRUSTING = `${CAPABILITIES}"XCLIENT" "ADDR PORT SESSION TTL CLIENT-TRANSPORT DESTNAME FORWARD"\r\nOK "ready"\r\n`;
const OFFERING = `${CAPABILITIES}"STARTTLS"\r\nOK "ready"\r\n`;

/** A backend that answers some commands in its own way, the others well. */
export function sieveBehind(answers: Answers = {}, greeting = GREETING): Behind {
  return {
    greeting,
    answer: (line, secured) => {
      const command = line.split(' ')[0]?.toUpperCase() ?? '';
      const own = answers[line] ?? answers[secured ? `${command} TLS` : command] ?? answers[command];
      if (own !== undefined) return own;
      switch (command) {
        case 'STARTTLS':
          return { text: 'OK "begin"\r\n', next: 'tls' };
        case 'CAPABILITY':
          return GREETING;
        case 'AUTHENTICATE':
          return 'OK "Logged in."\r\n';
        case 'LOGOUT':
          return { text: 'OK "bye"\r\n', next: 'end' };
        default:
          return 'OK\r\n';
      }
    },
  };
}

const AUTH = 'AUTHENTICATE "PLAIN" "@PLAIN@"';
const LOGIN: readonly Step[] = ['', AUTH];
const WHOLE: readonly Step[] = [...LOGIN, 'LISTSCRIPTS', 'LOGOUT'];

function one(steps: readonly Step[], more: Partial<LiveCase> = {}): LiveCase {
  return { protocol: 'sieve', behind: sieveBehind(), steps, ...more };
}

/** A login, then one command to see where the client is. */
function refused(answers: Answers, more: Partial<LiveCase> = {}, greeting = GREETING): LiveCase {
  return one([...LOGIN, 'NOOP', 'LOGOUT'], { behind: sieveBehind(answers, greeting), ...more });
}

/** The capabilities that come by themselves after TLS. */
const CAPABLE = send('', /^OK[^\n]*\n/m);

const CLIENT: LiveCases = {
  'AUTHENTICATE PLAIN': one(WHOLE),
  'capabilities before and after STARTTLS': one([
    '',
    'CAPABILITY',
    'STARTTLS',
    tls(),
    CAPABLE,
    'CAPABILITY',
    'STARTTLS',
    AUTH,
    'LOGOUT',
  ]),
  'STARTTLS and gone': one(['', 'STARTTLS']),
  'nothing said': one(['']),
  'LOGOUT at once': one(['', 'LOGOUT']),
  'LOGOUT with words': one(['', send('LOGOUT now\r\n', /^(?:OK|NO)[^\n]*\n/m), 'LOGOUT']),
  NOOP: one(['', 'NOOP', 'NOOP "tag"', 'NOOP {3+}\r\nabc', 'NOOP a', 'LOGOUT']),
  'CAPABILITY with words': one(['', 'CAPABILITY x', 'LOGOUT']),
  'wrong commands in a row': one(['', 'WRONG', 'LISTSCRIPTS', send('PUTSCRIPT "a" "b"\r\n'), 'END']),
  'wrong commands with a good one between': one(['', 'WRONG', 'NOOP', 'WRONG', 'NOOP', 'WRONG', 'LOGOUT']),
  'an empty line': one(['', send('\r\nNOOP\r\n', /^(?:OK|NO)[^\n]*\n/m), 'LOGOUT']),
  'bare line feeds': one(['', send('NOOP\n', /\n/), 'LOGOUT']),
  'commands in small letters': one(['', 'authenticate "plain" "@PLAIN@"', 'logout']),
  'a literal for the response': one([
    '',
    send('AUTHENTICATE "PLAIN" {36+}\r\n@PLAIN@\r\n', /^(?:OK|NO)[^\n]*\n/m),
    'LOGOUT',
  ]),
  'a literal for a response that is asked for': one([
    '',
    saslCommand('sieve', 'PLAIN'),
    send('{36+}\r\n@PLAIN@\r\n', /^(?:OK|NO)[^\n]*\n/m),
    'LOGOUT',
  ]),
  'a synchronizing literal': one([
    '',
    send('AUTHENTICATE "PLAIN" {36}\r\n@PLAIN@\r\n', /^(?:OK|NO)[^\n]*\n/m),
    'LOGOUT',
  ]),
  'an atom for the mechanism': one(['', 'AUTHENTICATE PLAIN', 'LOGOUT']),
  'an atom for the response': one(['', 'AUTHENTICATE "PLAIN" abcd', 'LOGOUT']),
  'three words behind AUTHENTICATE': one(['', 'AUTHENTICATE "PLAIN" "YQ==" "x"', 'LOGOUT']),
  'AUTHENTICATE without a mechanism': one(['', 'AUTHENTICATE', 'LOGOUT']),
  'an atom as response': one([
    '',
    saslCommand('sieve', 'PLAIN'),
    send('abcd\r\n', /^(?:OK|NO)[^\n]*\n/m),
    'LOGOUT',
  ]),
  'two strings as response': one([
    '',
    saslCommand('sieve', 'PLAIN'),
    send('"YQ==" "YQ=="\r\n', /^(?:OK|NO)[^\n]*\n/m),
    'LOGOUT',
  ]),
  'no response': one(['', saslCommand('sieve', 'PLAIN'), send('\r\n', /^(?:OK|NO)[^\n]*\n/m), 'LOGOUT']),
  'an open quote': one(['', send('NOOP "abc\r\n', /\n/), 'LOGOUT']),
  'strings with mistakes': one([
    '',
    'NOOP "a\\b"',
    'NOOP "\xff"',
    'NOOP {1+}\r\n\xff',
    'NOOP "a\\"b\\\\"',
    'LOGOUT',
  ]),
  'atoms with mistakes': one(['', 'NOOP a(b', 'NOOP \xe4', 'NOOP a\xe4', 'NOOP )', 'LOGOUT']),
  'literals with mistakes': one(['', 'NOOP {x}', 'NOOP {1+x}', 'NOOP {1+}x', 'LOGOUT']),
  'a literal that is too large': one(['', send('NOOP {99999+}\r\n'), 'END']),
  'an unknown command with a literal': one(['', 'WRONG {4+}', 'NOOP', 'LOGOUT']),
  'words without end behind the response': one(['', 'AUTHENTICATE "PLAIN" "YQ==" (', 'NOOP', 'LOGOUT']),
  'a mistake in the response': one(['', 'AUTHENTICATE "PLAIN" "YQ==\\x"', 'NOOP', 'LOGOUT']),
  'an open quote in the response': one(['', 'AUTHENTICATE "PLAIN" "YQ==', 'NOOP', 'LOGOUT']),
  'a mistake in a response that is asked for': one([
    '',
    saslCommand('sieve', 'PLAIN'),
    send('"YQ==\r\n', /^(?:OK|NO)[^\n]*\n/m),
    'NOOP',
    'LOGOUT',
  ]),
  'the wrong password, then the right one': one([
    '',
    `AUTHENTICATE "PLAIN" "${base64('\0joe\0wrong')}"`,
    AUTH,
    'LOGOUT',
  ]),
  'the wrong password and gone': one(['', `AUTHENTICATE "PLAIN" "${base64('\0joe\0wrong')}"`]),
  'a denied user': one([...LOGIN, 'LOGOUT'], { denied: true }),
  'pipelined commands behind the login': one(['', send(`${AUTH}\r\nNOOP\r\nLOGOUT\r\n`), 'END']),
  'a line that is too long': one(['', send('x'.repeat(9000)), 'END']),
  'a long argument': one(['', `NOOP "${'x'.repeat(900)}"`, 'LOGOUT']),
  'cleartext that is refused': one(['', AUTH, saslCommand('sieve', 'LOGIN'), 'LOGOUT'], { from: 'private' }),
  'cleartext that is fine behind TLS': one(['', 'STARTTLS', tls(), CAPABLE, AUTH, 'LOGOUT'], {
    from: 'private',
  }),
  'CRAM-MD5 where cleartext is refused': one(['', ...saslLogin('sieve', 'CRAM-MD5'), 'LOGOUT'], {
    from: 'private',
    fields: 'pass=secret',
  }),
  'TLS that is required': one(['', AUTH, saslCommand('sieve', 'CRAM-MD5'), 'LOGOUT'], { from: 'encrypted' }),
  'TLS that is required and there': one(['', 'STARTTLS', tls(), CAPABLE, AUTH, 'LOGOUT'], {
    from: 'encrypted',
  }),
  'what a trusted front end may': one(['', 'CAPABILITY', 'LOGOUT'], { from: 'trusted' }),
  'the XCLIENT of a trusted front end': one(
    ['', 'XCLIENT ADDR=192.0.2.7 PORT=4444 SESSION=front TTL=3 FORWARD=YT0xCWI9Mg==', ...WHOLE.slice(1)],
    { from: 'trusted', behind: sieveBehind({}, TRUSTING) },
  ),
  'an IPv6 address in XCLIENT': one(['', 'XCLIENT ADDR=2001:db8::7 PORT=1', ...WHOLE.slice(1)], {
    from: 'trusted',
    behind: sieveBehind({}, TRUSTING),
  }),
  'the XCLIENT of anybody': one(['', 'XCLIENT ADDR=192.0.2.7', ...WHOLE.slice(1)], {
    behind: sieveBehind({}, TRUSTING),
  }),
  'XCLIENT of one hop': one(['', 'XCLIENT TTL=1', ...WHOLE.slice(1, 2), 'LOGOUT'], { from: 'trusted' }),
  'bad values in XCLIENT': one(
    [
      '',
      'XCLIENT ADDR=no',
      'XCLIENT PORT=x',
      'NOOP',
      'XCLIENT TTL=y',
      'XCLIENT FOO=bar',
      'NOOP',
      'XCLIENT',
      'LOGOUT',
    ],
    { from: 'trusted' },
  ),
  'an aborted exchange in a string': one([
    '',
    saslCommand('sieve', 'PLAIN'),
    saslLine('sieve', '*'),
    'NOOP',
    'LOGOUT',
  ]),
};

const BACKENDS: LiveCases = {
  ...Object.fromEntries(
    [
      'NO "no"',
      'NO',
      'NO (AUTH-TOO-WEAK) "weak"',
      'NO (ENCRYPT-NEEDED) "TLS"',
      'NO (QUOTA) "full"',
      'NO (TRANSITION-NEEDED)',
      'NO (X/Y) "what"',
      'BYE "gone"',
      'BYE',
      'NO {4}\r\ntext',
      'NO no quotes',
      'OK no quotes',
      'OK',
      'OK (SASL "cnNwYXV0aD0x") "in"',
      'OK (WARNINGS) "in"',
      'OK {2}\r\nin',
    ].map((text) => [text.replaceAll('\r\n', ' '), refused({ AUTHENTICATE: `${text}\r\n` })]),
  ),
  'NO (TRYLATER)': refused({ AUTHENTICATE: 'NO (TRYLATER) "later"\r\n' }),
  'NO (TRYLATER) without text': refused({ AUTHENTICATE: 'NO (TRYLATER)\r\n' }),
  'an answer that is none': refused({ AUTHENTICATE: 'what\r\n' }, { fields: 'proxy_timeout=4500ms' }),
  'a challenge': refused({ AUTHENTICATE: '"YQ=="\r\n' }, { fields: 'proxy_timeout=4500ms' }),
  'bytes behind the login': refused({ AUTHENTICATE: 'OK "in"\r\nOK "early"\r\n' }),
  'the end in the login': refused({ AUTHENTICATE: { text: '', next: 'end' } }),
  'a reset in the login': refused({ AUTHENTICATE: { text: '', next: 'reset' } }),
  'NO and the end': refused({ AUTHENTICATE: { text: 'NO "no"\r\n', next: 'end' } }),
  'the end after the login': one([...LOGIN, 'END'], {
    behind: sieveBehind({ AUTHENTICATE: { text: 'OK "in"\r\n', next: 'end' } }),
  }),
  'NO at the start': refused({}, {}, 'NO "no"\r\n'),
  'BYE at the start': refused({}, {}, 'BYE "no"\r\n'),
  'another protocol': refused({}, { fields: 'proxy_timeout=4500ms' }, '220 smtp\r\n'),
  'no SASL at the start': refused({}, {}, '"IMPLEMENTATION" "x"\r\nOK\r\n'),
  'no mechanisms at the start': refused({}, {}, '"SASL" ""\r\nOK\r\n'),
  'only another mechanism at the start': refused({}, {}, '"SASL" "CRAM-MD5"\r\nOK\r\n'),
  'capabilities in small letters': refused({}, {}, '"sasl" "PLAIN"\r\nOK\r\n'),
  'capabilities without quotes': refused({}, {}, 'SASL "PLAIN"\r\nOK\r\n'),
  'a capability in a literal': refused({}, { crashes: true }, '{4}\r\nSASL "PLAIN"\r\nOK\r\n'),
  'a response code at the start': refused(
    {},
    { breaksLog: true },
    '"SASL" "PLAIN"\r\nOK (TAG "x") "ready"\r\n',
  ),
  'words without end at the start': refused({}, {}, '"SASL" "PLAIN" (\r\nOK\r\n'),
  'eight bits at the start': refused({}, { breaksLog: true }, '"SASL" "PLAIN"\r\n\xe4\r\nOK\r\n'),
  'XCLIENT at the start': refused({}, {}, TRUSTING),
  'XCLIENT that is refused': refused({ XCLIENT: 'NO "no"\r\n' }, {}, TRUSTING),
  'XCLIENT that says BYE': refused({ XCLIENT: 'BYE "no"\r\n' }, {}, TRUSTING),
  'the end at XCLIENT': refused({ XCLIENT: { text: '', next: 'end' } }, {}, TRUSTING),
  'a line that is too long': refused({ AUTHENTICATE: `OK "${'x'.repeat(9000)}"\r\n` }),
  'nothing that listens': one([...LOGIN, 'NOOP', 'LOGOUT'], { behind: null }),
};

const TLS_CAPABILITIES: LineAnswer = { text: `OK "begin"\r\n`, next: 'tls' };
const FIELDS: LiveCases = {
  'starttls that is not offered': refused({}, { fields: 'starttls=any-cert' }),
  'starttls that is refused': refused({ STARTTLS: 'NO "no"\r\n' }, { fields: 'starttls=any-cert' }, OFFERING),
  'starttls that says BYE': refused({ STARTTLS: 'BYE "no"\r\n' }, { fields: 'starttls=any-cert' }, OFFERING),
  'starttls without capabilities behind it': refused(
    { STARTTLS: TLS_CAPABILITIES },
    { fields: 'starttls=any-cert proxy_timeout=4500ms' },
    OFFERING,
  ),
  'ssl=any-cert': refused({}, { fields: 'ssl=any-cert', behind: { ...sieveBehind(), implicitTls: true } }),
  'ssl with a name that fits': refused(
    {},
    {
      allFields: 'proxy host=backend.example.com hostip=127.0.0.1 port=@PORT@ ssl=yes',
      behind: { ...sieveBehind({}, TRUSTING), implicitTls: true },
    },
  ),
  master: refused({}, { fields: 'master=admin pass=secret' }),
  'destuser and pass': refused({}, { fields: 'destuser=other@example.org pass=secret' }),
  proxy_not_trusted: refused({}, { fields: 'proxy_not_trusted' }, TRUSTING),
  'forward_ fields': refused({}, { fields: 'forward_one=1 forward_two forward_q=a=b' }, TRUSTING),
  proxy_nopipelining: refused({}, { fields: 'proxy_nopipelining' }, TRUSTING),
  proxy_noauth: refused({}, { fields: 'proxy_noauth' }),
  'proxy_timeout for a silent backend': refused({}, { fields: 'proxy_timeout=4' }, ''),
  'proxy_timeout for a backend that is silent later': refused(
    { AUTHENTICATE: '' },
    { fields: 'proxy_timeout=4500ms' },
  ),
  source_ip: refused({}, { fields: 'source_ip=127.0.0.33' }),
  nologin: one([...LOGIN, 'LOGOUT'], { allFields: 'nologin' }),
  'nologin with a reason': one([...LOGIN, 'LOGOUT'], { allFields: 'nologin reason=moved' }),
  'nologin with a host': one([...LOGIN, 'LOGOUT'], {
    allFields: 'nologin host=192.0.2.1 port=4191 destuser=x',
  }),
  'a host that has no address': one([...LOGIN, 'LOGOUT'], { allFields: 'proxy host=nowhere.invalid' }),
  ...mechanismCases((answer, more) => refused(answer === null ? {} : { AUTHENTICATE: answer }, more), {
    challenge: '""\r\n',
    refusal: 'NO "no"\r\n',
    badChallenge: '"!!!"\r\n',
    badFields: ' proxy_timeout=4500ms',
  }),
};

export const SIEVE_CASES: Readonly<Record<string, LiveCases>> = {
  'sieve client': CLIENT,
  'sieve SASL': saslCases({ one, hello: [''], logout: 'LOGOUT' }),
  'sieve front end': xclientCases((steps) => one(steps, { behind: sieveBehind({}, TRUSTING) }), {
    hello: [''],
    login: [AUTH],
    logout: 'LOGOUT',
  }),
  'sieve backend': BACKENDS,
  'sieve field': FIELDS,
};
