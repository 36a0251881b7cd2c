import type { LoginProtocol } from '../../../src/proxy/login-protocols.js';

export type Texts = readonly [string, ...string[]];

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
const PLAIN = base64('\0joe\0secret');
const RESPONSES: Texts = [
  '\r\n',
  '*\r\n',
  `${PLAIN}\r\n`,
  `${base64('joe')}\r\n`,
  `${base64('secret')}\r\n`,
  '=\r\n',
  'a'.repeat(900),
];

/** What clients say. */
export const CLIENT_WORDS: Readonly<Record<LoginProtocol | 'lmtp', Texts>> = {
  imap: [
    'a LOGIN joe secret\r\n',
    'b LOGIN "joe" {6}\r\n',
    'secret\r\n',
    'c LOGIN {3+}\r\njoe {6+}\r\nsecret\r\n',
    'd AUTHENTICATE PLAIN\r\n',
    `e AUTHENTICATE PLAIN ${PLAIN}\r\n`,
    'f AUTHENTICATE LOGIN\r\n',
    'g AUTHENTICATE CRAM-MD5\r\n',
    'h AUTHENTICATE XOAUTH2 =\r\n',
    'i CAPABILITY\r\n',
    'j STARTTLS\r\n',
    'k ID ("name" "x" "x-originating-ip" "192.0.2.1" "x-session-id" "abc" "x-proxy-ttl" "2")\r\n',
    'l ID NIL\r\n',
    'm NOOP\r\n',
    'n ENABLE X\r\n',
    'o LOGOUT\r\n',
    'LOGIN x\r\n',
    ...RESPONSES,
  ],
  pop3: [
    'USER joe\r\n',
    'PASS secret\r\n',
    'AUTH\r\n',
    'AUTH PLAIN\r\n',
    `AUTH PLAIN ${PLAIN}\r\n`,
    'AUTH SCRAM-SHA-1 =\r\n',
    'APOP joe 0123456789abcdef0123456789abcdef\r\n',
    'CAPA\r\n',
    'STLS\r\n',
    'XCLIENT ADDR=192.0.2.1 PORT=5 SESSION=abc TTL=2 FORWARD=YT1i\r\n',
    'XOIP 192.0.2.1\r\n',
    'QUIT\r\n',
    'TOP 1\r\n',
    ...RESPONSES,
  ],
  submission: [
    'EHLO client\r\n',
    'HELO client\r\n',
    'AUTH PLAIN\r\n',
    `AUTH PLAIN ${PLAIN}\r\n`,
    'AUTH LOGIN\r\n',
    'AUTH DIGEST-MD5\r\n',
    'STARTTLS\r\n',
    'XCLIENT ADDR=192.0.2.1 PORT=5 PROTO=ESMTP HELO=x LOGIN=joe SESSION=a TTL=2\r\n',
    'MAIL FROM:<a@b>\r\n',
    'NOOP\r\n',
    'RSET\r\n',
    'QUIT\r\n',
    ...RESPONSES,
  ],
  sieve: [
    'CAPABILITY\r\n',
    'AUTHENTICATE "PLAIN"\r\n',
    `AUTHENTICATE "PLAIN" "${PLAIN}"\r\n`,
    `AUTHENTICATE "PLAIN" {${PLAIN.length}+}\r\n${PLAIN}\r\n`,
    'AUTHENTICATE "SCRAM-SHA-256"\r\n',
    `"${PLAIN}"\r\n`,
    '{4+}\r\nabcd\r\n',
    '"*"\r\n',
    'STARTTLS\r\n',
    'NOOP "x"\r\n',
    'XCLIENT ADDR=192.0.2.1 PORT=5 SESSION=abc TTL=2\r\n',
    'LOGOUT\r\n',
    ...RESPONSES,
  ],
  lmtp: [
    'LHLO client\r\n',
    'MAIL FROM:<a@example.com>\r\n',
    'MAIL FROM:<> BODY=8BITMIME\r\n',
    'RCPT TO:<joe@example.com>\r\n',
    'MAIL FROM:"a b"@c> SMTPUTF8\r\n',
    'MAIL FROM:<@a,:b c>\r\n',
    'MAIL FROM: a@[IPv6:::1]\r\n',
    'RCPT TO:<\xc3\xa4@example.com> ORCPT=rfc822;"+22a+22@b XRCPTFORWARD=a+3Db\r\n',
    'LHLO [\r\nNOOP "\\',
    'RCPT TO:<"a b"+x@example.com> ORCPT=rfc822;x NOTIFY=NEVER\r\n',
    'RCPT TO:<@a,@b:joe@example.com>\r\n',
    'DATA\r\n',
    'Subject: x\r\n\r\n..body\r\n.\r\n',
    '.\r\n',
    'BDAT 5\r\nabcde',
    'BDAT 3 LAST\r\nabc',
    'BDAT 0 LAST\r\n',
    'RSET\r\n',
    'VRFY x\r\n',
    'NOOP\r\n',
    'STARTTLS\r\n',
    'XCLIENT ADDR=192.0.2.1 PORT=5 PROTO=LMTP HELO=x SESSION=a TTL=2\r\n',
    'QUIT\r\n',
  ],
};

const SMTP: Texts = [
  '220 backend ready\r\n',
  '250 OK\r\n',
  '250-backend\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-STARTTLS\r\n250-AUTH PLAIN XOAUTH2\r\n250 XCLIENT ADDR PORT PROTO HELO LOGIN SESSION TTL TIMEOUT FORWARD\r\n',
  '354 go\r\n',
  '334 \r\n',
  '235 2.7.0 Logged in\r\n',
  '250 2.1.5 OK\r\n250 2.1.5 OK\r\n250 2.1.5 OK\r\n',
  '451 4.3.0 later\r\n',
  '550 5.1.1 <x> unknown\r\n',
  '551 5.7.14 <joe@127.0.0.2:24> Referral\r\n',
  '550 5.2.900 <joe@example.com> joe%40b@127.0.0.2:24 Referral\r\n',
  '550 5.2.900 <joe@example.com> x@[::1]:99999 Referral\r\n',
  '250-backend\r\n250-SIZE x\r\n250-(\r\n250 ENHANCEDSTATUSCODES\r\n',
  '421 bye\r\n',
];

/** What backends say. */
export const BACKEND_WORDS: Readonly<Record<LoginProtocol | 'lmtp', Texts>> = {
  imap: [
    '* OK [CAPABILITY IMAP4rev1 ID SASL-IR AUTH=PLAIN STARTTLS] ready\r\n',
    '* OK ready\r\n',
    '* CAPABILITY IMAP4rev1 ID\r\n',
    'C OK done\r\n',
    'I OK done\r\n',
    'S OK begin\r\n',
    'L OK [CAPABILITY IMAP4rev1] Logged in\r\n',
    'L NO [AUTHENTICATIONFAILED] no\r\n',
    'L NO [REFERRAL imap://joe;AUTH=PLAIN@127.0.0.2:144/] go\r\n',
    'L NO [UNAVAILABLE] later\r\n',
    '+ \r\n',
    '* BYE gone\r\n',
    '* ID NIL\r\n',
  ],
  pop3: [
    '+OK [XCLIENT] ready\r\n',
    '+OK ready\r\n',
    '+OK\r\n',
    '+ \r\n',
    '-ERR no\r\n',
    '-ERR [IN-USE] locked\r\n',
    '-ERR [REFERRAL/joe@127.0.0.2:111] go\r\n',
  ],
  submission: SMTP,
  sieve: [
    '"SASL" "PLAIN"\r\n',
    '"STARTTLS"\r\n',
    '"XCLIENT"\r\n',
    'OK "ready"\r\n',
    'OK\r\n',
    'NO "no"\r\n',
    'NO (REFERRAL "sieve://joe@127.0.0.2:4191") "go"\r\n',
    'NO (TRYLATER) "later"\r\n',
    '{3+}\r\n',
    '""\r\n',
    'BYE "x"\r\n',
  ],
  lmtp: SMTP,
};

/** Fields that a passdb gives. */
export const FIELDS: Texts = [
  'proxy host=127.0.0.2 pass=x',
  'proxy host=127.0.0.2 pass=x ssl=yes',
  'proxy host=127.0.0.2 pass=x starttls=any-cert',
  'proxy host=127.0.0.2 pass=x starttls=yes proxy_timeout=3 proxy_nopipelining',
  'proxy host=127.0.0.2 pass=x master=m',
  'proxy host=127.0.0.2 proxy_mech=xoauth2 pass=x',
  'proxy host=127.0.0.2 proxy_mech=scram-sha-256 pass=x',
  'proxy host=::1 pass=x destuser=other',
  'proxy host=name.example.com hostip=127.0.0.3 pass=x proxy_not_trusted proxy_noauth',
  'proxy host=name.example.com',
  'proxy host=127.0.0.2 port=0 ssl=maybe',
  'proxy',
  'proxy_maybe host=127.0.0.1',
  'nologin host=127.0.0.9 reason=moved',
  '',
];

const SMTP_HELLO =
  '250-backend\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250 XCLIENT ADDR PORT SESSION TTL\r\n';

/** What a backend that works says to a line. */
export function sensibleAnswer(protocol: LoginProtocol | 'lmtp', line: string): string {
  switch (protocol) {
    case 'imap': {
      const [tag = ''] = line.split(' ');
      return line === '' ? '* OK [CAPABILITY IMAP4rev1 ID STARTTLS] ready\r\n' : `${tag} OK done\r\n`;
    }
    case 'pop3':
      return line === '' ? '+OK [XCLIENT] ready\r\n' : '+OK\r\n';
    case 'sieve':
      return line === '' || line.startsWith('STARTTLS')
        ? '"SASL" "PLAIN"\r\n"STARTTLS"\r\n"XCLIENT"\r\nOK "ready"\r\n'
        : 'OK\r\n';
    case 'submission':
    case 'lmtp':
      if (line === '' || line.startsWith('STARTTLS') || line.startsWith('XCLIENT')) return '220 go\r\n';
      if (/^(EHLO|LHLO)/.test(line)) return SMTP_HELLO;
      if (line.startsWith('AUTH')) return '235 in\r\n';
      return line.startsWith('DATA') ? '354 go\r\n' : '250 2.1.0 OK\r\n';
  }
}

/** A delivery that goes well. */
export const DELIVERY: readonly string[] = [
  'LHLO client\r\n',
  'MAIL FROM:<a@example.com>\r\n',
  'RCPT TO:<joe@example.com>\r\n',
  'RCPT TO:<ann@example.com>\r\n',
  'DATA\r\n',
  'Subject: x\r\n\r\n..body\r\n.\r\n',
  'MAIL FROM:<>\r\n',
  'RCPT TO:<joe@example.com>\r\n',
  'BDAT 5\r\nabcde',
  'BDAT 3 LAST\r\nabc',
];
