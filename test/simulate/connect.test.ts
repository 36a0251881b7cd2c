import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LineBackend } from '../serve/line-backend.js';
import { type BackendScript, ScriptedBackend } from '../serve/scripted-backend.js';
import { tlsPath } from '../serve/tls-files.js';
import { dvproxy, folderWith, type Outcome } from './command-line.js';
import '../../src/cli/simulate-connect.js';

let folder: ReturnType<typeof folderWith>;

beforeAll(() => {
  folder = folderWith({
    password: 'secret\n',
    'proxy.conf': `protocols = imap pop3 lmtp submission sieve
ssl_ca = <${tlsPath('ca.pem')}
ssl_client_ca_file = ${tlsPath('ca.pem')}
ssl_require_crl = no
passdb {
  driver = static
  args = password=secret proxy=y %{FIELDS}
}
`,
  });
});

afterAll(() => folder.remove());

/** Asks with a configuration whose only passdb gives these fields. */
async function connect(fields: string, ...args: string[]): Promise<Outcome> {
  const { readFileSync, writeFileSync } = await import('node:fs');
  const conf = `${folder.path}/with-fields.conf`;
  const text = readFileSync(`${folder.path}/proxy.conf`, 'utf8');
  writeFileSync(conf, text.replace('%{FIELDS}', fields));
  const outcome = await dvproxy(['simulate', 'bob', '-c', conf, '--connect', ...args]);
  return { ...outcome, stdout: outcome.stdout.replaceAll(folder.path, '@DIR@') };
}

const password = () => ['--password-file', `${folder.path}/password`];

async function withImap<T>(
  script: BackendScript,
  work: (backend: ScriptedBackend) => Promise<T>,
): Promise<T> {
  const backend = await ScriptedBackend.start(script);
  try {
    return await work(backend);
  } finally {
    await backend.stop();
  }
}

/** The part of the explanation about the connection, without what differs from run to run. */
function connection({ stdout }: Outcome): string {
  const [, text = ''] = /\nConnection\n([\s\S]*?)(?:\n\n|\n$)/.exec(stdout) ?? [];
  return text
    .replaceAll(/^ {3}/gm, '')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'BACKEND')
    .replaceAll(/I ID \(.*\)/g, 'I ID (...)')
    .replaceAll(/XCLIENT .*/g, 'XCLIENT ...');
}

const verdict = ({ stdout }: Outcome) =>
  stdout
    .split('\n')[1]
    ?.replace(/ \(after \d+ secs(?:, local=[^)]*)?\)$/, '')
    .replaceAll(/, \d{4,5}\)/g, ', PORT)');
const at = (port: number, more = '') => `host=127.0.0.1 port=${port} ${more}`;

describe('--connect', () => {
  test('logs in where the password is known, shows the dialogue without it and says goodbye', async () => {
    await withImap({}, async (backend) => {
      const answer = await connect(at(backend.port), ...password());
      expect(verdict(answer)).toBe('the destination answers: it took the login');
      expect(connection(answer)).toBe(`TCP  BACKEND
<    * OK [CAPABILITY IMAP4rev1 SASL-IR ID] ready
>    I ID (...)
>    L LOGIN "bob" ***
<    * ID NIL
<    I OK
<    L OK [CAPABILITY IMAP4rev1 SASL-IR ID IDLE] in
the client is told: A OK [CAPABILITY IMAP4rev1 SASL-IR ID IDLE] in
>    Q LOGOUT
<    * BYE
<    Q OK bye`);
      expect(answer.exit).toBe(0);
      expect(backend.lines.at(-2)).toBe('L LOGIN "bob" "secret"');
      expect(answer.stdout).not.toContain('secret');
      const open = await connect(at(backend.port), ...password(), '--show-secrets');
      expect(open.stdout).toContain('L LOGIN "bob" "secret"');
    });
  });

  test('stops before the login where no password is known, or where none is wanted', async () => {
    await withImap({ tls: 'starttls' }, async (backend) => {
      for (const args of [[], [...password(), '--no-login']]) {
        const answer = await connect(at(backend.port, 'starttls=any-cert'), ...args);
        expect(verdict(answer)).toBe('the destination answers: no login was tried');
        expect(connection(answer)).toMatch(
          /STARTTLS\n[\s\S]*TLS {2}TLSv1\.3 [\s\S]*CAPABILITY\n> +Q LOGOUT\n/,
        );
        expect(answer.exit).toBe(0);
      }
      expect(backend.lines.join('\n')).not.toContain('L LOGIN ');
    });
  });

  test('a port where nobody listens does not answer: 75', async () => {
    const backend = await ScriptedBackend.start();
    const { port } = backend;
    await backend.stop();
    const answer = await connect(at(port));
    expect(verdict(answer)).toBe(
      'the destination does not answer: connect(127.0.0.1, PORT) failed: Connection refused',
    );
    expect(connection(answer)).toContain('the client is told: A NO [UNAVAILABLE] ');
    expect(answer.exit).toBe(75);
  });

  test('silence ends at the time limit of the proxy: 75', async () => {
    await withImap({ banner: null }, async (backend) => {
      const answer = await connect(at(backend.port, 'proxy_timeout=200ms'));
      expect(verdict(answer)).toBe('the destination does not answer: Login timed out in state=/none');
      expect(answer.exit).toBe(75);
    });
  });

  test('a connection that ends early is no answer: 75', async () => {
    await withImap({ closeAt: /LOGIN/ }, async (backend) => {
      const answer = await connect(at(backend.port), ...password());
      expect(verdict(answer)).toContain('does not answer: Disconnected by server: Connection closed');
      expect(answer.exit).toBe(75);
    });
  });

  test('a certificate that is not trusted ends it where it is verified: 1', async () => {
    await withImap({ tls: 'starttls', certificate: 'stranger' }, async (backend) => {
      const refused = await connect(at(backend.port, 'starttls=y'), ...password());
      expect(verdict(refused)).toMatch(/^the destination fails at TLS: .*Received invalid SSL certificate: /);
      expect(connection(refused)).toMatch(
        /^TLS {2}TLSv1\.3 \S+, Received invalid SSL certificate: .*\n.*\/CN=/m,
      );
      expect(refused.exit).toBe(1);
      expect(backend.lines.join('\n')).not.toContain('L LOGIN ');
      const taken = await connect(at(backend.port, 'starttls=any-cert'), ...password());
      expect(connection(taken)).toContain('any certificate is taken, this one is not good: Received invalid');
      expect(taken.exit).toBe(0);
    });
  });

  test('a good certificate is said so', async () => {
    await withImap({ tls: 'implicit' }, async (backend) => {
      const answer = await connect(
        `host=backend.example.com hostip=127.0.0.1 port=${backend.port} ssl=y`,
        ...password(),
        '-v',
      );
      expect(connection(answer)).toMatch(/TLS {2}TLSv1\.3 \S+, certificate good\n.*issued by .*valid until /);
      expect(answer.exit).toBe(0);
    });
  });

  test('a server of another protocol answers otherwise than it should: 1', async () => {
    await withImap({ banner: '220 mx ESMTP\r\n' }, async (backend) => {
      const answer = await connect(at(backend.port));
      expect(verdict(answer)).toBe(
        'the destination answers otherwise than it should: Remote server sent invalid input: Invalid banner: 220 mx ESMTP',
      );
      expect(answer.exit).toBe(1);
    });
  });

  test('a refused login is 1, one that shall be tried later 75', async () => {
    await withImap({ loginReply: 'NO [AUTHENTICATIONFAILED] go away' }, async (backend) => {
      const answer = await connect(at(backend.port), ...password());
      expect(verdict(answer)).toBe('the destination refuses the login: [AUTHENTICATIONFAILED] go away');
      expect(answer.exit).toBe(1);
    });
    await withImap({ loginReply: 'NO [UNAVAILABLE] later' }, async (backend) => {
      const answer = await connect(at(backend.port), ...password());
      expect(verdict(answer)).toBe('the destination says: later: [UNAVAILABLE] later');
      expect(answer.exit).toBe(75);
    });
  });

  test('is in the JSON document', async () => {
    await withImap({}, async (backend) => {
      const { stdout } = await connect(at(backend.port), ...password(), '--format', 'json');
      expect(JSON.parse(stdout).connect).toMatchObject({
        outcome: 'logged_in',
        events: expect.arrayContaining([{ kind: 'sent', line: 'L LOGIN "bob" ***' }]),
      });
      expect(stdout).not.toContain('secret');
    });
  });

  test('is for one user who is proxied', async () => {
    expect((await connect(at(1), '--format', 'mermaid')).exit).toBe(2);
    expect((await connect(at(1), '--users', '/dev/null')).exit).toBe(2);
    expect((await connect('nologin=y')).stdout).not.toContain('Connection');
  });
});

/** A server of lines that takes what it is told to take. */
async function withLines(
  greeting: string,
  replies: Readonly<Record<string, string>>,
  work: (backend: LineBackend) => Promise<void>,
): Promise<void> {
  const backend = await LineBackend.start(greeting, (line) => {
    const [, text] = Object.entries(replies).find(([start]) => line.startsWith(start)) ?? [];
    const leaves = line === 'QUIT' || line === 'LOGOUT';
    return leaves
      ? { text: text ?? 'OK bye\r\n', next: 'end' }
      : { text: text ?? '', ...(line === 'STARTTLS' || line === 'STLS' ? { next: 'tls' as const } : {}) };
  });
  try {
    await work(backend);
  } finally {
    await backend.stop();
  }
}

describe('--connect by other protocols', () => {
  test('POP3', async () => {
    const replies = { USER: '+OK\r\n', PASS: '+OK in\r\n', CAPA: '+OK\r\nTOP\r\n.\r\n', QUIT: '+OK bye\r\n' };
    await withLines('+OK ready\r\n', replies, async ({ port }) => {
      const answer = await connect(at(port), ...password(), '--service', 'pop3');
      expect(connection(answer)).toBe(`TCP  BACKEND
<    +OK ready
>    USER bob
<    +OK
>    PASS ***
<    +OK in
the client is told: +OK in
>    QUIT
<    +OK bye`);
      const look = await connect(at(port), '--service', 'pop3');
      expect(connection(look)).toContain('>    CAPA\n>    QUIT\n<    +OK\n<    TOP\n<    .\n<    +OK bye');
    });
  });

  test('Submission', async () => {
    const replies = { EHLO: '250-mx\r\n250 AUTH PLAIN\r\n', AUTH: '235 2.7.0 in\r\n', QUIT: '221 bye\r\n' };
    await withLines('220 mx ESMTP\r\n', replies, async ({ port }) => {
      const answer = await connect(at(port), ...password(), '--service', 'submission');
      expect(connection(answer)).toContain('>    AUTH PLAIN ***\n<    235 2.7.0 in\n');
      expect(answer.exit).toBe(0);
    });
  });

  test('ManageSieve', async () => {
    const replies = { AUTHENTICATE: 'OK "in"\r\n' };
    await withLines('"SASL" "PLAIN"\r\nOK "ready"\r\n', replies, async ({ port }) => {
      const answer = await connect(at(port), ...password(), '--service', 'sieve');
      expect(connection(answer)).toContain('>    AUTHENTICATE "PLAIN" ***\n<    OK "in"\n');
      expect(answer.exit).toBe(0);
    });
  });

  test('LMTP, as far as the recipient', async () => {
    const lhlo = { LHLO: '250-mx\r\n250 STARTTLS\r\n', STARTTLS: '220 go\r\n', QUIT: '221 bye\r\n' };
    const good = { ...lhlo, MAIL: '250 ok\r\n', RCPT: '250 ok\r\n' };
    await withLines('220 mx LMTP\r\n', good, async ({ port }) => {
      const answer = await connect(at(port, 'starttls=any-cert'), '--service', 'lmtp');
      expect(connection(answer)).toMatch(
        /STARTTLS\n[\s\S]*TLS {2}TLSv1\.3[\s\S]*> +MAIL FROM:<>\n[\s\S]*> +RCPT TO:<bob>\n<.*\n> +QUIT\n/,
      );
      expect(answer.exit).toBe(0);
      const look = await connect(at(port), '--service', 'lmtp', '--no-login');
      expect(connection(look)).not.toContain('MAIL');
    });
    const refusing = { ...lhlo, MAIL: '250 ok\r\n', RCPT: '550 5.1.1 nobody here\r\n' };
    await withLines('220 mx LMTP\r\n', refusing, async ({ port }) => {
      const answer = await connect(at(port), '--service', 'lmtp');
      expect(verdict(answer)).toBe('the destination refuses the login: 550 5.1.1 nobody here');
      expect(answer.exit).toBe(1);
    });
    await withLines('220 mx\r\n', { LHLO: '250 mx\r\n', QUIT: '221\r\n' }, async ({ port }) => {
      const answer = await connect(at(port, 'starttls=y'), '--service', 'lmtp');
      expect(verdict(answer)).toContain('STARTTLS not supported');
    });
  });
});
