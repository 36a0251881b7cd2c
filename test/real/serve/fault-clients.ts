import { expect } from 'vitest';
import type { ServedProtocol } from '../../../src/proxy/login-protocols.js';
import type { RunningProxy } from '../../serve/running-proxy.js';
import { ScriptedClient } from '../../serve/scripted-client.js';

interface Conversation {
  /** Up to the command that the backend has to answer; %u: the user, %c: the credentials of PLAIN. */
  readonly lines: readonly string[];
  readonly ok: string;
  readonly refused: string;
}

export const CONVERSATIONS: Readonly<Record<ServedProtocol, Conversation>> = {
  imap: {
    lines: ['a LOGIN %u secret'],
    ok: 'a OK ',
    refused: 'a NO ',
  },
  pop3: {
    lines: ['USER %u', 'PASS secret'],
    ok: '\\+OK',
    refused: '-ERR ',
  },
  submission: {
    lines: ['EHLO client', 'AUTH PLAIN %c'],
    ok: '235 ',
    refused: '[45]\\d\\d ',
  },
  sieve: {
    lines: ['AUTHENTICATE "PLAIN" "%c"'],
    ok: 'OK',
    refused: 'NO ',
  },
  lmtp: {
    lines: ['LHLO client', 'MAIL FROM:<sender@example.com>', 'RCPT TO:<%u>'],
    ok: '250 2\\.1\\.0 done',
    refused: '[45]\\d\\d ',
  },
};

/** Connected, greeting read, and everything said up to the command that the backend has to answer. */
export async function converse(
  proxy: RunningProxy,
  protocol: ServedProtocol,
  user: string,
): Promise<ScriptedClient> {
  const client = await ScriptedClient.connect(proxy.port(protocol));
  await client.until(protocol === 'sieve' ? /^OK [^\n]*\n/m : /\n/);
  const { lines } = CONVERSATIONS[protocol];
  const credentials = Buffer.from(`\0${user}\0secret`).toString('base64');
  for (const [index, line] of lines.entries()) {
    client.send(`${line.replace('%u', user).replace('%c', credentials)}\r\n`);
    if (index < lines.length - 1) await client.until(/^(?:\+OK|250 )[^\n]*\n/m);
  }
  return client;
}

/** `ok`, `refused`, or `cut` where the connection ended instead. */
export async function answerOf(
  client: ScriptedClient,
  protocol: ServedProtocol,
): Promise<'ok' | 'refused' | 'cut'> {
  const { ok, refused } = CONVERSATIONS[protocol];
  try {
    const text = await client.until(new RegExp(`^(?:${ok}|${refused})[^\\n]*\\n`, 'm'));
    return new RegExp(`^${ok}`, 'm').test(text) ? 'ok' : 'refused';
  } catch {
    return 'cut';
  }
}

/** A session that works all the time while others fail. */
export class Bystander {
  readonly #client: ScriptedClient;
  #stopped = false;
  #count = 0;
  readonly #done: Promise<void>;

  private constructor(client: ScriptedClient) {
    this.#client = client;
    this.#done = this.#work();
  }

  static async start(proxy: RunningProxy): Promise<Bystander> {
    const client = await ScriptedClient.connect(proxy.port('imap'));
    await client.greeting();
    expect(await client.command('a', 'LOGIN bystander secret')).toMatch(/^a OK /);
    return new Bystander(client);
  }

  async #work(): Promise<void> {
    while (!this.#stopped) {
      this.#count += 1;
      expect(await this.#client.command(`n${this.#count}`, 'NOOP')).toBe(`n${this.#count} OK done\r\n`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Rejects where it noticed anything. */
  async stop(): Promise<number> {
    this.#stopped = true;
    await this.#done;
    this.#client.close();
    return this.#count;
  }
}
