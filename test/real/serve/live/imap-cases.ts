import type { LineAnswer } from '../../../serve/line-backend.js';
import { type Behind, type LiveCase, type LiveCases, type Step, send, tls } from './case.js';
import { idCases } from './front-end-cases.js';
import { saslCommand, saslLogin } from './sasl-steps.js';
import { saslCases } from './scripts.js';

type Answers = Readonly<Record<string, LineAnswer | string>>;

const CAPABILITIES = 'IMAP4rev1 SASL-IR ID LITERAL+';
const GREETING = `* OK [CAPABILITY ${CAPABILITIES}] ready\r\n`;

/** A backend that answers some commands in its own way, the others well; `$` stands for the tag. */
export function imapBehind(answers: Answers = {}, greeting = GREETING): Behind {
  return {
    greeting,
    answer: (line) => {
      const [tag = '', command = ''] = line.split(' ');
      const own = answers[line] ?? answers[command.toUpperCase()] ?? answers['*'];
      if (own !== undefined)
        return typeof own === 'string'
          ? own.replaceAll('$', tag)
          : { ...own, text: own.text.replaceAll('$', tag) };
      switch (command.toUpperCase()) {
        case 'ID':
          return `* ID ("name" "Double")\r\n${tag} OK ID completed.\r\n`;
        case 'CAPABILITY':
          return `* CAPABILITY ${CAPABILITIES}\r\n${tag} OK done\r\n`;
        case 'STARTTLS':
          return { text: `${tag} OK begin\r\n`, next: 'tls' };
        case 'LOGIN':
        case 'AUTHENTICATE':
          return `${tag} OK [CAPABILITY IMAP4rev1 IDLE SORT] Logged in\r\n`;
        case 'LOGOUT':
          return { text: `* BYE bye\r\n${tag} OK bye\r\n`, next: 'end' };
        default:
          return `${tag} OK done\r\n`;
      }
    },
  };
}

const LOGIN: readonly Step[] = ['', 'a LOGIN @USER@ pass'];
const WHOLE: readonly Step[] = [...LOGIN, 'b NOOP', 'c LOGOUT'];

function one(steps: readonly Step[], more: Partial<LiveCase> = {}): LiveCase {
  return { protocol: 'imap', behind: imapBehind(), steps, ...more };
}

/** A refused login, then one command to see that the client may go on. */
function refused(answers: Answers, more: Partial<LiveCase> = {}): LiveCase {
  return one([...LOGIN, 'b NOOP', 'c LOGOUT'], { behind: imapBehind(answers), ...more });
}

function named(names: Readonly<Record<string, LiveCase>>, prefix: string): LiveCases {
  return Object.fromEntries(Object.entries(names).map(([name, live]) => [`${prefix}, ${name}`, live]));
}

const ID =
  '("name" "front" "x-originating-ip" "192.0.2.7" "x-originating-port" "4444" "x-connected-ip" "192.0.2.8" "x-connected-port" "143" "x-proxy-ttl" "3" "x-session-id" "front123" "x-forward-a" "1" "os" NIL)';

const BEFORE_LOGIN: LiveCases = {
  'a login with atoms': one(WHOLE),
  'a login with quoted strings': one(['', 'a LOGIN "@USER@" "pass"', 'c LOGOUT']),
  'a login with literals': one([
    '',
    send('a LOGIN {20}\r\n', /^\+[^\n]*\n/m),
    send('@USER@ {4}\r\n', /^\+[^\n]*\n/m),
    'pass',
    'c LOGOUT',
  ]),
  'a login with non-synchronizing literals': one([
    '',
    send('a LOGIN {20+}\r\n@USER@ {4+}\r\npass\r\n', /^a [^\n]*\n/m),
    'c LOGOUT',
  ]),
  'capabilities before and after STARTTLS': one([
    '',
    'a CAPABILITY',
    'b STARTTLS',
    tls(),
    'c CAPABILITY',
    'd STARTTLS',
    'e LOGIN @USER@ pass',
    'f LOGOUT',
  ]),
  'CAPABILITY asked before the login': one(['', 'a CAPABILITY', 'b LOGIN @USER@ pass', 'c LOGOUT']),
  'login over TLS at once': one(WHOLE, { implicitTls: true }),
  'a name for TLS that goes on to the backend': one([
    '',
    'a STARTTLS',
    tls('mail.example.com'),
    ...WHOLE.slice(1),
  ]),
  'TLS asked for and left': one(['', 'a STARTTLS']),
  'nothing said': one(['']),
  'LOGOUT at once': one(['', 'a LOGOUT']),
  'NOOP, ENABLE and ID': one([
    '',
    'a NOOP',
    'b ENABLE X Y',
    'c ID NIL',
    'd ID ("name" "x")',
    'e ID',
    'f LOGOUT',
  ]),
  'ID of many kinds': one([
    '',
    'a ID ()',
    'b ID ("name")',
    'c ID (name x)',
    'd ID ("name" NIL "os" "x")',
    'e ID "x"',
    'f LOGOUT',
  ]),
  'wrong commands in a row': one(['', 'a WRONG', 'b SELECT INBOX', send('c FETCH 1 ALL\r\n'), 'END']),
  'wrong commands with a good one between': one(['', 'a WRONG', 'b NOOP', 'c WRONG', 'd NOOP', 'e LOGOUT']),
  'an empty line': one(['', send('\r\n', /\n/), 'a NOOP', 'b LOGOUT']),
  'a tag alone': one(['', 'a', 'b LOGOUT']),
  'a bad tag': one(['', send('+ NOOP\r\n', /\n/), send('* NOOP\r\n', /\n/), 'b LOGOUT']),
  'a tag of strange characters': one(['', send('a(b NOOP\r\n', /\n/), send('ä NOOP\r\n', /\n/), 'b LOGOUT']),
  'LOGIN as a tag': one(['', send('LOGIN joe pass\r\n', /\n/), 'b LOGOUT']),
  'LOGIN with one word': one(['', 'a LOGIN joe', 'b LOGOUT']),
  'LOGIN with three words': one(['', 'a LOGIN joe pass more', 'b LOGOUT']),
  'LOGIN with a list': one(['', 'a LOGIN (joe) pass', 'b LOGOUT']),
  'LOGIN with an empty name': one(['', 'a LOGIN "" pass', 'b LOGOUT']),
  'LOGIN with an empty password': one(['', 'a LOGIN @USER@ ""', 'b LOGOUT']),
  'LOGIN with NIL': one(['', 'a LOGIN NIL NIL', 'b LOGOUT']),
  'LOGIN with an open quote': one(['', 'a LOGIN "joe pass', 'b LOGOUT']),
  'a literal that is too long': one(['', send('a LOGIN {70000}\r\n', /\n/), 'b LOGOUT']),
  'a literal with a wrong size': one(['', send('a LOGIN {x}\r\n', /\n/), 'b LOGOUT']),
  'bare line feeds': one(['', send('a NOOP\nb NOOP\n', /^b [^\n]*\n/m), 'c LOGOUT']),
  'commands in small letters': one(['', 'a login @USER@ pass', 'b logout']),
  'the wrong password twice, then the right one': one([
    '',
    'a LOGIN @USER@ wrong',
    'b LOGIN @USER@ wrong',
    ...WHOLE.slice(1),
  ]),
  'the wrong password and gone': one(['', 'a LOGIN @USER@ wrong']),
  'an unknown user': one(['', 'a LOGIN nobody pass', 'b LOGOUT']),
  'pipelined commands behind the login': one([
    '',
    send('a LOGIN @USER@ pass\r\nb NOOP\r\nc LOGOUT\r\n', null),
    'END',
  ]),
  'pipelined commands before the login': one([
    '',
    send('x NOOP\r\ny CAPABILITY\r\na LOGIN @USER@ pass\r\n', /^a [^\n]*\n/m),
    'c LOGOUT',
  ]),
  'a line that is too long': one(['', send(`a ${'x'.repeat(9000)}`, null), 'END']),
  'a long line of a known command': one(['', send(`a NOOP ${'x'.repeat(3000)}\r\n`, /\n/), 'b LOGOUT']),
  'a password over 1024 bytes': one(['', `a LOGIN @USER@ ${'x'.repeat(1100)}`, 'b LOGOUT']),
  'cleartext that is refused': one(['', 'a CAPABILITY', 'b LOGIN @USER@ pass', 'c LOGOUT'], {
    from: 'private',
  }),
  'cleartext that is refused to AUTHENTICATE': one(
    ['', saslCommand('imap', 'PLAIN', '@PLAIN@'), saslCommand('imap', 'LOGIN'), 'c LOGOUT'],
    { from: 'private' },
  ),
  'cleartext that is fine behind TLS': one(['', 'a STARTTLS', tls(), ...WHOLE.slice(1)], { from: 'private' }),
  'CRAM-MD5 where cleartext is refused': one(['', ...saslLogin('imap', 'CRAM-MD5'), 'c LOGOUT'], {
    from: 'private',
    fields: 'pass=secret',
  }),
  'TLS that is required': one(
    ['', 'a CAPABILITY', 'b LOGIN @USER@ pass', saslCommand('imap', 'CRAM-MD5'), 'c NOOP', 'd LOGOUT'],
    { from: 'encrypted' },
  ),
  'TLS that is required and there': one(['', 'a STARTTLS', tls(), 'b CAPABILITY', ...WHOLE.slice(1)], {
    from: 'encrypted',
  }),
  'the ID of a trusted front end': one(['', `i ID ${ID}`, ...WHOLE.slice(1)], { from: 'trusted' }),
  'an IPv6 address in the ID of a trusted front end': one(
    ['', 'i ID ("x-originating-ip" "2001:db8::7" "x-originating-port" "1")', ...WHOLE.slice(1)],
    { from: 'trusted' },
  ),
  'the ID of anybody': one(['', `i ID ${ID}`, ...WHOLE.slice(1)]),
  'a second ID of a trusted front end': one(
    ['', 'i ID ("x-session-id" "one")', 'j ID ("x-session-id" "two")', ...WHOLE.slice(1)],
    { from: 'trusted' },
  ),
  'bad values of a trusted front end': one(
    ['', 'i ID ("x-originating-ip" "no" "x-proxy-ttl" "x" "x-connected-port" "99999")', ...WHOLE.slice(1)],
    { from: 'trusted' },
  ),
  'a hop too many': one(['', 'i ID ("x-proxy-ttl" "1")', ...LOGIN.slice(1), 'c LOGOUT'], { from: 'trusted' }),
  'a denied user': one(['', 'a LOGIN @USER@ pass', 'b LOGOUT'], { denied: true }),
};

const BACKENDS: LiveCases = {
  'NO without a code': refused({ LOGIN: '$ NO no\r\n' }),
  'BAD without text': refused({ LOGIN: '$ BAD\r\n' }),
  'NO without text': refused({ LOGIN: '$ NO\r\n' }),
  ...Object.fromEntries(
    [
      'AUTHENTICATIONFAILED',
      'AUTHORIZATIONFAILED',
      'EXPIRED',
      'CONTACTADMIN',
      'PRIVACYREQUIRED',
      'LIMIT',
      'INUSE',
      'CANNOT',
      'ALERT',
      'UNKNOWN-CTE',
      'SERVERBUG',
      'NOPERM',
    ].map((code) => [`NO [${code}]`, refused({ LOGIN: `$ NO [${code}] the reason\r\n` })]),
  ),
  'NO [UNAVAILABLE]': refused({ LOGIN: '$ NO [UNAVAILABLE] later\r\n' }),
  'NO with an open bracket': refused({ LOGIN: '$ NO [ALERT the reason\r\n' }),
  'a code in small letters': refused({ LOGIN: '$ NO [authenticationfailed] no\r\n' }),
  'OK without text': refused({ LOGIN: '$ OK\r\n' }),
  'OK without a code': refused({ LOGIN: '$ OK Logged in\r\n' }),
  'OK with another code': refused({ LOGIN: '$ OK [READ-WRITE] Logged in\r\n' }),
  'OK with capabilities on a line of their own': refused({
    LOGIN: '* CAPABILITY IMAP4rev1 X-OWN\r\n$ OK Logged in\r\n',
  }),
  'OK after CAPABILITY was asked': one(['', 'x CAPABILITY', 'a LOGIN @USER@ pass', 'c LOGOUT'], {
    behind: imapBehind({ LOGIN: '$ OK Logged in\r\n' }),
  }),
  'untagged lines in the login': refused({ LOGIN: '* 5 EXISTS\r\n* OK [ALERT] read me\r\n$ OK in\r\n' }),
  'lines of another tag': refused({ LOGIN: 'X OK what\r\n$ OK in\r\n' }),
  'a plus in the login': refused({ LOGIN: '+ go on\r\n$ OK in\r\n' }),
  'bytes behind the login': refused({ LOGIN: '$ OK in\r\n* 5 EXISTS\r\n' }),
  'BYE in the login': refused({ LOGIN: { text: '* BYE gone\r\n', next: 'end' } }),
  'the end in the login': refused({ LOGIN: { text: '', next: 'end' } }),
  // Alone: a reset that comes with other bytes is seen as a plain end, or not.
  'a reset in the login': refused({ LOGIN: { text: '', next: 'reset' } }, { fields: 'proxy_nopipelining' }),
  'the end after the login': one([...LOGIN, 'END'], {
    behind: imapBehind({ LOGIN: { text: '$ OK in\r\n', next: 'end' } }),
  }),
  'a line that is too long': refused({ LOGIN: `* ${'x'.repeat(9000)}\r\n$ OK in\r\n` }),
  'ID refused': refused({ ID: '$ NO no\r\n' }),
  'ID with BAD': refused({ ID: '$ BAD no\r\n' }),
  'the end at ID': refused({ ID: { text: '', next: 'end' } }),
  'BYE at the start': refused({}, { behind: imapBehind({}, '* BYE no\r\n') }),
  'PREAUTH at the start': refused({}, { behind: imapBehind({}, '* PREAUTH hello\r\n') }),
  'another protocol': refused({}, { behind: imapBehind({}, '220 smtp\r\n') }),
  'an empty line at the start': refused({}, { behind: imapBehind({}, '\r\n') }),
  'no capabilities at the start': refused({}, { behind: imapBehind({}, '* OK ready\r\n') }),
  'no capabilities at the start, and none with the login': refused(
    { LOGIN: '$ OK in\r\n' },
    { behind: imapBehind({ LOGIN: '$ OK in\r\n' }, '* OK ready\r\n') },
  ),
  'capabilities without ID': refused({}, { behind: imapBehind({}, '* OK [CAPABILITY IMAP4rev1] ready\r\n') }),
  LOGINDISABLED: refused(
    {},
    { behind: imapBehind({}, '* OK [CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS] ready\r\n') },
  ),
  'LOGINDISABLED found out later': refused(
    {},
    {
      behind: imapBehind(
        { CAPABILITY: '* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n$ OK done\r\n' },
        '* OK ready\r\n',
      ),
    },
  ),
  'CAPABILITY refused': refused({}, { behind: imapBehind({ CAPABILITY: '$ NO no\r\n' }, '* OK ready\r\n') }),
  'nothing that listens': one([...LOGIN, 'b NOOP', 'c LOGOUT'], { behind: null }),
};

const TLS_GREETING = '* OK [CAPABILITY IMAP4rev1 ID STARTTLS SASL-IR] ready\r\n';
const FIELDS: LiveCases = {
  'starttls=any-cert': refused({}, { fields: 'starttls=any-cert', behind: imapBehind({}, TLS_GREETING) }),
  'starttls without capabilities at the start': refused(
    {},
    { fields: 'starttls=any-cert', behind: imapBehind({}, '* OK ready\r\n') },
  ),
  'starttls that is not offered': refused({}, { fields: 'starttls=any-cert' }),
  'starttls refused with NO': refused(
    {},
    { fields: 'starttls=any-cert', behind: imapBehind({ STARTTLS: '$ NO go away\r\n' }, TLS_GREETING) },
  ),
  'starttls refused with BAD': refused(
    {},
    { fields: 'starttls=any-cert', behind: imapBehind({ STARTTLS: '$ BAD what\r\n' }, TLS_GREETING) },
  ),
  'ssl=any-cert': refused({}, { fields: 'ssl=any-cert', behind: { ...imapBehind(), implicitTls: true } }),
  'ssl with a name that fits': refused(
    {},
    {
      allFields: 'proxy proxy_no_multiplex host=backend.example.com hostip=127.0.0.1 port=@PORT@ ssl=yes',
      behind: { ...imapBehind(), implicitTls: true },
    },
  ),
  master: refused({}, { fields: 'master=admin pass=secret' }),
  'master without SASL-IR': refused(
    {},
    {
      fields: 'master=admin pass=secret',
      behind: imapBehind(
        {
          AUTHENTICATE: '+ \r\n',
          NOOP: '$ OK\r\n',
          LOGOUT: { text: '$ OK\r\n', next: 'end' },
          '*': 'L OK in\r\n',
        },
        '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n',
      ),
    },
  ),
  'destuser and pass': refused({}, { fields: 'destuser=other@example.org pass=secret' }),
  'a destuser with quotes': refused({}, { fields: 'destuser=o"th\\er pass=se"cret' }),
  'a destuser of eight bits': refused({}, { fields: 'destuser=ötto pass=sécret' }),
  proxy_nopipelining: refused({}, { fields: 'proxy_nopipelining' }),
  'proxy_nopipelining without capabilities': refused(
    {},
    { fields: 'proxy_nopipelining', behind: imapBehind({}, '* OK ready\r\n') },
  ),
  'proxy_nopipelining with STARTTLS': refused(
    {},
    { fields: 'proxy_nopipelining starttls=any-cert', behind: imapBehind({}, TLS_GREETING) },
  ),
  proxy_not_trusted: refused({}, { fields: 'proxy_not_trusted' }),
  'forward_ fields': refused({}, { fields: 'forward_one=1 forward_two forward_q=a"b' }),
  proxy_noauth: refused({}, { fields: 'proxy_noauth' }),
  'proxy_timeout for a silent backend': refused(
    {},
    { fields: 'proxy_timeout=4', behind: imapBehind({}, '') },
  ),
  'proxy_timeout for a backend that is silent later': refused(
    { LOGIN: '' },
    { fields: 'proxy_timeout=4500ms' },
  ),
  source_ip: refused({}, { fields: 'source_ip=127.0.0.33' }),
  nologin: one(['', 'a LOGIN @USER@ pass', 'b LOGOUT'], { allFields: 'nologin' }),
  'nologin with a reason': one(['', 'a LOGIN @USER@ pass', 'b LOGOUT'], {
    allFields: 'nologin reason=moved',
  }),
  'nologin with a host': one(['', 'a LOGIN @USER@ pass', 'b LOGOUT'], {
    allFields: 'nologin host=192.0.2.1 port=144 destuser=x',
  }),
  'a host that has no address': one(['', 'a LOGIN @USER@ pass', 'b LOGOUT'], {
    allFields: 'proxy host=nowhere.invalid',
  }),
  ...named(
    Object.fromEntries(
      ['plain', 'login', 'external', 'xoauth2', 'oauthbearer'].flatMap((mech) => [
        [mech, refused({ AUTHENTICATE: '$ OK in\r\n' }, { fields: `proxy_mech=${mech}` })],
        [
          `${mech} without SASL-IR`,
          refused(
            {},
            {
              fields: `proxy_mech=${mech} pass=secret`,
              behind: imapBehind(
                { AUTHENTICATE: '+ \r\n', '*': 'L OK in\r\n', LOGOUT: { text: '$ OK bye\r\n', next: 'end' } },
                '* OK [CAPABILITY IMAP4rev1] ready\r\n',
              ),
            },
          ),
        ],
        [
          `${mech} refused`,
          refused({ AUTHENTICATE: '$ NO [ALERT] no\r\n' }, { fields: `proxy_mech=${mech}` }),
        ],
        [
          `${mech} with a bad challenge`,
          refused({ AUTHENTICATE: '+ !!!\r\n' }, { fields: `proxy_mech=${mech}` }),
        ],
      ]),
    ),
    'proxy_mech',
  ),
};

export const IMAP_CASES: Readonly<Record<string, LiveCases>> = {
  'imap client': BEFORE_LOGIN,
  'imap SASL': saslCases({ one, hello: [''], logout: 'c LOGOUT' }),
  'imap front end': idCases((steps) => one(steps), LOGIN.slice(1)),
  'imap backend': BACKENDS,
  'imap field': FIELDS,
};
