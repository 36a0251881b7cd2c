import fc from 'fast-check';
import type { LoginProtocol } from '../../../../src/proxy/login-protocols.js';
import { base64 } from './case.js';

const printable = fc.string({ minLength: 1, maxLength: 12 });
const octets = fc
  .uint8Array({ minLength: 1, maxLength: 12 })
  .map((bytes) => Buffer.from(bytes).toString('latin1').replaceAll('\n', '.'));
const long = fc
  .constantFrom(60, 64, 120, 127, 250, 255, 500, 1000, 1024, 1100, 4096, 8190, 8192, 8200, 9000)
  .chain((length) => fc.constantFrom('x', '=', '"', ' ', '\\').map((character) => character.repeat(length)));
const word = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('@USER@', 'pass', 'nobody', 'wrong', 'joe', 'a b', 'x"y', 'a\\b') },
  { weight: 3, arbitrary: printable },
  { weight: 1, arbitrary: octets },
  { weight: 1, arbitrary: long },
  { weight: 1, arbitrary: fc.constant('') },
);

/** What stands behind a mechanism, or alone on a line of an exchange. */
const response = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('@PLAIN@', '=', '', '*', base64('nobody'), base64('pass')) },
  {
    weight: 3,
    arbitrary: fc.tuple(word, word, word).map((parts) => base64(parts.join('\0'))),
  },
  { weight: 2, arbitrary: word.map(base64) },
  { weight: 2, arbitrary: fc.constantFrom('!!!', 'YQ', 'YQ=', 'YQ===', 'YQ==YQ==', 'Y Q==', '=YQ=', 'YQ= ') },
  { weight: 1, arbitrary: word },
  { weight: 1, arbitrary: long },
);
export const mechanism = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('PLAIN', 'LOGIN', 'plain', 'CRAM-MD5', 'DIGEST-MD5', 'LOGIN') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('SCRAM-SHA-1', 'SCRAM-SHA-256', 'NONE', 'XOAUTH2', 'EXTERNAL', ''),
  },
  { weight: 1, arbitrary: word },
);

const quoted = word.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`);
const openQuoted = word.map((text) => `"${text}"`);
const literal = fc
  .tuple(
    word,
    fc.constantFrom('+', ''),
    fc.constantFrom(0, 0, 0, 1, -1, 5),
    fc.constantFrom('\r\n', '\n', ''),
  )
  .map(([text, plus, more, end]) => `{${Math.max(0, text.length + more)}${plus}}${end}${text}`);
const oddLiteral = fc.constantFrom(
  '{',
  '{}',
  '{x}',
  '{1',
  '{1+',
  '{-1}',
  '{99999}',
  '{99999+}',
  '{12345678901234567890}',
  '~{1+}',
);
const atom = fc.oneof(
  word,
  fc.constantFrom('NIL', 'nil', '(', ')', '()', '(a', 'a)', '*', '%', '+', '[', ']', '{'),
);
const argument = fc.oneof(
  { weight: 4, arbitrary: quoted },
  { weight: 2, arbitrary: openQuoted },
  { weight: 3, arbitrary: literal },
  { weight: 1, arbitrary: oddLiteral },
  { weight: 4, arbitrary: atom },
  { weight: 1, arbitrary: fc.array(quoted, { maxLength: 4 }).map((list) => `(${list.join(' ')})`) },
);
const space = fc.constantFrom(' ', ' ', ' ', ' ', ' ', '  ', '', '\t');
const parameters = fc
  .array(fc.tuple(space, argument), { maxLength: 3 })
  .map((list) => list.map((pair) => pair.join('')).join(''));

function command(names: readonly [string, ...string[]]): fc.Arbitrary<string> {
  const known = fc.constantFrom(...names);
  return fc.oneof(
    { weight: 8, arbitrary: known },
    { weight: 1, arbitrary: known.map((name) => name.toLowerCase()) },
    { weight: 1, arbitrary: fc.tuple(known, printable).map(([name, more]) => name + more) },
    { weight: 1, arbitrary: word },
  );
}

const IMAP_IDS = [
  'x-originating-ip',
  'x-originating-port',
  'x-connected-ip',
  'x-connected-port',
  'x-connected-name',
  'x-proxy-ttl',
  'x-session-id',
  'x-session-ext-id',
  'x-client-transport',
  'x-multiplex',
  'x-forward-a',
  'x-forward-',
  'name',
  'X-PROXY-TTL',
] as const;
const CLIENT_FACTS = [
  'ADDR',
  'PORT',
  'SESSION',
  'TTL',
  'FORWARD',
  'PROTO',
  'HELO',
  'LOGIN',
  'TIMEOUT',
  'CLIENT-TRANSPORT',
  'DESTNAME',
  'addr',
  'FOO',
] as const;
const factValue = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      ...[
        '@ADDR@',
        '192.0.2.7',
        '2001:db8::7',
        'IPV6:2001:db8::7',
        '143',
        '0',
        '65536',
        '3',
        '1',
        'front',
        'TLS',
        'INSECURE',
      ],
      ...[
        'YT0xCWI9Mg==',
        'YT0xCWI9Mg+3D+3D',
        'mail.example.com',
        'ESMTP',
        '[UNAVAILABLE]',
        '[TEMPUNAVAIL]',
        '-1',
        '',
      ],
    ),
  },
  { weight: 1, arbitrary: word },
);
const imapId = fc
  .array(fc.tuple(fc.constantFrom(...IMAP_IDS), factValue), { minLength: 1, maxLength: 4 })
  .map(
    (pairs) => ` (${pairs.map(([key, value]) => `"${key}" "${value.replace(/["\\]/g, '\\$&')}"`).join(' ')})`,
  );
const xclient = fc
  .array(fc.tuple(fc.constantFrom(...CLIENT_FACTS), factValue), { maxLength: 4 })
  .map((pairs) => `XCLIENT${pairs.map(([key, value]) => ` ${key}=${value}`).join('')}`);

const tag = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('a', 'b1', 'A.B-C', '1') },
  { weight: 1, arbitrary: fc.constantFrom('', '*', '+', '"a"', 'a(b', 'a+b', '\xe4', 'LOGIN', 'a\t') },
  { weight: 1, arbitrary: fc.constantFrom(126, 127).map((length) => 't'.repeat(length)) },
);

/** One line without its end. */
export const LINES: Readonly<Record<LoginProtocol, fc.Arbitrary<string>>> = {
  imap: fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(
          tag,
          space,
          command([
            'NOOP',
            'CAPABILITY',
            'LOGIN',
            'LOGIN',
            'LOGIN',
            'ID',
            'ENABLE',
            'LOGOUT',
            'SELECT',
            'CHECK',
          ]),
          parameters,
        )
        .map((parts) => parts.join('')),
    },
    {
      weight: 3,
      arbitrary: fc.tuple(tag, argument, argument).map(([own, ...two]) => `${own} LOGIN ${two.join(' ')}`),
    },
    { weight: 2, arbitrary: imapId.map((list) => `i ID${list}`) },
    { weight: 5, arbitrary: fc.tuple(mechanism, response).map((two) => `a AUTHENTICATE ${two.join(' ')}`) },
    { weight: 5, arbitrary: mechanism.map((name) => `a AUTHENTICATE ${name}`) },
    { weight: 1, arbitrary: parameters },
  ),
  pop3: fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(
          command(['USER', 'USER', 'PASS', 'PASS', 'CAPA', 'APOP', 'QUIT', 'NOOP', 'STAT', 'XOIP', 'AUTH']),
          space,
          word,
        )
        .map((parts) => parts.join('')),
    },
    { weight: 2, arbitrary: xclient },
    { weight: 2, arbitrary: fc.constantFrom('USER @USER@', 'PASS pass', 'CAPA', 'AUTH') },
    { weight: 4, arbitrary: fc.tuple(mechanism, response).map((two) => `AUTH ${two.join(' ')}`) },
    { weight: 4, arbitrary: mechanism.map((name) => `AUTH ${name}`) },
    { weight: 1, arbitrary: word },
  ),
  submission: fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(
          command([
            'EHLO',
            'EHLO',
            'HELO',
            'NOOP',
            'RSET',
            'VRFY',
            'MAIL',
            'RCPT',
            'DATA',
            'BDAT',
            'QUIT',
            'HELP',
            'ETRN',
          ]),
          space,
          word,
        )
        .map((parts) => parts.join('')),
    },
    { weight: 2, arbitrary: xclient },
    {
      weight: 2,
      arbitrary: fc.constantFrom('EHLO x', 'HELO [127.0.0.1]', 'EHLO [IPv6:::1]', 'MAIL FROM:<a@b>', 'NOOP'),
    },
    { weight: 4, arbitrary: fc.tuple(mechanism, response).map((two) => `AUTH ${two.join(' ')}`) },
    { weight: 4, arbitrary: mechanism.map((name) => `AUTH ${name}`) },
    { weight: 1, arbitrary: word },
  ),
  sieve: fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(command(['NOOP', 'NOOP', 'CAPABILITY', 'LOGOUT', 'AUTHENTICATE', 'LISTSCRIPTS']), parameters)
        .map((parts) => parts.join('')),
    },
    { weight: 2, arbitrary: xclient },
    { weight: 4, arbitrary: fc.tuple(mechanism, response).map((two) => `AUTHENTICATE "${two.join('" "')}"`) },
    { weight: 4, arbitrary: mechanism.map((name) => `AUTHENTICATE "${name}"`) },
    { weight: 2, arbitrary: argument.map((text) => `AUTHENTICATE "PLAIN" ${text}`) },
    { weight: 1, arbitrary: parameters },
  ),
};

/** What answers a challenge, without its end. */
export const CONTINUED: Readonly<Record<LoginProtocol, fc.Arbitrary<string>>> = {
  imap: response,
  pop3: response,
  submission: response,
  sieve: fc.oneof(
    { weight: 3, arbitrary: response.map((text) => `"${text}"`) },
    { weight: 1, arbitrary: argument },
  ),
};
