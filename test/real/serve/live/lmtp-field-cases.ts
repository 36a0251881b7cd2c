import { type LiveCase, type LiveCases, type Step, send, tls } from './case.js';
import {
  behindOf,
  commands,
  data,
  HELLO,
  hello,
  lmtp,
  lmtpBehind,
  MAIL,
  RCPT,
  WHOLE,
} from './lmtp-behind.js';

const PROBE: readonly Step[] = [...HELLO, MAIL, RCPT, 'RSET', 'QUIT'];

/** A user with these fields, a whole message or only the recipient. */
function whole(allFields: string, more: Partial<LiveCase> = {}): LiveCase {
  return lmtp(WHOLE, { allFields, ...more });
}

function probe(allFields: string, more: Partial<LiveCase> = {}): LiveCase {
  return lmtp(PROBE, { allFields, ...more });
}

const PROXY = 'proxy host=127.0.0.1 port=@PORT@';
/** 2.3 delivers such a message into a mailbox, here there are none. */
const ONLY_24: Partial<LiveCase> = { only: '2.4' };

const DESTINATION: LiveCases = {
  'a port twice': whole('proxy host=127.0.0.1 port=9 port=@PORT@'),
  'a host twice': whole('proxy host=192.0.2.1 host=127.0.0.1 port=@PORT@'),
  'a host with a name and an address': whole('proxy host=backend.example.com hostip=127.0.0.1 port=@PORT@'),
  'a host that has no address': probe('proxy host=nowhere.invalid port=@PORT@'),
  'a host name of this machine': whole('proxy host=localhost hostip=127.0.0.1 port=@PORT@'),
  'no host': probe('proxy port=@PORT@', ONLY_24),
  'an empty host': probe('proxy host= port=@PORT@', ONLY_24),
  'port 0': probe('proxy host=127.0.0.1 port=0', ONLY_24),
  'a port that is no number': probe('proxy host=127.0.0.1 port=x', ONLY_24),
  'a port that is too large': probe('proxy host=127.0.0.1 port=70000', ONLY_24),
  'a bad hostip': probe(`${PROXY} hostip=x`, ONLY_24),
  'a bad source_ip': probe(`${PROXY} source_ip=x`, ONLY_24),
  'an empty source_ip': whole(`${PROXY} source_ip=`, ONLY_24),
  'an unknown protocol': probe(`${PROXY} protocol=imap`, ONLY_24),
  'a bad proxy_timeout': probe(`${PROXY} proxy_timeout=x`, ONLY_24),
  'proxy_timeout with a unit': whole(`${PROXY} proxy_timeout=3s`, ONLY_24),
  source_ip: whole(`${PROXY} source_ip=127.0.0.33`),
  'a source_ip that is not there': probe(`${PROXY} source_ip=192.0.2.1`),
  'proxy=no': whole(`proxy=no host=127.0.0.1 port=@PORT@`),
  'proxy_maybe for another port': whole('proxy_maybe host=127.0.0.1 port=@PORT@'),
  'proxy_maybe for another address': whole('proxy_maybe host=127.0.0.2 hostip=127.0.0.1 port=@PORT@'),
  proxy_not_trusted: whole(`${PROXY} proxy_not_trusted`, {
    behind: lmtpBehind({ capabilities: ['XCLIENT ADDR PORT TTL'] }),
  }),
  'fields of other protocols': whole(`${PROXY} master=a proxy_mech=external proxy_noauth proxy_nopipelining`),
  nologin: probe('nologin', ONLY_24),
  'nologin with a reason': probe('nologin reason=moved', ONLY_24),
  'nologin with a host': probe('nologin host=192.0.2.1', ONLY_24),
  'nologin with a host and a port': probe('nologin host=192.0.2.1 port=24 destuser=o=x@example.org', ONLY_24),
  'nologin with a name and a user': probe(
    'nologin host=there.example.org port=2424 user=a%b@example.org',
    ONLY_24,
  ),
  'nologin with an address of IPv6': probe('nologin host=2001:db8::1 port=24', ONLY_24),
  'nologin beside proxy': whole(`${PROXY} nologin`),
  nopassword: whole(`${PROXY} nopassword`),
  allow_nets: probe(`${PROXY} allow_nets=192.0.2.0/24`, { leftOut: 'the real one delivers into a mailbox' }),
};

const USERS: LiveCases = {
  destuser: whole(`${PROXY} destuser=other@example.org`),
  'destuser and detail': lmtp([...HELLO, MAIL, 'RCPT TO:<@LOCAL@+a@example.com>', ...data(), 'QUIT'], {
    allFields: `${PROXY} destuser=other@example.org`,
  }),
  'destuser with ORCPT of the client': lmtp(
    [...HELLO, MAIL, 'RCPT TO:<@USER@> ORCPT=rfc822;a@b', ...data(), 'QUIT'],
    {
      allFields: `${PROXY} destuser=other@example.org`,
    },
  ),
  'destuser without a domain': whole(`${PROXY} destuser=other`),
  'destuser of the same name in capitals': whole(`${PROXY} destuser=USER@example.com`),
  'destuser with a quote': whole(`${PROXY} destuser=o"x@example.org`),
  'destuser in quotes': whole(`${PROXY} destuser="ox"@example.org`),
  'destuser with two at signs': whole(`${PROXY} destuser=o@x@example.org`),
  'destuser that is no address': probe(`${PROXY} destuser=a@b_c@`),
  'destuser with a domain that is none': probe(`${PROXY} destuser=a@b!c`),
  'an empty destuser': probe(`${PROXY} destuser=`),
  'destuser with a domain literal': whole(`${PROXY} destuser=a@[192.0.2.1]`),
  user: whole(`${PROXY} user=changed@example.org`),
  'user and destuser': whole(`${PROXY} user=changed@example.org destuser=other@example.org`),
  'destuser and user': whole(`${PROXY} destuser=other@example.org user=changed@example.org`),
  'a detail': lmtp([...HELLO, MAIL, 'RCPT TO:<@LOCAL@+a@example.com>', ...data(), 'QUIT']),
  'a detail that is empty': lmtp([...HELLO, MAIL, 'RCPT TO:<@LOCAL@+@example.com>', ...data(), 'QUIT']),
  'two details': lmtp([...HELLO, MAIL, 'RCPT TO:<@LOCAL@+a+b@example.com>', ...data(), 'QUIT']),
  'a detail alone': lmtp([...HELLO, MAIL, 'RCPT TO:<+a@example.com>', 'RSET', 'QUIT'], {
    leftOut: 'the process of 2.4 dies of an empty user',
  }),
  'other delimiters': lmtp([...HELLO, MAIL, 'RCPT TO:<@LOCAL@-a+b@example.com>', 'RSET', 'QUIT'], {
    from: 'private',
    allFields: `${PROXY} destuser=other@example.org`,
  }),
  'a name in quotes': lmtp([...HELLO, MAIL, 'RCPT TO:<"@LOCAL@"@example.com>', ...data(), 'QUIT']),
  'a name in capitals': lmtp([...HELLO, MAIL, 'RCPT TO:<@UPPER@>', ...data(), 'QUIT']),
  'a detail in quotes': lmtp([...HELLO, MAIL, 'RCPT TO:<"@LOCAL@+a b"@example.com>', ...data(), 'QUIT'], {
    allFields: `${PROXY} destuser=other@example.org`,
  }),
  'forward_ fields for a server that takes them': whole(
    `${PROXY} forward_one=1 forward_two forward_q=a=b+c`,
    {
      behind: lmtpBehind({ capabilities: ['PIPELINING', 'XRCPTFORWARD'] }),
    },
  ),
  'forward_ fields for a server that does not': whole(`${PROXY} forward_one=1`),
  'forward_ fields of two users of one server': lmtp(
    [...HELLO, MAIL, RCPT, 'RCPT TO:<@USER:b@>', ...data(2), 'QUIT'],
    {
      behind: lmtpBehind({ capabilities: ['PIPELINING', 'XRCPTFORWARD'] }),
      allFields: `${PROXY} forward_one=1`,
      more: { b: { allFields: `${PROXY} forward_one=2 destuser=b@example.org` } },
    },
  ),
};

const SMTP: LiveCases = {
  'protocol=smtp': whole(`${PROXY} protocol=smtp`),
  'protocol=smtp before the port': whole('proxy protocol=smtp host=127.0.0.1 port=@PORT@'),
  'protocol=smtp with XCLIENT': whole(`${PROXY} protocol=smtp`, {
    behind: lmtpBehind({
      capabilities: ['PIPELINING', 'XCLIENT NAME ADDR PORT PROTO HELO LOGIN SESSION TTL TIMEOUT'],
    }),
  }),
  'protocol=smtp without CHUNKING': whole(`${PROXY} protocol=smtp`, {
    behind: lmtpBehind({ capabilities: ['PIPELINING'] }),
  }),
  'protocol=smtp and a server that knows HELO alone': whole(`${PROXY} protocol=smtp`, {
    behind: lmtpBehind({ answers: { EHLO: '502 5.5.1 what\r\n', HELO: '250 backend\r\n' } }),
  }),
  'protocol=smtp and 500 to EHLO and HELO': probe(`${PROXY} protocol=smtp`, {
    behind: lmtpBehind({ answers: { EHLO: '500 what\r\n', HELO: '500 what\r\n' } }),
  }),
  'protocol=smtp and 550 to EHLO': probe(`${PROXY} protocol=smtp`, {
    behind: lmtpBehind({ answers: { EHLO: '550 no\r\n' } }),
  }),
  'protocol=smtp and control characters in the greeting': whole(`${PROXY} protocol=smtp`, {
    behind: lmtpBehind({ answers: { EHLO: '250-backend a\x01b\x7fc\r\n250 PIPELINING\r\n' } }),
  }),
  'protocol=smtp and control characters in the name': probe(`${PROXY} protocol=smtp`, {
    behind: lmtpBehind({ answers: { EHLO: '250-back\x01end\r\n250 PIPELINING\r\n' } }),
  }),
  'protocol=smtp and a message that is refused': whole(`${PROXY} protocol=smtp`, {
    behind: lmtpBehind({ saved: ['552 5.2.2 full'] }),
  }),
  'protocol=smtp with two recipients': lmtp(
    [...HELLO, MAIL, RCPT, 'RCPT TO:<@USER:b@>', ...data(2), 'QUIT'],
    {
      allFields: `${PROXY} protocol=smtp`,
      more: { b: { allFields: `${PROXY} protocol=smtp` } },
    },
  ),
  'protocol=lmtp and protocol=smtp at one server': lmtp(
    [...HELLO, MAIL, RCPT, 'RCPT TO:<@USER:b@>', ...data(2), 'QUIT'],
    {
      allFields: `${PROXY} protocol=smtp`,
      more: { b: { allFields: `${PROXY} protocol=lmtp`, behind: lmtpBehind() } },
    },
  ),
};

function capable(lines: readonly string[], more: Partial<LiveCase> = {}): LiveCase {
  return behindOf({ answers: { LHLO: hello(lines) } }, more);
}

const CAPABILITIES: LiveCases = {
  'no capabilities': capable([]),
  'capabilities in small letters': capable(['pipelining', 'chunking', 'enhancedstatuscodes']),
  'capabilities with parameters': capable([
    'SIZE 1000',
    'PIPELINING x y',
    'AUTH PLAIN LOGIN',
    'XRCPTFORWARD',
  ]),
  'a capability that is empty': capable(['', 'PIPELINING']),
  'capabilities with mistakes': capable(['PIPE(LINING', '-X', 'SIZE  5', 'CHUNKING ', 'X-Y=Z', 'PIPELINING']),
  'a SIZE that is no number': capable(['SIZE x', 'PIPELINING']),
  'the same capability twice': capable(['XCLIENT ADDR', 'XCLIENT PORT', 'PIPELINING']),
  'BODY=8BITMIME for a server that knows it': lmtp([
    ...HELLO,
    `${MAIL} BODY=8BITMIME`,
    RCPT,
    ...data(),
    'QUIT',
  ]),
  'BODY=7BIT for a server that knows 8BITMIME': lmtp([
    ...HELLO,
    `${MAIL} BODY=7BIT`,
    RCPT,
    ...data(),
    'QUIT',
  ]),
  'BODY=7BIT for a server that does not know 8BITMIME': lmtp(
    [...HELLO, `${MAIL} BODY=7BIT`, RCPT, ...data(), 'QUIT'],
    {
      behind: lmtpBehind({ capabilities: ['PIPELINING'] }),
    },
  ),
};

/** 2.4 follows. */
function redirected(reply: string, more: Partial<LiveCase> = {}): LiveCase {
  return lmtp(PROBE, { behind: lmtpBehind({ answers: { RCPT: `${reply}\r\n` } }), ...more });
}

const REDIRECTS: LiveCases = {
  ...Object.fromEntries(
    [
      '550 5.2.900 x@127.0.0.1:1',
      '550 5.2.900 <a@b> x@127.0.0.1:1 moved',
      '550 5.2.900 <a@b>',
      '550 5.2.900 <a@b x@127.0.0.1:1',
      '550 5.2.900 x@127.0.0.1:99999',
      '550 5.2.900 x@127.0.0.1(1',
      '550 5.2.900 x%@127.0.0.1',
      '551 5.2.900 x@127.0.0.1:1',
      '550 5.2.901 x@127.0.0.1:1',
    ].map((reply) => [reply, redirected(reply)]),
  ),
  'a redirect without a user': redirected('550 5.2.900 127.0.0.1:1 moved', { crashes: '2.4' }),
  'a redirect to a name': redirected('550 5.2.900 nowhere to go', { crashes: '2.4' }),
};

const FRONT =
  'XCLIENT ADDR=192.0.2.7 PORT=4444 PROTO=ESMTP HELO=front.example.org LOGIN=joe SESSION=front TTL=3 TIMEOUT=20';
const KNOWN = 'XCLIENT ADDR PORT PROTO HELO LOGIN SESSION CLIENT-TRANSPORT TTL TIMEOUT DESTNAME';

/** A front end's client, and then a message for a server that is told of it. */
function front(xclient: readonly string[], more: Partial<LiveCase> = {}): LiveCase {
  const told = xclient.flatMap((line): Step[] => [line]);
  return lmtp(['', ...told, 'LHLO client.example.org', MAIL, RCPT, ...data(), 'QUIT'], {
    from: 'trusted',
    behind: lmtpBehind({ capabilities: ['PIPELINING', 'XRCPTFORWARD', KNOWN] }),
    ...more,
  });
}

const FRONT_ENDS: LiveCases = {
  'a message of nobody special, told of': front([], { from: 'any' }),
  'a message of a trusted client': front([]),
  'everything in XCLIENT': front([FRONT]),
  'XCLIENT twice': front([
    'XCLIENT ADDR=192.0.2.7 PORT=1 SESSION=a',
    'XCLIENT ADDR=192.0.2.8 HELO=b.example.org',
  ]),
  'XCLIENT without parameters': front(['XCLIENT']),
  'XCLIENT of an address of IPv6': front(['XCLIENT ADDR=IPV6:2001:db8::7']),
  'XCLIENT of an address of IPv6 without a word for it': front(['XCLIENT ADDR=2001:db8::7']),
  'XCLIENT with unavailable values': front([
    'XCLIENT ADDR=[UNAVAILABLE] PORT=[unavailable] HELO=[UNAVAILABLE] LOGIN=[UNAVAILABLE] SESSION=[UNAVAILABLE]',
  ]),
  'XCLIENT PROTO=SMTP': front(['XCLIENT PROTO=smtp']),
  'XCLIENT TTL=1': front(['XCLIENT TTL=1']),
  'XCLIENT TTL=2': front(['XCLIENT TTL=2']),
  'XCLIENT TTL=100': front(['XCLIENT TTL=100']),
  'XCLIENT TTL=0': lmtp(['', 'XCLIENT TTL=0', 'LHLO x', MAIL, RCPT, 'QUIT'], { from: 'trusted' }),
  'XCLIENT CLIENT-TRANSPORT=TLS': front(['XCLIENT CLIENT-TRANSPORT=TLS']),
  'XCLIENT CLIENT-TRANSPORT=insecure DESTNAME': front([
    'XCLIENT CLIENT-TRANSPORT=insecure DESTNAME=mail.example.org',
  ]),
  'XCLIENT with xtext': front(['XCLIENT LOGIN=a+2Bb+3Dc SESSION=x+2By']),
  'XCLIENT with an unknown name': front(['XCLIENT FORWARD=YQ== FOO=bar NAME=x']),
  'XCLIENT in small letters': front(['xclient addr=192.0.2.9 proto=lmtp']),
  'XCLIENT before and behind LHLO': lmtp(
    ['', 'LHLO a', 'XCLIENT ADDR=192.0.2.7', 'LHLO b', MAIL, RCPT, ...data(), 'QUIT'],
    { from: 'trusted', behind: lmtpBehind({ capabilities: [KNOWN] }) },
  ),
  'XCLIENT with mistakes': commands(
    [
      'XCLIENT ADDR=x',
      'XCLIENT ADDR=IPV6:192.0.2.1',
      'XCLIENT PORT=x',
      'XCLIENT PORT=0',
      'XCLIENT PORT=70000',
      'NOOP',
      'XCLIENT PROTO=x',
      'XCLIENT TTL=x',
      'XCLIENT TIMEOUT=x',
      'XCLIENT TTL=-1',
      'NOOP',
      'XCLIENT =x',
      'XCLIENT ADDR==',
      'XCLIENT LOGIN=+2',
      'XCLIENT LOGIN=+00',
      'XCLIENT  ADDR=192.0.2.1',
      'NOOP',
      'XCLIENT ADDR=192.0.2.1  PORT=1',
      'XCLIENT DESTNAME=a..b',
      'XCLIENT DESTNAME',
      'XCLIENT ADDR',
      'XCLIENT HELO=-x',
      'XCLIENT HELO=',
    ],
    { from: 'trusted' },
  ),
  'XCLIENT of anybody': commands(['XCLIENT ADDR=192.0.2.1', 'LHLO x', 'XCLIENT']),
  'XCLIENT in a transaction': commands(
    ['LHLO x', MAIL, 'XCLIENT ADDR=192.0.2.1', 'RSET', 'XCLIENT ADDR=192.0.2.1', 'NOOP'],
    {
      from: 'trusted',
    },
  ),
  'an address that XCLIENT makes trusted': commands(
    ['XCLIENT ADDR=192.0.2.1', 'LHLO x', 'XCLIENT ADDR=192.0.2.2', 'LHLO y'],
    {
      from: 'trusted',
    },
  ),
  'XRCPTFORWARD of a trusted client': lmtp(
    [...HELLO, MAIL, 'RCPT TO:<@USER@> XRCPTFORWARD=a+3D1+09b', ...data(), 'QUIT'],
    { from: 'trusted', fields: 'forward_own=2', behind: lmtpBehind({ capabilities: ['XRCPTFORWARD'] }) },
  ),
  'XRCPTFORWARD without forward_ fields': lmtp(
    [...HELLO, MAIL, 'RCPT TO:<@USER@> XRCPTFORWARD=a+3D1', ...data(), 'QUIT'],
    { from: 'trusted', behind: lmtpBehind({ capabilities: ['XRCPTFORWARD'] }) },
  ),
  'XRCPTFORWARD with mistakes': commands(
    [
      'LHLO x',
      MAIL,
      'RCPT TO:<@USER@> XRCPTFORWARD=+2',
      'RCPT TO:<@USER@> XRCPTFORWARD=+00',
      'RCPT TO:<nobody@example.com> XRCPTFORWARD=',
    ],
    { from: 'trusted' },
  ),
  'XRCPTFORWARD without a value': commands(['LHLO x', MAIL, 'RCPT TO:<nobody@example.com> XRCPTFORWARD'], {
    from: 'trusted',
    crashes: true,
  }),
  'a server that knows some of XCLIENT': front([FRONT], {
    behind: lmtpBehind({ capabilities: ['XCLIENT ADDR TTL SESSION FOO'] }),
  }),
  'a server that knows nothing of XCLIENT but the name': front([FRONT], {
    behind: lmtpBehind({ capabilities: ['XCLIENT'] }),
  }),
  'a server that refuses XCLIENT': front([FRONT], {
    behind: lmtpBehind({ capabilities: [KNOWN], answers: { XCLIENT: '550 5.7.1 no\r\n' } }),
  }),
  'a server that ends at XCLIENT': lmtp(PROBE, {
    behind: lmtpBehind({ capabilities: [KNOWN], answers: { XCLIENT: '421 4.3.2 bye\r\n' } }),
  }),
  'XCLIENT that does not fit into a line': front([
    `XCLIENT LOGIN=${'x'.repeat(300)} SESSION=${'y'.repeat(300)}`,
  ]),
};

function tlsClient(steps: readonly Step[], more: Partial<LiveCase> = {}): LiveCase {
  return lmtp(['', 'LHLO a', 'STARTTLS', tls(), ...steps], more);
}

const NAMED = 'proxy host=backend.example.com hostip=127.0.0.1 port=@PORT@';
const SECURE = { behind: lmtpBehind({ implicitTls: true }) };
const OFFERING = { behind: lmtpBehind({ capabilities: ['STARTTLS', 'PIPELINING', KNOWN] }) };

const TLS: LiveCases = {
  'STARTTLS of a client': tlsClient(['LHLO b', MAIL, RCPT, ...data(), 'QUIT']),
  'a message behind STARTTLS without LHLO': tlsClient([MAIL, RCPT, ...data(), 'QUIT']),
  'STARTTLS twice': tlsClient(['LHLO b', 'STARTTLS', 'QUIT']),
  'STARTTLS with a word': commands(['LHLO a', 'STARTTLS x', 'NOOP']),
  'STARTTLS before LHLO': lmtp(['', 'STARTTLS', tls(), 'LHLO b', 'QUIT']),
  'STARTTLS in a transaction': lmtp([
    '',
    'LHLO a',
    MAIL,
    'STARTTLS',
    tls(),
    'RCPT TO:<@USER@>',
    'LHLO b',
    'QUIT',
  ]),
  // 2.3 says that an argument is invalid.
  'clear text behind STARTTLS': lmtp(['', 'LHLO a', send('STARTTLS\r\nNOOP\r\n'), 'END'], { only: '2.4' }),
  'clear text instead of TLS': lmtp(['', 'LHLO a', 'STARTTLS', send('NOOP\r\n'), 'END']),
  'gone instead of TLS': lmtp(['', 'LHLO a', 'STARTTLS']),
  'TLS that is required': commands(['LHLO a', MAIL, RCPT, 'RSET'], { from: 'encrypted' }),
  'TLS that is required and there': tlsClient(['LHLO b', MAIL, RCPT, ...data(), 'QUIT'], {
    from: 'encrypted',
  }),
  'TLS at once': lmtp(WHOLE, { implicitTls: true }),
  'TLS at once, and STARTTLS': lmtp(['', 'LHLO a', 'STARTTLS', 'QUIT'], { implicitTls: true }),
  'a trusted client behind TLS': tlsClient(
    ['XCLIENT ADDR=192.0.2.7', 'LHLO b', MAIL, RCPT, ...data(), 'QUIT'],
    {
      from: 'trusted',
      behind: lmtpBehind({ capabilities: [KNOWN] }),
    },
  ),
  'a client behind TLS for a server that is told of it': tlsClient(
    ['LHLO b', MAIL, RCPT, ...data(), 'QUIT'],
    {
      behind: lmtpBehind({ capabilities: [KNOWN] }),
    },
  ),
  'gone behind TLS': tlsClient(['LHLO b', MAIL]),
  'ssl=any-cert': whole(`${PROXY} ssl=any-cert`, SECURE),
  'ssl=yes with a name that fits': whole(`${NAMED} ssl=yes`, SECURE),
  'starttls=any-cert': whole(`${PROXY} starttls=any-cert`, OFFERING),
  'starttls=yes with a name that fits': whole(`${NAMED} starttls=yes`, OFFERING),
  'ssl and starttls': whole(`${PROXY} ssl=any-cert starttls=yes`, OFFERING),
  'starttls that is not offered': probe(`${PROXY} starttls=any-cert`),
  'starttls that is refused': probe(`${PROXY} starttls=any-cert`, {
    behind: lmtpBehind({ capabilities: ['STARTTLS'], answers: { STARTTLS: '454 4.7.0 no\r\n' } }),
  }),
  'starttls that is refused for good': probe(`${PROXY} starttls=any-cert`, {
    behind: lmtpBehind({ capabilities: ['STARTTLS'], answers: { STARTTLS: '550 no\r\n' } }),
  }),
  'starttls and the end': probe(`${PROXY} starttls=any-cert`, {
    behind: lmtpBehind({ capabilities: ['STARTTLS'], answers: { STARTTLS: { text: '', next: 'end' } } }),
  }),
  'starttls and other capabilities behind it': whole(`${PROXY} starttls=any-cert`, {
    behind: lmtpBehind({
      capabilities: ['STARTTLS', 'PIPELINING'],
      answers: { 'LHLO TLS': hello(['CHUNKING', 'ENHANCEDSTATUSCODES', 'XRCPTFORWARD']) },
    }),
  }),
  'starttls and a refusal behind it': probe(`${PROXY} starttls=any-cert`, {
    behind: lmtpBehind({ capabilities: ['STARTTLS'], answers: { 'LHLO TLS': '550 5.7.1 no\r\n' } }),
  }),
};

export const LMTP_FIELD_CASES: Readonly<Record<string, LiveCases>> = {
  'LMTP destination': DESTINATION,
  'LMTP user': USERS,
  'LMTP to SMTP': SMTP,
  'LMTP capability': CAPABILITIES,
  'LMTP redirect': REDIRECTS,
  'LMTP front end': FRONT_ENDS,
  'LMTP and TLS': TLS,
};
