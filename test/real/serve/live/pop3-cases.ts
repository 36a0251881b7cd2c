import type { LineAnswer } from '../../../serve/line-backend.js';
import { type Behind, type LiveCase, type LiveCases, type Step, send, tls } from './case.js';
import { xclientCases } from './front-end-cases.js';
import { saslCommand, saslLogin } from './sasl-steps.js';
import { mechanismCases, saslCases } from './scripts.js';

type Answers = Readonly<Record<string, LineAnswer | string>>;

/** A backend that answers some commands in its own way, the others well. */
export function pop3Behind(answers: Answers = {}, greeting = '+OK ready\r\n'): Behind {
  return {
    greeting,
    answer: (line, secured) => {
      const command = line.split(' ')[0]?.toUpperCase() ?? '';
      const own = answers[line] ?? answers[secured ? `${command} TLS` : command] ?? answers[command];
      if (own !== undefined) return own;
      switch (command) {
        case 'QUIT':
          return { text: '+OK bye\r\n', next: 'end' };
        case 'STLS':
          return { text: '+OK begin\r\n', next: 'tls' };
        case 'PASS':
        case 'AUTH':
          return '+OK Logged in.\r\n';
        default:
          return '+OK\r\n';
      }
    },
  };
}

const XCLIENT = '+OK [XCLIENT] ready\r\n';
const LIST = /^\.\r?\n|^-ERR[^\n]*\n/m;
const LOGIN: readonly Step[] = ['', 'USER @USER@', 'PASS pass'];
const AFTER: readonly Step[] = LOGIN.slice(1);
const WHOLE: readonly Step[] = [...LOGIN, 'STAT', 'QUIT'];
const CAPA = send('CAPA\r\n', LIST);

function one(steps: readonly Step[], more: Partial<LiveCase> = {}): LiveCase {
  return { protocol: 'pop3', behind: pop3Behind(), steps, ...more };
}

/** A login, then one command to see where the client is. */
function refused(answers: Answers, more: Partial<LiveCase> = {}): LiveCase {
  return one([...LOGIN, 'NOOP', 'QUIT'], { behind: pop3Behind(answers), ...more });
}

const CLIENT: LiveCases = {
  'USER and PASS': one(WHOLE),
  'capabilities before and after STLS': one(['', CAPA, 'STLS', tls(), CAPA, 'STLS', ...AFTER, 'QUIT']),
  'login over TLS at once': one(['', CAPA, ...AFTER, 'QUIT'], { implicitTls: true }),
  'TLS at once and gone': one([''], { implicitTls: true }),
  'STLS and gone': one(['', 'STLS']),
  'nothing said': one(['']),
  'QUIT at once': one(['', 'QUIT']),
  'PASS without USER': one(['', 'PASS pass', 'QUIT']),
  'USER twice': one(['', 'USER nobody', ...WHOLE.slice(1)]),
  'USER without a name': one(['', 'USER', 'PASS pass', 'QUIT']),
  'a name with a space': one(['', 'USER a b', 'PASS pass', 'QUIT']),
  'a password with spaces': one(['', 'USER @USER@', 'PASS pa ss', 'QUIT']),
  'PASS without a password': one(['', 'USER @USER@', 'PASS', 'QUIT']),
  'commands in small letters': one(['', 'user @USER@', 'pass pass', 'quit']),
  'long names of commands': one(['', 'QUITQUITQUIT', 'NOOPNOOPNOOP', 'QUIT']),
  'the wrong password, then the right one': one(['', 'USER @USER@', 'PASS wrong', ...WHOLE.slice(1)]),
  'the wrong password and gone': one(['', 'USER @USER@', 'PASS wrong']),
  'an unknown user': one(['', 'USER nobody', 'PASS pass', 'QUIT']),
  'a denied user': one([...LOGIN, 'QUIT'], { denied: true }),
  'wrong commands in a row': one(['', 'STAT', 'LIST', send('RETR 1\r\n'), 'END']),
  'wrong commands with a good one between': one(['', 'STAT', CAPA, 'STAT', CAPA, 'STAT', 'QUIT']),
  'an empty line': one(['', send('\r\n', /\n/), 'QUIT']),
  'bare line feeds': one(['', send(`USER @USER@\nPASS pass\n`, /in\.\r\n/), 'QUIT']),
  'APOP without a challenge': one(['', 'APOP joe 0123456789abcdef0123456789abcdef', 'QUIT']),
  'AUTH without a mechanism': one(['', send('AUTH\r\n', LIST), 'QUIT']),
  'pipelined login': one(['', send('USER @USER@\r\nPASS pass\r\nSTAT\r\nQUIT\r\n'), 'END']),
  'a line that is too long': one(['', send('x'.repeat(3000)), 'END']),
  'a long name': one(['', `USER ${'x'.repeat(900)}`, 'PASS pass', 'QUIT']),
  'cleartext that is refused': one(['', CAPA, 'USER @USER@', 'PASS pass', 'QUIT'], { from: 'private' }),
  'cleartext that is refused to AUTH': one(['', saslCommand('pop3', 'PLAIN', '@PLAIN@'), 'QUIT'], {
    from: 'private',
  }),
  'cleartext that is fine behind TLS': one(['', 'STLS', tls(), CAPA, ...AFTER, 'QUIT'], { from: 'private' }),
  'CRAM-MD5 where cleartext is refused': one(['', ...saslLogin('pop3', 'CRAM-MD5'), 'QUIT'], {
    from: 'private',
    fields: 'pass=secret',
  }),
  'TLS that is required': one(['', CAPA, 'USER @USER@', saslCommand('pop3', 'CRAM-MD5'), 'QUIT'], {
    from: 'encrypted',
  }),
  'TLS that is required and there': one(['', 'STLS', tls(), ...AFTER, 'QUIT'], { from: 'encrypted' }),
  'the XCLIENT of a trusted front end': one(
    ['', 'XCLIENT ADDR=192.0.2.7 PORT=4444 SESSION=front TTL=3 FORWARD=YT0xCWI9Mg==', ...WHOLE.slice(1)],
    { from: 'trusted', behind: pop3Behind({}, XCLIENT) },
  ),
  'the XCLIENT of anybody': one(['', 'XCLIENT ADDR=192.0.2.7', ...WHOLE.slice(1)], {
    behind: pop3Behind({}, XCLIENT),
  }),
  'an XCLIENT of one hop': one(['', 'XCLIENT TTL=1', ...LOGIN.slice(1), 'QUIT'], { from: 'trusted' }),
  'bad values in XCLIENT': one(
    [
      '',
      'XCLIENT ADDR=no',
      'XCLIENT PORT=x',
      'XCLIENT TTL=y',
      'XCLIENT FOO=bar',
      'XCLIENT',
      ...WHOLE.slice(1),
    ],
    { from: 'trusted', behind: pop3Behind({}, XCLIENT) },
  ),
  'an IPv6 address in XCLIENT': one(['', 'XCLIENT ADDR=2001:db8::7 PORT=1', ...WHOLE.slice(1)], {
    from: 'trusted',
    behind: pop3Behind({}, XCLIENT),
  }),
  XOIP: one(['', 'XOIP 192.0.2.7', ...WHOLE.slice(1)], { from: 'trusted', behind: pop3Behind({}, XCLIENT) }),
};

const BACKENDS: LiveCases = {
  ...Object.fromEntries(
    [
      '[AUTH] no',
      '[SYS/PERM] no',
      '[IN-USE] locked',
      '[LOGIN-DELAY] wait',
      '[UNKNOWN] x',
      'no',
      '[AUTH]',
    ].map((text) => [`-ERR ${text}`, refused({ PASS: `-ERR ${text}\r\n` })]),
  ),
  '-ERR [SYS/TEMP]': refused({ PASS: '-ERR [SYS/TEMP] later\r\n' }),
  '-ERR alone': refused({ PASS: '-ERR\r\n' }),
  '-ERR to USER': refused({ USER: '-ERR [AUTH] never heard\r\n' }),
  '-ERR [SYS/TEMP] to USER': refused({ USER: '-ERR [SYS/TEMP] later\r\n' }),
  'an answer that is none': refused({ PASS: 'what\r\n' }),
  'an answer that is none to USER': refused({ USER: 'what\r\n' }),
  'a plus to PASS': refused({ PASS: '+ \r\n' }),
  '+OK without text': refused({ PASS: '+OK\r\n' }),
  'bytes behind the login': refused({ PASS: '+OK in\r\nmore\r\n' }),
  'the end in the login': refused({ PASS: { text: '', next: 'end' } }),
  'the end at USER': refused({ USER: { text: '', next: 'end' } }),
  'a reset in the login': refused({ PASS: { text: '', next: 'reset' } }),
  '-ERR and the end': refused({ PASS: { text: '-ERR [AUTH] no\r\n', next: 'end' } }),
  'the end after the login': one([...LOGIN, 'END'], {
    behind: pop3Behind({ PASS: { text: '+OK in\r\n', next: 'end' } }),
  }),
  '-ERR at the start': refused({}, { behind: pop3Behind({}, '-ERR [SYS/PERM] no\r\n') }),
  'another protocol': refused({}, { behind: pop3Behind({}, '* OK imap\r\n') }),
  'an empty line at the start': refused({}, { behind: pop3Behind({}, '\r\n') }),
  '+OK alone at the start': refused({}, { behind: pop3Behind({}, '+OK\r\n') }),
  'an APOP challenge at the start': refused({}, { behind: pop3Behind({}, '+OK <1.2@host> hello\r\n') }),
  'XCLIENT at the start': refused({}, { behind: pop3Behind({}, XCLIENT) }),
  'XCLIENT that is refused': refused({}, { behind: pop3Behind({ XCLIENT: '-ERR no\r\n' }, XCLIENT) }),
  'the end at XCLIENT': refused({}, { behind: pop3Behind({ XCLIENT: { text: '', next: 'end' } }, XCLIENT) }),
  'a mark that is not XCLIENT': refused({}, { behind: pop3Behind({}, '+OK [XCLIENTS] ready\r\n') }),
  'a line that is too long': refused({ PASS: `+OK ${'x'.repeat(9000)}\r\n` }),
  'nothing that listens': one([...LOGIN, 'NOOP', 'QUIT'], { behind: null }),
  'two lines at once': refused({ USER: '+OK\r\n+OK early\r\n' }),
};

const FIELDS: LiveCases = {
  'starttls=any-cert': refused({}, { fields: 'starttls=any-cert' }),
  'starttls with XCLIENT': refused({}, { fields: 'starttls=any-cert', behind: pop3Behind({}, XCLIENT) }),
  'starttls that is refused': refused({ STLS: '-ERR no TLS here\r\n' }, { fields: 'starttls=any-cert' }),
  'starttls that ends': refused({ STLS: { text: '', next: 'end' } }, { fields: 'starttls=any-cert' }),
  'ssl=any-cert': refused({}, { fields: 'ssl=any-cert', behind: { ...pop3Behind(), implicitTls: true } }),
  'ssl with a name that fits': refused(
    {},
    {
      allFields: 'proxy host=backend.example.com hostip=127.0.0.1 port=@PORT@ ssl=yes',
      behind: { ...pop3Behind({}, XCLIENT), implicitTls: true },
    },
  ),
  master: refused({}, { fields: 'master=admin pass=secret' }),
  'master with a refusal': refused({ AUTH: '-ERR [AUTH] no\r\n' }, { fields: 'master=admin pass=secret' }),
  'destuser and pass': refused({}, { fields: 'destuser=other@example.org pass=secret' }),
  proxy_not_trusted: refused({}, { fields: 'proxy_not_trusted', behind: pop3Behind({}, XCLIENT) }),
  'forward_ fields': refused(
    {},
    { fields: 'forward_one=1 forward_two forward_q=a=b', behind: pop3Behind({}, XCLIENT) },
  ),
  proxy_nopipelining: refused({}, { fields: 'proxy_nopipelining', behind: pop3Behind({}, XCLIENT) }),
  proxy_noauth: refused({}, { fields: 'proxy_noauth' }),
  'proxy_timeout for a silent backend': refused(
    {},
    { fields: 'proxy_timeout=4', behind: pop3Behind({}, '') },
  ),
  'proxy_timeout for a backend that is silent later': refused(
    { USER: '' },
    { fields: 'proxy_timeout=4500ms' },
  ),
  source_ip: refused({}, { fields: 'source_ip=127.0.0.33' }),
  nologin: one([...LOGIN, 'QUIT'], { allFields: 'nologin' }),
  'nologin with a reason': one([...LOGIN, 'QUIT'], { allFields: 'nologin reason=moved' }),
  'nologin with a host': one([...LOGIN, 'QUIT'], { allFields: 'nologin host=192.0.2.1 port=111 destuser=x' }),
  'a host that has no address': one([...LOGIN, 'QUIT'], { allFields: 'proxy host=nowhere.invalid' }),
  ...mechanismCases((answer, more) => refused(answer === null ? {} : { AUTH: answer }, more), {
    challenge: '+ \r\n',
    refusal: '-ERR [AUTH] no\r\n',
    badChallenge: '+ !!!\r\n',
  }),
};

export const POP3_CASES: Readonly<Record<string, LiveCases>> = {
  'pop3 client': CLIENT,
  'pop3 SASL': saslCases({ one, hello: [''], logout: 'QUIT' }),
  'pop3 front end': xclientCases((steps) => one(steps, { behind: pop3Behind({}, XCLIENT) }), {
    hello: [''],
    login: AFTER,
    logout: 'QUIT',
  }),
  'pop3 backend': BACKENDS,
  'pop3 field': FIELDS,
};
