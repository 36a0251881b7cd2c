import type { ByteString } from '../bytes.js';
import type { LineDialect, WhiteBytes } from './line-dialect.js';

export const CR = 13;
export const DOUBLE_QUOTE = 34;
const HASH = 35;
export const QUOTE = 39;
export const BACKSLASH = 92;

export type LogicalLineKind = 'blank' | 'comment' | 'statement' | 'unfinished';

/**
 * Cuts a text into logical lines: comments stripped, continued lines joined by one space, as config_parse_line() of
 * both versions does. One reader is reused for all lines, so that reading a line allocates nothing unless it is
 * continued: then `buffer` is the joined text and `sourceOffset` maps back; otherwise `buffer` is the text itself.
 */
export class LogicalLineReader {
  kind: LogicalLineKind = 'blank';
  /** Extent of all physical lines, with line ends. */
  start = 0;
  end = 0;
  /** Physical lines in this logical line. */
  lines = 0;
  /** The statement stands in `buffer` from `from` to `to`. */
  buffer: ByteString = '';
  from = 0;
  to = 0;
  /** Where continued text starts that a blank or comment line threw away, else -1. */
  swallowedFrom = -1;
  /** Offsets of `#` without white space before it, one per physical line at most; the caller empties it. */
  readonly ambiguousHashes: number[] = [];

  readonly #text: ByteString;
  readonly #white: WhiteBytes;
  /** 2.3 `.conf.ext`: blank and comment lines inside a continued value do not end it. */
  readonly #skipsInside: boolean;
  readonly #nul: NextByte;
  readonly #hash: NextByte;
  readonly #quote: NextByte;
  readonly #doubleQuote: NextByte;
  /** Of a joined buffer: where each piece starts in the buffer and in the text. */
  readonly #pieceStarts: number[] = [];
  readonly #pieceOffsets: number[] = [];

  constructor(text: ByteString, dialect: LineDialect) {
    this.#text = text;
    this.#white = dialect.white;
    this.#skipsInside = dialect.external;
    this.#nul = new NextByte(text, '\0');
    this.#hash = new NextByte(text, '#');
    this.#quote = new NextByte(text, "'");
    this.#doubleQuote = new NextByte(text, '"');
  }

  get joined(): boolean {
    return this.#pieceStarts.length > 0;
  }

  /** Reads the logical line that starts at `offset`, which must lie before the end of the text. */
  read(offset: number): void {
    const text = this.#text;
    this.start = offset;
    this.lines = 0;
    this.swallowedFrom = -1;
    if (this.#pieceStarts.length > 0) this.#pieceStarts.length = 0;
    let pending = '';
    let pendingFrom = -1;
    let at = offset;
    for (;;) {
      this.lines++;
      const newline = text.indexOf('\n', at);
      this.end = newline === -1 ? text.length : newline + 1;
      const stop = this.#contentEnd(at, newline === -1 ? text.length : newline);
      const from = this.#skipWhite(at, stop);
      if (from >= stop || text.charCodeAt(from) === HASH) {
        if (pendingFrom === -1 || !this.#skipsInside) {
          this.kind = from < stop ? 'comment' : 'blank';
          this.swallowedFrom = pendingFrom;
          return;
        }
      } else {
        let to = this.#statementEnd(from, stop);
        if (text.charCodeAt(to - 1) !== BACKSLASH) {
          this.kind = 'statement';
          if (pending === '') {
            this.buffer = text;
            this.from = from;
            this.to = to;
            if (this.#pieceStarts.length > 0) this.#pieceStarts.length = 0;
            return;
          }
          this.#addPiece(pending.length, from);
          this.buffer = pending + text.slice(from, to);
          this.from = 0;
          this.to = this.buffer.length;
          return;
        }
        if (pendingFrom === -1) pendingFrom = from;
        to = this.#trimWhite(from, to - 1);
        if (to > from || this.#skipsInside) {
          this.#addPiece(pending.length, from);
          pending += `${text.slice(from, to)} `;
        }
      }
      at = this.end;
      if (at >= text.length) {
        this.kind = 'unfinished';
        this.buffer = pending;
        return;
      }
    }
  }

  /** Offset in the text of a place in `buffer`. */
  sourceOffset(index: number): number {
    const starts = this.#pieceStarts;
    if (starts.length === 0) return index;
    let piece = starts.length - 1;
    while (piece > 0 && (starts[piece] ?? 0) > index) piece--;
    return Math.min((this.#pieceOffsets[piece] ?? 0) + index - (starts[piece] ?? 0), this.end);
  }

  /**
   * Reads on behind the logical line to a physical line that is `marker`; gives the lines before it, each with its end,
   * null where the text ends first. Dovecot 2.4.5 config-parser.c parse_until_eod()
   */
  readUntil(marker: ByteString): ByteString | null {
    const text = this.#text;
    let content = '';
    while (this.end < text.length) {
      const at = this.end;
      const newline = text.indexOf('\n', at);
      this.end = newline === -1 ? text.length : newline + 1;
      this.lines++;
      const line = text.slice(at, this.#contentEnd(at, newline === -1 ? text.length : newline));
      if (line === marker) return content;
      content += `${line}\n`;
    }
    return null;
  }

  #addPiece(bufferStart: number, offset: number): void {
    this.#pieceOffsets[this.#pieceStarts.length] = offset;
    this.#pieceStarts.push(bufferStart);
  }

  /** CR before LF is dropped, and a NUL byte ends the line (observed, both versions). */
  #contentEnd(at: number, lineEnd: number): number {
    const nul = this.#nul.from(at);
    if (nul < lineEnd) return nul;
    return lineEnd > at && this.#text.charCodeAt(lineEnd - 1) === CR ? lineEnd - 1 : lineEnd;
  }

  #skipWhite(from: number, stop: number): number {
    let at = from;
    while (at < stop && this.#white[this.#text.charCodeAt(at)] === 1) at++;
    return at;
  }

  #trimWhite(from: number, to: number): number {
    let end = to;
    while (end > from && this.#white[this.#text.charCodeAt(end - 1)] === 1) end--;
    return end;
  }

  /** End of the statement's text on this physical line: before its comment and the white space before that. */
  #statementEnd(from: number, stop: number): number {
    const text = this.#text;
    const special = Math.min(this.#hash.from(from), this.#quote.from(from), this.#doubleQuote.from(from));
    for (let at = special; at < stop; at++) {
      const code = text.charCodeAt(at);
      if (code > QUOTE) continue;
      if (code === HASH) {
        if (this.#white[text.charCodeAt(at - 1)] !== 1) this.ambiguousHashes.push(at);
        return this.#trimWhite(from, at);
      }
      if (code === QUOTE || code === DOUBLE_QUOTE) {
        at = closingQuote(text, at, stop, code);
        if (at === -1) break;
      }
    }
    return this.#trimWhite(from, stop);
  }
}

/** Where a byte stands next; remembered, so that a text without it is searched once. Asked in rising order. */
export class NextByte {
  readonly #text: ByteString;
  readonly #byte: ByteString;
  #next = -1;

  constructor(text: ByteString, byte: ByteString) {
    this.#text = text;
    this.#byte = byte;
  }

  /** The first one at `offset` or behind it; beyond the text where there is none. */
  from(offset: number): number {
    if (this.#next < offset) {
      const found = this.#text.indexOf(this.#byte, offset);
      this.#next = found === -1 ? NOWHERE : found;
    }
    return this.#next;
  }
}

/** Where one of several bytes stands next. Asked in rising order. */
export class NextSpecial {
  readonly #bytes: readonly NextByte[];
  #next = -1;

  constructor(text: ByteString, bytes: ByteString) {
    this.#bytes = Array.from(bytes, (byte) => new NextByte(text, byte));
  }

  /** The first one at `offset` or behind it; beyond the text where there is none. */
  from(offset: number): number {
    if (this.#next < offset) this.#next = this.#find(offset);
    return this.#next;
  }

  #find(offset: number): number {
    return this.#bytes.reduce((next, byte) => Math.min(next, byte.from(offset)), NOWHERE);
  }
}

const NOWHERE = 0x3fffffff;

/** The matching quote after `open`, a backslash hiding the character behind it; -1 where there is none. */
function closingQuote(text: ByteString, open: number, stop: number, quote: number): number {
  for (let at = open + 1; at < stop; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    if (code === BACKSLASH && at + 1 < stop) at++;
  }
  return -1;
}

/** The backslash whose next character 2.4.5 knows no meaning of, with that character; null: there is none. */
export function unknownEscape(text: ByteString): ByteString | null {
  for (let at = text.indexOf('\\'); at !== -1; at = text.indexOf('\\', at + 2)) {
    const next = text[at + 1];
    if (next !== '\\' && next !== '"') return text.slice(at, at + 2);
  }
  return null;
}

/** str_unescape(): each backslash goes, the character behind it stays (Dovecot lib/strescape.c). */
export function unescapeQuoted(text: ByteString): ByteString {
  return text.includes('\\') ? text.replace(/\\([\s\S]?)/g, '$1') : text;
}
