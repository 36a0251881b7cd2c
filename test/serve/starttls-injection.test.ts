import { describe, expect, test } from 'vitest';
import type { ServedProtocol } from '../../src/proxy/login-protocols.js';
import { setUpCases } from './cases.js';
import type { RunningProxy } from './running-proxy.js';
import { ScriptedClient } from './scripted-client.js';

const cases = setUpCases();

interface Dialect {
  /** A backend of LineBackend; the line that asks for TLS, its answer, and what the backend says to all others. */
  readonly greeting: string;
  readonly answer: (line: string) => string;
  readonly starttls: RegExp;
  readonly goAhead: string;
  /** What an attacker adds behind the go-ahead. */
  readonly injected: string;
  readonly login: readonly string[];
  /** The answer to it, whichever it is. */
  readonly told: RegExp;
  readonly injectedCommand: string;
}

const CREDENTIALS = Buffer.from('\0joe\0secret').toString('base64');

const DIALECTS: Readonly<Record<ServedProtocol, Dialect>> = {
  imap: {
    greeting: '* OK [CAPABILITY IMAP4rev1 SASL-IR STARTTLS] ready\r\n',
    answer: (line) => `${line.split(' ', 1)[0] ?? ''} OK [CAPABILITY IMAP4rev1] done\r\n`,
    starttls: /STARTTLS/,
    goAhead: 'OK go\r\n',
    injected: '* OK injected\r\nL OK [CAPABILITY IMAP4rev1] injected\r\n',
    login: ['a LOGIN joe secret'],
    told: /^a (?:OK|NO)[^\n]*\n/m,
    injectedCommand: 'x NOOP',
  },
  pop3: {
    greeting: '+OK ready\r\n',
    answer: (line) => (line === 'CAPA' ? '+OK\r\nSTLS\r\nUSER\r\nSASL PLAIN\r\n.\r\n' : '+OK\r\n'),
    starttls: /^STLS/,
    goAhead: '+OK go\r\n',
    injected: '+OK injected\r\n+OK injected\r\n',
    login: ['USER joe', 'PASS secret'],
    told: /(?:^\+OK\r\n){2}|^-ERR[^\n]*\n/m,
    injectedCommand: 'NOOP',
  },
  submission: {
    greeting: '220 backend ready\r\n',
    answer: (line) =>
      /^AUTH/.test(line) ? '235 2.7.0 in\r\n' : '250-backend\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n',
    starttls: /^STARTTLS/,
    goAhead: '220 2.0.0 go\r\n',
    injected: '250 injected\r\n235 2.7.0 injected\r\n',
    login: ['EHLO client', `AUTH PLAIN ${CREDENTIALS}`],
    told: /^(?:235|[45]\d\d) [^\n]*\n/m,
    injectedCommand: 'NOOP',
  },
  sieve: {
    greeting: '"IMPLEMENTATION" "b"\r\n"SASL" "PLAIN"\r\n"STARTTLS"\r\n"VERSION" "1.0"\r\nOK "ready"\r\n',
    answer: () => 'OK "done"\r\n',
    starttls: /^STARTTLS/,
    goAhead: 'OK "go"\r\n',
    injected: '"SASL" "PLAIN"\r\nOK "injected"\r\nOK "injected"\r\n',
    login: [`AUTHENTICATE "PLAIN" "${CREDENTIALS}"`],
    told: /^(?:OK|NO)[^\n]*\n/m,
    injectedCommand: 'NOOP',
  },
  lmtp: {
    greeting: '220 backend ready\r\n',
    answer: (line) => (/^LHLO/.test(line) ? '250-backend\r\n250 STARTTLS\r\n' : '250 2.1.0 done\r\n'),
    starttls: /^STARTTLS/,
    goAhead: '220 2.0.0 go\r\n',
    injected: '250 injected\r\n250 2.1.0 injected\r\n250 2.1.5 injected\r\n',
    login: ['LHLO client', 'MAIL FROM:<a@example.com>', 'RCPT TO:<joe>'],
    told: /^250 2\.1\.0 OK\r\n(?:250|[45]\d\d)[^\n]*\n/m,
    injectedCommand: 'NOOP',
  },
};

async function loginOver(proxy: RunningProxy, protocol: ServedProtocol): Promise<ScriptedClient> {
  const client = await ScriptedClient.connect(proxy.port(protocol));
  await client.until(protocol === 'sieve' ? /^OK [^\n]*\n/m : /\n/);
  for (const line of DIALECTS[protocol].login) client.send(`${line}\r\n`);
  return client;
}

describe.each(Object.entries(DIALECTS) as [ServedProtocol, Dialect][])(
  'STARTTLS of %s',
  (protocol, dialect) => {
    test('to a backend: what comes in clear behind the go-ahead is never an answer', async () => {
      const inClear: string[] = [];
      const backend = await cases.lineBackend(dialect.greeting, (line, secured) => {
        if (!secured) inClear.push(line);
        if (secured || !dialect.starttls.test(line)) return dialect.answer(line);
        const tag = protocol === 'imap' ? `${line.split(' ', 1)[0] ?? ''} ` : '';
        return { text: tag + dialect.goAhead + dialect.injected, next: 'tls' };
      });
      const fields = `proxy host=127.0.0.1 port=${backend.port} starttls=any-cert proxy_timeout=2`;
      const proxy = await cases.proxy([`joe:secret::::::${fields}`]);
      const client = await loginOver(proxy, protocol);
      const told = await client.until(dialect.told);
      // It is thrown away, and the backend behind TLS answers; or the connection is given up.
      expect(told).not.toContain('injected');
      expect(inClear.at(-1)).toMatch(dialect.starttls);
      client.close();
      await proxy.idle();
    });

    test('of a client: a command in clear behind STARTTLS is never run', async () => {
      const proxy = await cases.proxy(['joe:secret::::::proxy host=127.0.0.1 port=1']);
      const client = await ScriptedClient.connect(proxy.port(protocol));
      await client.until(protocol === 'sieve' ? /^OK [^\n]*\n/m : /\n/);
      if (protocol === 'submission' || protocol === 'lmtp') {
        client.send(protocol === 'lmtp' ? 'LHLO c\r\n' : 'EHLO c\r\n');
        await client.until(/^250 [^\n]*\n/m);
      }
      const command = protocol === 'imap' ? 'a STARTTLS' : protocol === 'pop3' ? 'STLS' : 'STARTTLS';
      client.send(`${command}\r\n${dialect.injectedCommand}\r\n`);
      await client.until(protocol === 'imap' ? /^a OK [^\n]*\n/m : /^(?:\+OK|220 |OK )[^\n]*\n/m);
      // The bytes are read as the beginning of a handshake: there is no answer, and no session.
      const rest = await client.end();
      expect(rest).not.toMatch(/^(?:x |\+OK|-ERR|250|OK)/m);
      await proxy.idle();
    });
  },
);
