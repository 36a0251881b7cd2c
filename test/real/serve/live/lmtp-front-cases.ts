import { type LiveCase, type LiveCases, type Step, send, tls } from './case.js';
import {
  commands,
  data,
  HELLO,
  hello,
  lmtp,
  lmtpBehind,
  MAIL,
  PROBE,
  PROXY,
  probe,
  RCPT,
  WHOLE,
  whole,
} from './lmtp-behind.js';

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
  // 2.4 has one of two texts for it.
  'clear text instead of TLS': lmtp(['', 'LHLO a', 'STARTTLS', send('NOOP\r\n'), 'END'], { only: '2.3' }),
  'gone instead of TLS': lmtp(['', 'LHLO a', 'STARTTLS'], { only: '2.3' }),
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

export const LMTP_FRONT_CASES: Readonly<Record<string, LiveCases>> = {
  'LMTP front end': FRONT_ENDS,
  'LMTP and TLS': TLS,
};
