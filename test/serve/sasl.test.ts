import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { LoginProtocol } from '../../src/proxy/login-protocols.js';
import { createSaslClient } from '../../src/proxy/sasl/sasl-client.js';
import { setUpCases } from './cases.js';
import type { LineBackend } from './line-backend.js';
import type { ScriptedClient } from './scripted-client.js';

const cases = setUpCases();
const MECHANISMS =
  'plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256 xoauth2 oauthbearer apop external anonymous';
const ALL = `auth_mechanisms = ${MECHANISMS}\n`;

const base64 = (data: string): string => Buffer.from(data, 'latin1').toString('base64');
const plain = (data: string): string => Buffer.from(data, 'base64').toString('latin1');
const md5 = (data: string): string => createHash('md5').update(data, 'latin1').digest().toString('latin1');
const hex = (data: string): string => Buffer.from(data, 'latin1').toString('hex');

/** The client's side of a mechanism: what it says to each challenge. */
type Conversation = (challenge: string, step: number) => string;

function cramMd5(challenge: string): string {
  return `joe ${createHmac('md5', 'secret').update(challenge, 'latin1').digest('hex')}`;
}

function digestMd5(protocol: string): Conversation {
  return (challenge, step) => {
    if (step > 0) return '';
    const nonce = /nonce="([^"]*)"/.exec(challenge)?.[1] ?? '';
    const uri = `${protocol}/proxy`;
    const secret = `${md5('joe::secret')}:${nonce}:abc`;
    const first = hex(md5(secret));
    const second = hex(md5(`AUTHENTICATE:${uri}`));
    const response = hex(md5(`${first}:${nonce}:00000001:abc:auth:${second}`));
    return `username="joe",realm="",nonce="${nonce}",cnonce="abc",nc=00000001,qop=auth,digest-uri="${uri}",response=${response},charset=utf-8`;
  };
}

function scram(mechanism: string): Conversation {
  const credentials = { authid: 'joe', authzid: '', password: 'secret' };
  const client = createSaslClient(mechanism, credentials, (count) => new Uint8Array(count).fill(7));
  return (challenge, step) => {
    if (step > 0) expect(client?.input(challenge)).toBeNull();
    const output = client?.output();
    return output?.kind === 'output' ? output.data : '';
  };
}

const CONVERSATIONS: Readonly<Record<string, (protocol: string) => Conversation>> = {
  PLAIN: () => () => '\0joe\0secret',
  LOGIN: () => (_, step) => (step === 0 ? 'joe' : 'secret'),
  'CRAM-MD5': () => cramMd5,
  'DIGEST-MD5': digestMd5,
  'SCRAM-SHA-1': () => scram('SCRAM-SHA-1'),
  'SCRAM-SHA-256': () => scram('SCRAM-SHA-256'),
  XOAUTH2: () => () => 'user=joe\x01auth=Bearer secret\x01\x01',
  OAUTHBEARER: () => () => 'n,a=joe,\x01auth=Bearer secret\x01\x01',
};

interface Words {
  readonly backend: (line: string) => string;
  readonly greeting: string;
  readonly begin: (mechanism: string) => string;
  /** A challenge, its data as first group. */
  readonly challenge: RegExp;
  readonly respond: (data: string) => string;
  readonly success: RegExp;
}

const PROTOCOLS: Readonly<Record<LoginProtocol, Words>> = {
  imap: {
    greeting: '* OK [CAPABILITY IMAP4rev1] ready\r\n',
    backend: (line) => `${line.split(' ')[0]} OK done\r\n`,
    begin: (mechanism) => `a AUTHENTICATE ${mechanism}\r\n`,
    challenge: /^\+ (.*)\r\n/m,
    respond: (data) => `${data}\r\n`,
    success: /^a OK/m,
  },
  pop3: {
    greeting: '+OK ready\r\n',
    backend: () => '+OK done\r\n',
    begin: (mechanism) => `AUTH ${mechanism}\r\n`,
    challenge: /^\+ (.*)\r\n/m,
    respond: (data) => `${data}\r\n`,
    success: /^\+OK done/m,
  },
  submission: {
    greeting: '220 ready\r\n',
    backend: (line) => (line.startsWith('EHLO') ? '250-backend\r\n250 AUTH PLAIN\r\n' : '235 done\r\n'),
    begin: (mechanism) => `AUTH ${mechanism}\r\n`,
    challenge: /^334 (.*)\r\n/m,
    respond: (data) => `${data}\r\n`,
    success: /^235/m,
  },
  sieve: {
    greeting: '"SASL" "PLAIN"\r\n"VERSION" "1.0"\r\nOK "ready"\r\n',
    backend: () => 'OK "done"\r\n',
    begin: (mechanism) => `AUTHENTICATE "${mechanism}"\r\n`,
    challenge: /^"(.*)"\r\n/m,
    respond: (data) => `"${data}"\r\n`,
    success: /^OK "done"/m,
  },
};

/** Speaks until the server says neither more nor success; returns the last answer. */
async function converse(client: ScriptedClient, words: Words, mechanism: string, talk: Conversation) {
  client.send(words.begin(mechanism));
  const end = new RegExp(`${words.challenge.source}|^(?!\\+ |334|").*\\r\\n`, 'm');
  for (let step = 0; ; step++) {
    const line = await client.until(end);
    const challenge = words.challenge.exec(line);
    if (challenge === null) return line;
    client.send(words.respond(base64(talk(plain(challenge[1] ?? ''), step))));
  }
}

async function greeted(client: ScriptedClient, protocol: LoginProtocol): Promise<string> {
  return client.until(protocol === 'sieve' ? /OK ".*\r\n/ : /ready\..*\r\n/);
}

function joe(server: LineBackend): string {
  return `joe:{PLAIN}secret::::::proxy host=127.0.0.1 port=${server.port} pass=backend`;
}

describe.each(Object.keys(PROTOCOLS) as LoginProtocol[])('%s', (protocol) => {
  const words = PROTOCOLS[protocol];

  test.each(Object.keys(CONVERSATIONS))('a client logs in with %s', async (mechanism) => {
    const server = await cases.lineBackend(words.greeting, words.backend);
    const proxy = await cases.proxy([joe(server)], ALL);
    const client = await cases.connect(proxy, protocol);
    await greeted(client, protocol);
    const talk = CONVERSATIONS[mechanism]?.(protocol) ?? (() => '');
    expect(await converse(client, words, mechanism, talk)).toMatch(words.success);
    client.close();
    await proxy.idle();
    expect(proxy.log.join('\n')).toContain(`method=${mechanism}`);
  });

  test.each(['CRAM-MD5', 'DIGEST-MD5', 'SCRAM-SHA-256'])(
    'a wrong %s response is refused',
    async (mechanism) => {
      const proxy = await cases.proxy(['joe:{PLAIN}other::::::proxy host=127.0.0.1 port=1'], ALL);
      const client = await cases.connect(proxy, protocol);
      await greeted(client, protocol);
      const talk = CONVERSATIONS[mechanism]?.(protocol) ?? (() => '');
      expect(await converse(client, words, mechanism, talk)).toMatch(/Authentication failed/);
      // The client may go on.
      expect(await converse(client, words, 'CRAM-MD5', () => 'joe x')).toMatch(/Authentication failed/);
    },
  );

  test('an exchange may be given up, and a response may be no base64', async () => {
    const server = await cases.lineBackend(words.greeting, words.backend);
    const proxy = await cases.proxy([joe(server)], ALL);
    const client = await cases.connect(proxy, protocol);
    await greeted(client, protocol);
    client.send(words.begin('CRAM-MD5'));
    await client.until(words.challenge);
    client.send(words.respond('*'));
    expect(await client.until(/\r\n/)).toContain('Authentication aborted by client.');
    client.send(words.begin('SCRAM-SHA-1'));
    await client.until(words.challenge);
    client.send(words.respond('!'));
    expect(await client.until(/\r\n/)).toContain('Invalid base64 in response');
    expect(await converse(client, words, 'CRAM-MD5', cramMd5)).toMatch(words.success);
  });
});

describe('the list of mechanisms', () => {
  const wanted = 'PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-256 XOAUTH2 OAUTHBEARER EXTERNAL';

  test('has what the protocol takes, and never APOP', async () => {
    const proxy = await cases.proxy([], ALL);
    const imap = await cases.connect(proxy, 'imap');
    const auth = [...wanted.split(' '), 'ANONYMOUS'].map((name) => `AUTH=${name}`).join(' ');
    expect(await greeted(imap, 'imap')).toContain(` ${auth}]`);
    const sieve = await cases.connect(proxy, 'sieve');
    expect(await greeted(sieve, 'sieve')).toContain(`"SASL" "${wanted}"`);
    const submission = await cases.connect(proxy, 'submission');
    await greeted(submission, 'submission');
    submission.send('EHLO me\r\n');
    expect(await submission.until(/\n250 .*\r\n/)).toContain(`250-AUTH ${wanted}\r\n`);
    submission.send('AUTH ANONYMOUS =\r\n');
    expect(await submission.until(/\n/)).toBe('504 5.5.4 Unsupported authentication mechanism.\r\n');
  });
});

describe('APOP', () => {
  test('answers the challenge of the greeting', async () => {
    const words = PROTOCOLS.pop3;
    const server = await cases.lineBackend(words.greeting, words.backend);
    const proxy = await cases.proxy([joe(server)], ALL);
    const client = await cases.connect(proxy, 'pop3');
    const greeting = await client.until(/\r\n/);
    const challenge = /<[0-9a-f]+\.1\.[0-9a-f]+\.[A-Za-z0-9+/]{22}==@proxy>/.exec(greeting)?.[0] ?? '';
    client.send(`APOP joe ${hex(md5(`${challenge}wrong`))}\r\n`);
    expect(await client.until(/\r\n/)).toBe('-ERR [AUTH] Authentication failed.\r\n');
    client.send('APOP joe\r\nAPOP joe 12\r\nAPOP joe 0123456789012345678901234567890x\r\n');
    expect(await client.until(/response\.\r\n/)).toBe(
      '-ERR Invalid parameters.\r\n-ERR Invalid parameters.\r\n-ERR Invalid characters in MD5 response.\r\n',
    );
    client.send('AUTH APOP =\r\n');
    expect(await client.until(/\r\n/)).toBe('-ERR [AUTH] Unsupported authentication mechanism.\r\n');
    client.send(`APOP joe ${hex(md5(`${challenge}secret`))}\r\n`);
    expect(await client.until(/\r\n/)).toBe('+OK done\r\n');
    expect(server.lines).toContain('PASS backend');
  });

  test('is not there where it is not configured', async () => {
    const proxy = await cases.proxy([]);
    const client = await cases.connect(proxy, 'pop3');
    expect(await client.until(/\r\n/)).not.toContain('<');
    client.send('APOP joe 0123\r\n');
    expect(await client.until(/\r\n/)).toBe('-ERR APOP not enabled.\r\n');
  });
});

describe('certificates of clients', () => {
  const ASKED = `${ALL}ssl_verify_client_cert = yes\nauth_ssl_username_from_cert = yes\n`;

  test('name the user of EXTERNAL', async () => {
    const words = PROTOCOLS.imap;
    const server = await cases.lineBackend(words.greeting, words.backend);
    const user = `joe:{PLAIN}::::::proxy host=127.0.0.1 port=${server.port} pass=backend nopassword`;
    const proxy = await cases.proxy([user], ASKED);
    const client = await cases.connect(proxy, 'imaps', true, 'client');
    await greeted(client, 'imap');
    client.send('a AUTHENTICATE EXTERNAL =\r\n');
    expect(await client.until(/^a .*\r\n/m)).toMatch(/^a OK /);
    expect(server.lines.join('\n')).toContain('LOGIN "joe" "backend"');
  });

  test.each(['stranger', undefined])('of %s name nobody', async (certificate) => {
    const proxy = await cases.proxy(['joe::::::::nopassword proxy host=127.0.0.1 port=1 pass=x'], ASKED);
    const client = await cases.connect(proxy, 'imaps', true, certificate);
    await greeted(client, 'imap');
    client.send('a AUTHENTICATE EXTERNAL =\r\n');
    expect(await client.until(/^a .*\r\n/m)).toBe('a NO [AUTHENTICATIONFAILED] Authentication failed.\r\n');
  });

  test('are wanted of everybody with auth_ssl_require_client_cert', async () => {
    const words = PROTOCOLS.imap;
    const server = await cases.lineBackend(words.greeting, words.backend);
    const settings = 'ssl_verify_client_cert = yes\nauth_ssl_require_client_cert = yes\n';
    const proxy = await cases.proxy([joe(server)], settings);
    for (const certificate of ['stranger', undefined]) {
      const client = await cases.connect(proxy, 'imaps', true, certificate);
      await greeted(client, 'imap');
      expect(await client.command('a', 'LOGIN joe secret')).toBe(
        "a NO [ALERT] Client didn't present valid SSL certificate\r\n",
      );
      client.close();
    }
    const client = await cases.connect(proxy, 'imaps', true, 'client');
    await greeted(client, 'imap');
    expect(await client.command('a', 'LOGIN joe secret')).toMatch(/^a OK /);
    expect(proxy.log.join('\n')).toContain("Client didn't present valid SSL certificate");
  });

  test('are none without the CRL that is required', async () => {
    const settings = `${ASKED}auth_ssl_require_client_cert = yes\nssl_require_crl = yes\n`;
    const proxy = await cases.proxy(['joe:secret::::::proxy host=127.0.0.1 port=1'], settings);
    const client = await cases.connect(proxy, 'imaps', true, 'client');
    await greeted(client, 'imap');
    expect(await client.command('a', 'LOGIN joe secret')).toMatch(/didn't present valid/);
  });
});
