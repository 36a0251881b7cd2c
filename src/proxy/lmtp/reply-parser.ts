import type { ByteString } from '../../../grammar/bytes.js';
import type { Series } from '../../knowledge/versions.js';
import type { RemoteReply } from './smtp-reply.js';

/** Longest reply of a backend. Dovecot lmtp-proxy.c LMTP_MAX_REPLY_SIZE */
const MAX_REPLY = 4096;

type Parsed =
  | { readonly kind: 'reply'; readonly reply: RemoteReply }
  | { readonly kind: 'invalid'; readonly message: ByteString };

interface Unfinished {
  readonly status: number;
  enhanced: ByteString | null;
  /** An earlier line has no code, or another one. */
  codeFailed: boolean;
  size: number;
  readonly lines: ByteString[];
}

/** Reads a server's replies out of its bytes. Dovecot lib-smtp/smtp-reply-parser.c; RFC 5321 4.2 */
export class ReplyParser {
  readonly #stray: RegExp;
  #input: ByteString = '';
  #reply: Unfinished | null = null;

  constructor(series: Series) {
    // 2.4 is built with UTF-8 in replies. Dovecot 2.4.1 smtp-parser.c smtp_char_lookup
    this.#stray = series === '2.3' ? /[^\t -~]/ : /[^\t -~\x80-\xfd]/;
  }

  append(data: ByteString): void {
    this.#input += data;
  }

  /** Nothing of a reply is there. */
  get empty(): boolean {
    return this.#input === '' && this.#reply === null;
  }

  /** Everything that was read in clear counts for nothing. */
  reset(): void {
    this.#input = '';
    this.#reply = null;
  }

  /** The next reply; null where more bytes are needed. `ehlo`: its first line may hold any bytes. */
  next(enhancedCodes: boolean, ehlo: boolean): Parsed | null {
    for (;;) {
      const end = this.#input.indexOf('\n');
      if (end === -1) {
        const size = (this.#reply?.size ?? 0) + this.#input.length;
        return size > MAX_REPLY ? invalid('Reply exceeds size limit') : null;
      }
      const line = this.#input.slice(0, this.#input.charAt(end - 1) === '\r' ? end - 1 : end);
      this.#input = this.#input.slice(end + 1);
      const parsed = this.#line(line, enhancedCodes, ehlo);
      if (parsed !== null) return parsed;
    }
  }

  #line(line: ByteString, enhancedCodes: boolean, ehlo: boolean): Parsed | null {
    const match = /^([2-5][0-5]\d)(?:([ -])(.*))?$/s.exec(line);
    if (match === null) return invalid(lineProblem(line));
    const status = Number(match[1]);
    let text = match[3] ?? '';
    const reply = this.#reply ?? { status, enhanced: null, codeFailed: false, size: 0, lines: [] };
    this.#reply = reply;
    if (status !== reply.status) return invalid('Inconsistent status codes in reply');
    // Behind the name anything is taken.
    if (ehlo && reply.lines.length === 0 && status === 250)
      text = text.replace(/ .*$/s, (greeting) => greeting.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, ' '));
    const stray = this.#stray.exec(text)?.[0];
    if (stray !== undefined) return invalid(`Encountered stray ${shown(stray)} in reply text`);
    reply.size += text.length;
    if (reply.size > MAX_REPLY) return invalid('Reply exceeds size limit');
    reply.lines.push(enhancedCodes ? withoutCode(reply, text) : text);
    if (match[2] === '-') return null;
    this.#reply = null;
    const { enhanced, lines } = reply;
    return { kind: 'reply', reply: { kind: 'remote', status, enhanced, lines } };
  }
}

/** Takes the enhanced code off a line and remembers it, as long as all lines agree. */
function withoutCode(reply: Unfinished, text: ByteString): ByteString {
  if (text.length <= 5 || reply.codeFailed) return text;
  const match = /^(([245])\.\d{1,3}\.\d{1,3})(?: (.*))?$/s.exec(text);
  if (match === null) {
    reply.codeFailed = !/^[245]\.\d{1,3}\.\d{1,3}/.test(text);
    if (reply.codeFailed) reply.enhanced = null;
    return text;
  }
  const code = normalizedCode(match[1] ?? '');
  const fits = Number(match[2]) === Math.floor(reply.status / 100);
  if (fits && (reply.lines.length === 0 || reply.enhanced === code)) reply.enhanced = code;
  return match[3] ?? '';
}

/** Dovecot keeps numbers: leading zeros are gone. */
function normalizedCode(code: ByteString): ByteString {
  return code.split('.').map(Number).join('.');
}

function invalid(message: ByteString): Parsed {
  return { kind: 'invalid', message };
}

function shown(character: string): ByteString {
  if (character === '\r') return 'CR';
  return `0x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

function lineProblem(line: ByteString): ByteString {
  if (!/^[2-5][0-5]\d/.test(line)) return 'Invalid status code in reply';
  const character = line.charAt(3);
  const name = /[ -~]/.test(character) ? `'${character}'` : shown(character);
  return `Encountered unexpected ${name} after reply status code`;
}
