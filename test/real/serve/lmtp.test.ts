import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { LmtpBackendDouble, type LmtpBackendScript } from '../../serve/lmtp-backend.js';
import { ScriptedClient } from '../../serve/scripted-client.js';
import { type DovecotServer, dovecotServerMissing, startDovecot } from '../servers/dovecot.js';
import { type DvproxyServer, startDvproxy } from '../servers/dvproxy.js';
import { freePort } from '../servers/mariadb.js';

const VERSIONS: readonly DovecotVersion[] = ['2.3.19.1', '2.4.1'];
const folder = mkdtempSync(join(tmpdir(), 'dvproxy-lmtp-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Backends by the name of their users: `one` has user `one`, ... */
const BACKENDS: Readonly<Record<string, LmtpBackendScript>> = {
  one: {},
  two: { capabilities: ['PIPELINING', '8BITMIME'] },
  full: { dataReplies: ['452 4.2.2 Quota exceeded', '250 2.0.0 Saved'] },
  leaving: { closeAt: /^RCPT/ },
  dying: { closeAt: /^(BDAT|DATA)/ },
};

interface Sides {
  readonly real: number;
  readonly ours: number;
}

/** What is sent, and the last line of the answer to wait for. */
type Talk = readonly (readonly [send: string, until: RegExp])[];

const REPLY = /(^|\n)\d{3} [^\n]*\n/;
const HELLO: Talk = [
  ['', REPLY],
  ['LHLO client.example.org\r\n', REPLY],
];
const MAIL = ['MAIL FROM:<sender@example.org>\r\n', REPLY] as const;
const QUIT = ['QUIT\r\n', REPLY] as const;

function to(name: string): readonly [string, RegExp] {
  return [`RCPT TO:<${name}@example.com>\r\n`, REPLY];
}

function answers(count: number): RegExp {
  return new RegExp(`^(\\d{3} [^\\n]*\\n){${count}}$`);
}

function data(message: string, count: number): Talk {
  return [
    ['DATA\r\n', REPLY],
    [`${message}.\r\n`, answers(count)],
  ];
}

const LONG = Array.from(
  { length: 6000 },
  (_, index) => `${index % 7 === 0 ? '..' : ''}line ${index} ${'x'.repeat(40)}\r\n`,
).join('');

const TALKS: Readonly<Record<string, Talk>> = {
  'a message for two backends': [
    ...HELLO,
    MAIL,
    to('one'),
    to('two'),
    to('one+detail'),
    ...data('Subject: a\r\n\r\n..dot\r\nend\r\n', 3),
    QUIT,
  ],
  'a long message': [...HELLO, MAIL, to('one'), to('two'), ...data(`Subject: long\r\n\r\n${LONG}`, 2), QUIT],
  'bare newlines and eight bits': [
    ...HELLO,
    ['MAIL FROM:<> BODY=8BITMIME\r\n', REPLY],
    to('two'),
    ...data('Subject: b\n\n\xe4\xf6\r\n', 1),
    QUIT,
  ],
  chunks: [
    ...HELLO,
    MAIL,
    to('one'),
    to('two'),
    ['BDAT 12\r\nSubject: c\r\n', REPLY],
    ['BDAT 9 LAST\r\n\r\n.body\r\n', answers(2)],
    QUIT,
  ],
  'two messages on one connection': [
    ...HELLO,
    MAIL,
    to('one'),
    ...data('first\r\n', 1),
    MAIL,
    to('one'),
    ...data('second\r\n', 1),
    QUIT,
  ],
  'recipients that are refused': [
    ...HELLO,
    MAIL,
    to('nobody'),
    ['RCPT TO:<bad address\r\n', REPLY],
    to('closed'),
    to('leaving'),
    to('one'),
    ...data('x\r\n', 1),
    QUIT,
  ],
  'a backend that refuses one of its recipients': [
    ...HELLO,
    MAIL,
    to('full'),
    to('full+b'),
    to('one'),
    ...data('x\r\n', 3),
    QUIT,
  ],
  // With a second backend real Dovecot says now one thing, now another one (docs/conformance.md).
  'a backend that goes away with the message': [...HELLO, MAIL, to('dying'), ...data('x\r\n', 1), QUIT],
  'RSET and commands out of turn': [
    ...HELLO,
    ['RCPT TO:<one@example.com>\r\n', REPLY],
    ['DATA\r\n', REPLY],
    MAIL,
    ['DATA\r\n', REPLY],
    to('one'),
    ['RSET\r\n', REPLY],
    ['DATA\r\n', REPLY],
    ['NOOP\r\n', REPLY],
    ['VRFY one\r\n', REPLY],
    ['HELO x\r\n', REPLY],
    ['WRONG\r\n', REPLY],
    QUIT,
  ],
};

/** Lines that are answered with one reply each. */
function lines(...texts: readonly string[]): Talk {
  return [['', REPLY], ...texts.map((text): Talk[number] => [`${text}\r\n`, REPLY])];
}

const MISTAKES: Readonly<Record<string, Talk>> = {
  'greetings of all kinds': lines(
    'LHLO',
    'LHLO a b',
    'LHLO [192.0.2.1]',
    'LHLO -x',
    'EHLO x',
    'HELO x',
    'LHLO x',
    'QUIT',
  ),
  'MAIL with mistakes': lines(
    'MAIL FROM:<a@example.org>',
    'LHLO x',
    'MAIL',
    'MAIL FROM:',
    'MAIL FROM:a@example.org',
    'MAIL FROM:<a@example.org',
    'MAIL FROM:<a b@example.org>',
    'MAIL FROM:<a@example.org> BODY=9BIT',
    'MAIL FROM:<a@example.org> SIZE=5',
    'MAIL FROM:<a@example.org> RET=FULL ENVID=x',
    'MAIL FROM:<a@example.org> =',
    'MAIL FROM: <a@example.org>',
    'MAIL FROM:<a@example.org>',
    'QUIT',
  ),
  'RCPT with mistakes': lines(
    'LHLO x',
    'MAIL FROM:<>',
    'RCPT',
    'RCPT TO:',
    'RCPT TO:<>',
    'RCPT TO:<@>',
    'RCPT TO:<one@>',
    'RCPT TO:<"one"@example.com>',
    'RCPT TO:<@a.example,@b.example:one@example.com>',
    'RCPT TO:<one@example.com> ORCPT=rfc822;one@example.com',
    'RCPT TO:<one@example.com> NOTIFY=NEVER',
    'RCPT TO:<one@example.com> x',
    'RCPT TO:<ONE@EXAMPLE.COM>',
    'RSET',
    'QUIT',
  ),
  'BDAT with mistakes': lines(
    'LHLO x',
    'BDAT 0 LAST',
    'MAIL FROM:<>',
    'BDAT 0 LAST',
    'BDAT',
    'BDAT x',
    'RCPT TO:<two@example.com>',
    'BDAT x',
    'BDAT 0 LATER',
    'BDAT 0',
    'RSET',
    'QUIT',
  ),
  'words behind commands': lines(
    'LHLO x',
    'NOOP a',
    'NOOP a b',
    'RSET x',
    'DATA x',
    'VRFY',
    'HELP',
    'QUIT x',
    'QUIT',
  ),
  'commands of others': lines(
    'LHLO x',
    'XCLIENT ADDR=192.0.2.1',
    'STARTTLS',
    'AUTH PLAIN',
    'EXPN x',
    'TURN',
    'QUIT',
  ),
  'small letters': lines('lhlo x', 'mail from:<>', 'rcpt to:<one@example.com>', 'rset', 'quit'),
  'wrong commands without end': [...lines(...Array.from({ length: 11 }, () => 'WRONG'))],
  'pipelined commands': [
    ['', REPLY],
    [
      'LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<one@example.com>\r\nRCPT TO:<nobody@example.com>\r\nDATA\r\n',
      /^354 [^\n]*\n/m,
    ],
    ['piped\r\n.\r\n', answers(1)],
    QUIT,
  ],
};

/** What differs from one run to the next. */
function masked(text: string): string {
  return text
    .replace(/(^|[ =])[A-Za-z0-9+/]{22}(?=[:) \r\n]|$)/gm, '$1*')
    .replace(/[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d{4} [0-9:]{8} [+-]\d{4}/g, '*')
    .replace(/ PORT=\d+/g, ' PORT=*');
}

async function talked(port: number, talk: Talk): Promise<string> {
  const client = await ScriptedClient.connect(port);
  let heard = '';
  for (const [send, until] of talk) {
    if (send !== '') client.send(send);
    heard += await client.until(until);
  }
  client.close();
  return masked(heard);
}

const PYTHON = `
import json, smtplib, sys
out = {}
s = smtplib.LMTP('127.0.0.1', int(sys.argv[1]))
try:
    out['refused'] = {k: [c, m.decode()] for k, (c, m) in s.sendmail('a@example.org', ['one@example.com', 'nobody@example.com', 'two@example.com'], 'Subject: x\\r\\n\\r\\nbody\\r\\n').items()}
    s.quit()
except smtplib.SMTPException as e:
    out['error'] = str(e)
print(json.dumps(out))
`;

function listener(version: DovecotVersion, port: number): string {
  const protocols =
    version === '2.4.1' ? 'protocols {\n  imap = yes\n  lmtp = yes\n}\n' : 'protocols = imap lmtp\n';
  return `${protocols}lmtp_proxy = yes
recipient_delimiter = +
hostname = proxy.example.com
service lmtp {
  inet_listener lmtp {
    port = ${port}
  }
}
`;
}

function proxyConfig(version: DovecotVersion, users: string): string {
  const common =
    'lmtp_proxy = yes\nrecipient_delimiter = +\nhostname = proxy.example.com\nlog_timestamp =\nssl = no\n';
  return version === '2.4.1'
    ? `dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
protocols {
  imap = yes
  lmtp = yes
}
auth_allow_cleartext = yes
${common}passdb passwd-file {
  passwd_file_path = ${users}
  default_password_scheme = PLAIN
}
userdb static {
}
`
    : `protocols = imap lmtp
disable_plaintext_auth = no
${common}passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${users}
}
userdb {
  driver = static
  args = uid=1 gid=1 home=/nonexistent
}
`;
}

describe.each(VERSIONS)('an LMTP client behind Dovecot %s', (version) => {
  describe.skipIf(dovecotServerMissing(version) !== null)('sees the same of dvproxy', () => {
    const backends = new Map<string, LmtpBackendDouble>();
    let sides: Sides;
    let dovecot: DovecotServer;
    let proxy: DvproxyServer;

    beforeAll(async () => {
      for (const [name, script] of Object.entries(BACKENDS))
        backends.set(name, await LmtpBackendDouble.start(script));
      const real = await freePort();
      const lines = [...backends].flatMap(([name, { port }]) => [
        `${name}@example.com:x::::::proxy host=127.0.0.1 port=${port}`,
      ]);
      lines.push(`closed@example.com:x::::::proxy host=127.0.0.1 port=${await freePort()}`);
      dovecot = await startDovecot(version, { users: lines, settings: listener(version, real) });
      const users = join(folder, `users-${version}`);
      writeFileSync(users, `${lines.join('\n')}\n`);
      const config = join(folder, `${version}.conf`);
      writeFileSync(config, proxyConfig(version, users));
      proxy = await startDvproxy(['-c', config, '--listen', 'lmtp=127.0.0.1:0']);
      sides = { real, ours: proxy.portOf('lmtp') };
    });
    afterAll(async () => {
      await proxy?.stop();
      await dovecot?.stop();
      for (const backend of backends.values()) await backend.stop();
    });

    /** Everything that backends got since the last time, also by a try that failed; a last QUIT may come after the client has gone. */
    const received = async () => {
      const open = () => [...backends.values()].filter(({ openConnections }) => openConnections > 0).length;
      await expect.poll(open, { timeout: 10_000 }).toBe(0);
      return [...backends].map(([name, backend]) => ({
        name,
        lines: backend.lines.splice(0).map(masked),
        messages: backend.messages.splice(0).map(masked),
      }));
    };

    test.each(Object.keys({ ...TALKS, ...MISTAKES }))('%s', async (name) => {
      const talk = TALKS[name] ?? MISTAKES[name] ?? [];
      await received();
      const fromReal = await talked(sides.real, talk);
      const realBackends = await received();
      const fromOurs = await talked(sides.ours, talk);
      expect(fromOurs).toBe(fromReal);
      expect(await received()).toEqual(realBackends);
    });

    test('with Python', async () => {
      await received();
      const send = async (port: number) =>
        JSON.parse((await promisify(execFile)('python3', ['-c', PYTHON, String(port)])).stdout) as unknown;
      const expected = await send(sides.real);
      const realBackends = await received();
      expect(await send(sides.ours)).toEqual(expected);
      expect(await received()).toEqual(realBackends);
    });
  });
});
