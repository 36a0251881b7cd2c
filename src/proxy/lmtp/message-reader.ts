import type { ByteString } from '../../../grammar/bytes.js';

/** A piece of a message's content, and what follows its end. */
export interface MessagePiece {
  readonly content: ByteString;
  /** The message is complete; `rest` was read behind it. */
  readonly ended: boolean;
  readonly rest: ByteString;
}

/**
 * Takes the content of a DATA command apart from its end. 2.4 wants CRLF around the dot, 2.3 takes LF too.
 * Dovecot lib-mail/istream-dot.c; RFC 5321 4.5.2
 */
export class DotReader {
  readonly #strict: boolean;
  #held: ByteString = '';
  #atLineStart = true;
  #last: ByteString = '';

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  push(data: ByteString): MessagePiece {
    const text = this.#held + data;
    this.#held = '';
    const pieces: ByteString[] = [];
    let at = 0;
    while (at < text.length) {
      if (this.#atLineStart && text.charAt(at) === '.') {
        const end = this.#terminator(text, at);
        if (end === 'unknown') {
          this.#held = text.slice(at);
          return { content: pieces.join(''), ended: false, rest: '' };
        }
        if (end !== null) return { content: pieces.join(''), ended: true, rest: text.slice(end) };
        at += 1;
      }
      const next = this.#lineEnd(text, at);
      pieces.push(text.slice(at, next));
      at = next;
    }
    this.#last = text.charAt(text.length - 1);
    return { content: pieces.join(''), ended: false, rest: '' };
  }

  /** Offset behind the end of the message whose dot is at `at`; null where the dot is only stuffed. */
  #terminator(text: ByteString, at: number): number | 'unknown' | null {
    const next = text.charAt(at + 1);
    if (next === '') return 'unknown';
    if (next === '\n') return this.#strict ? null : at + 2;
    if (next !== '\r') return null;
    const last = text.charAt(at + 2);
    if (last === '') return 'unknown';
    return last === '\n' ? at + 3 : null;
  }

  /** Goes on to the start of a line that begins with a dot, or may do so, or to the end. */
  #lineEnd(text: ByteString, from: number): number {
    let at = from;
    for (;;) {
      const end = text.indexOf('\n', at);
      if (end === -1) {
        this.#atLineStart = false;
        return text.length;
      }
      at = end + 1;
      const before = end === 0 ? this.#last : text.charAt(end - 1);
      if (this.#strict && before !== '\r') continue;
      if (at < text.length && text.charAt(at) !== '.') continue;
      this.#atLineStart = true;
      return at;
    }
  }
}

/** Makes every line end in CRLF. Dovecot lib/istream-crlf.c */
export class CrlfWriter {
  #lastWasCr = false;

  push(data: ByteString): ByteString {
    if (data === '') return '';
    const startsBare = data.startsWith('\n') && !this.#lastWasCr;
    this.#lastWasCr = data.endsWith('\r');
    const text = data.replace(/(?<=[^\r])\n/g, '\r\n');
    return startsBare ? `\r${text}` : text;
  }
}

/** Doubles dots at the starts of lines, over pieces of any size. RFC 5321 4.5.2 */
export class DotWriter {
  #atLineStart = true;

  push(data: ByteString): ByteString {
    if (data === '') return '';
    const text = data.replace(/\n\./g, '\n..');
    const stuffed = this.#atLineStart && data.startsWith('.') ? `.${text}` : text;
    this.#atLineStart = data.endsWith('\n');
    return stuffed;
  }
}
