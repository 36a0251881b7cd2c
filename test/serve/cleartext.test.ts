import { describe, expect, test } from 'vitest';
import { joe, setUpCases } from './cases.js';
import { ScriptedClient } from './scripted-client.js';

const cases = setUpCases();
const PLAIN = Buffer.from('\0joe\0secret').toString('base64');

/** What each protocol says to a client of another machine that has no TLS yet. */
const REFUSED = {
  imap: {
    greeting: /^\* OK \[CAPABILITY [^\]]* STARTTLS LOGINDISABLED\] [^\n]*\n/,
    talks: [
      [
        'a LOGIN joe secret',
        /^\* BAD \[ALERT\] [^\n]*\na NO \[PRIVACYREQUIRED\] Plaintext authentication disallowed on non-secure \(SSL\/TLS\) connections\.\r\n/,
      ],
      [
        `a AUTHENTICATE PLAIN ${PLAIN}`,
        /^a NO \[PRIVACYREQUIRED\] Authentication not allowed until SSL\/TLS is enabled\.\r\n/,
      ],
    ],
  },
  pop3: {
    greeting: /^\+OK [^\n]*\n/,
    talks: [
      ['CAPA', /STLS\r\nSASL\r\n\.\r\n/],
      [
        'USER joe',
        /^-ERR \[AUTH\] Plaintext authentication disallowed on non-secure \(SSL\/TLS\) connections\.\r\n/,
      ],
      [
        'PASS secret',
        /^-ERR \[AUTH\] Plaintext authentication disallowed on non-secure \(SSL\/TLS\) connections\.\r\n/,
      ],
      [`AUTH PLAIN ${PLAIN}`, /^-ERR \[AUTH\] Authentication not allowed until SSL\/TLS is enabled\.\r\n/],
    ],
  },
  submission: {
    greeting: /^220 [^\n]*\n/,
    talks: [
      ['EHLO x', /250 PIPELINING\r\n/],
      [`AUTH PLAIN ${PLAIN}`, /^530 5\.7\.0 TLS required\.\r\n/],
    ],
  },
  sieve: {
    greeting: /"SASL" ""\r\n[\s\S]*OK "[^\n]*\n/,
    talks: [
      [
        `AUTHENTICATE "PLAIN" "${PLAIN}"`,
        /^NO \(ENCRYPT-NEEDED\) "Authentication not allowed until SSL\/TLS is enabled\."\r\n/,
      ],
    ],
  },
} as const;

// The same words came of real login processes of 2.3.19.1.
describe.each(['imap', 'pop3', 'submission', 'sieve'] as const)('%s with ssl = required', (protocol) => {
  test('takes no password of another machine before TLS', async () => {
    const proxy = await cases.proxy([joe(1)], 'ssl = required\ndisable_plaintext_auth = yes\n');
    const client = await ScriptedClient.connect(proxy.port(protocol), '127.0.0.9');
    const { greeting, talks } = REFUSED[protocol];
    await client.until(greeting);
    for (const [line, answer] of talks) {
      client.send(`${line}\r\n`);
      expect(await client.until(answer)).toMatch(answer);
    }
    client.close();
    expect(proxy.log.some((line) => line.includes('passwd-file'))).toBe(false);
  });

  test('takes one of a network that is trusted, and of the same machine', async () => {
    const settings = 'ssl = required\ndisable_plaintext_auth = yes\nlogin_trusted_networks = 127.0.0.9\n';
    const proxy = await cases.proxy(['ann:secret:::::: nologin'], settings);
    for (const from of ['127.0.0.1', '127.0.0.9']) {
      const client = await ScriptedClient.connect(proxy.port(protocol), from);
      const plain = Buffer.from('\0ann\0secret').toString('base64');
      const lines = {
        imap: `a AUTHENTICATE PLAIN ${plain}\r\n`,
        pop3: `AUTH PLAIN ${plain}\r\n`,
        submission: `EHLO x\r\nAUTH PLAIN ${plain}\r\n`,
        sieve: `AUTHENTICATE "PLAIN" "${plain}"\r\n`,
      };
      client.send(lines[protocol]);
      expect(await client.until(/Login disabled for this user/)).toBeTruthy();
      client.close();
    }
  });
});
