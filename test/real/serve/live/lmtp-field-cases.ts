import type { LiveCase, LiveCases } from './case.js';
import {
  behindOf,
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
  whole,
} from './lmtp-behind.js';

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
  'a passdb that cannot be asked': lmtp([
    ...HELLO,
    MAIL,
    'RCPT TO:<tempfail@example.com>',
    RCPT,
    ...data(),
    'QUIT',
  ]),
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

export const LMTP_FIELD_CASES: Readonly<Record<string, LiveCases>> = {
  'LMTP destination': DESTINATION,
  'LMTP user': USERS,
  'LMTP to SMTP': SMTP,
  'LMTP capability': CAPABILITIES,
  'LMTP redirect': REDIRECTS,
};
