import type { ByteString } from '../bytes.js';
import {
  BACKSLASH,
  DOUBLE_QUOTE,
  isBlankOrTab,
  isSpace,
  LogicalLineReader,
  QUOTE,
  unescapeQuoted,
  type WhiteTest,
} from './logical-line.js';
import type { TokenPayload } from './tokens.js';

export type PartKind =
  | 'white'
  | 'blank'
  | 'comment'
  | 'unfinished'
  | 'key'
  | 'include'
  | 'include-try'
  | 'pattern'
  | 'close-brace'
  | 'equals'
  | 'text'
  | 'quoted'
  | 'file'
  | 'variable'
  | 'group-label'
  | 'name'
  | 'open-brace'
  | 'rest'
  | 'line-end';

type Match = [string] & { payload?: TokenPayload | undefined };

const EQUALS = 61;
const LESS = 60;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const DOLLAR = 36;

/** Which words and quotes the line grammar of a language has. */
export interface LineDialect {
  readonly isWhite: WhiteTest;
  /** 2.4: a key may be `"quoted"`. */
  readonly quotedKeys: boolean;
  /** 2.4: `group @label name {`. */
  readonly groups: boolean;
  /**
   * `.conf.ext` of 2.3: no `<file`, no `$`, no quoted names, anything may follow `{`, and blank and comment lines do
   * not end a continued line (Dovecot 2.3.19.1 lib-settings/settings.c).
   */
  readonly external: boolean;
}

export const DIALECTS: Readonly<Record<'2.3' | '2.4' | 'ext', LineDialect>> = {
  '2.3': { isWhite: isBlankOrTab, quotedKeys: false, groups: false, external: false },
  '2.4': { isWhite: isSpace, quotedKeys: true, groups: true, external: false },
  ext: { isWhite: isBlankOrTab, quotedKeys: false, groups: false, external: true },
};

/**
 * Cuts the current logical line into parts for the lexer, which asks at each offset for the part of a kind. The parts
 * of one line lie in parallel arrays that are reused, so that a line costs no objects but its tokens.
 */
export class LineParts {
  readonly #reader = new LogicalLineReader();
  readonly #kinds: PartKind[] = [];
  readonly #ends: number[] = [];
  readonly #payloads: (TokenPayload | undefined)[] = [];
  #count = 0;
  #next = 0;
  /** End of the part emitted last, in the text. */
  #covered = 0;
  #match: Match = [''];
  #dialect: LineDialect = DIALECTS['2.3'];

  /** Before each text. */
  start(text: ByteString, dialect: LineDialect): void {
    this.#dialect = dialect;
    this.#reader.reset(text, dialect.isWhite, dialect.external);
    this.#reader.ambiguousHashes.length = 0;
    this.#count = 0;
    this.#next = 0;
  }

  /** Offsets of `#` directly behind other text, in order. */
  get ambiguousHashes(): readonly number[] {
    return this.#reader.ambiguousHashes;
  }

  match(kind: PartKind, text: ByteString, offset: number): Match | null {
    if (this.#next === this.#count) this.#readLine(offset);
    const index = this.#next;
    if (this.#kinds[index] !== kind) return null;
    this.#next = index + 1;
    const match = this.#match;
    match[0] = text.slice(offset, this.#ends[index]);
    match.payload = this.#payloads[index];
    return match;
  }

  #readLine(offset: number): void {
    const reader = this.#reader;
    this.#count = 0;
    this.#next = 0;
    this.#covered = offset;
    reader.read(offset);
    switch (reader.kind) {
      case 'blank':
      case 'comment':
        this.#push(reader.kind, reader.end, this.#linePayload(reader.swallowedFrom));
        return;
      case 'unfinished':
        this.#push('unfinished', reader.end, { text: reader.buffer, lines: reader.lines });
        return;
      case 'statement':
        this.#splitStatement();
        if (this.#covered < reader.end) this.#push('line-end', reader.end, this.#linePayload(-1));
    }
  }

  #linePayload(swallowedFrom: number): TokenPayload | undefined {
    const lines = this.#reader.lines;
    if (swallowedFrom !== -1) return { lines, swallowedFrom };
    return lines === 1 ? undefined : { lines };
  }

  #push(kind: PartKind, end: number, payload?: TokenPayload): void {
    this.#kinds[this.#count] = kind;
    this.#ends[this.#count] = end;
    this.#payloads[this.#count] = payload;
    this.#count++;
    this.#covered = end;
  }

  /** One part of the statement, given by its place in the reader's buffer; `text` where it is not the raw text. */
  #part(kind: PartKind, from: number, to: number, text?: ByteString, dovecot?: ByteString): void {
    const reader = this.#reader;
    let start = from;
    let end = to;
    let payload: TokenPayload | undefined;
    if (reader.joined) {
      start = reader.sourceOffset(from);
      end = Math.max(reader.sourceOffset(to - 1) + 1, start);
      const joinedText = text ?? reader.buffer.slice(from, to);
      payload = dovecot === undefined ? { text: joinedText } : { text: joinedText, dovecot };
      if (end <= this.#covered) end = this.#covered;
    } else if (dovecot !== undefined) payload = { dovecot };
    else if (text !== undefined) payload = { text };
    if (start > this.#covered) this.#push('white', start);
    this.#push(kind, end, payload);
  }

  #splitStatement(): void {
    const { buffer, from, to } = this.#reader;
    const { isWhite, quotedKeys } = this.#dialect;
    let at = from;
    let keyEnd: number;
    let key: ByteString | undefined;
    if (quotedKeys && buffer.charCodeAt(at) === DOUBLE_QUOTE) {
      at++;
      while (at < to && buffer.charCodeAt(at) !== DOUBLE_QUOTE)
        at += buffer.charCodeAt(at) === BACKSLASH && at + 1 < to ? 2 : 1;
      key = buffer.slice(from + 1, at);
      if (at < to) at++;
      keyEnd = at;
    } else {
      for (; at < to; at++) {
        const code = buffer.charCodeAt(at);
        if (code === EQUALS || isWhite(code)) break;
      }
      keyEnd = at;
    }
    while (at < to && isWhite(buffer.charCodeAt(at))) at++;
    const word = key ?? (buffer.charCodeAt(from) === 33 ? buffer.slice(from, keyEnd) : undefined);
    if (word === '!include' || word === '!include_try') {
      this.#part(word === '!include' ? 'include' : 'include-try', from, keyEnd);
      if (at < to) this.#part('pattern', at, to);
      return;
    }
    if (buffer.charCodeAt(at) === EQUALS && at < to) {
      if (keyEnd > from) this.#part('key', from, keyEnd, key);
      this.#splitValue(at, to);
      return;
    }
    if (at === to && (key === '}' || (keyEnd === from + 1 && buffer.charCodeAt(from) === CLOSE_BRACE))) {
      this.#part('close-brace', from, keyEnd);
      return;
    }
    this.#part('key', from, keyEnd, key);
    this.#splitSectionHead(key ?? buffer.slice(from, keyEnd), at);
  }

  #splitValue(equals: number, to: number): void {
    const { buffer } = this.#reader;
    const { isWhite, external } = this.#dialect;
    let at = equals + 1;
    while (at < to && isWhite(buffer.charCodeAt(at))) at++;
    if (this.#reader.joined) this.#part('equals', equals, equals + 1);
    else {
      this.#push('equals', at);
      if (at === to) return;
    }
    if (at >= to) return;
    const first = buffer.charCodeAt(at);
    if (first === LESS && !external) {
      let path = at + 1;
      while (path < to && isWhite(buffer.charCodeAt(path))) path++;
      this.#part('file', at, to, buffer.slice(path, to));
      return;
    }
    if (first === QUOTE || first === DOUBLE_QUOTE) {
      if (buffer.charCodeAt(to - 1) === first)
        this.#part('quoted', at, to, unescapeQuoted(buffer.slice(at + 1, Math.max(at + 1, to - 1))));
      else this.#part('text', at, to);
      return;
    }
    const form = !external && hasDollar(buffer, at, to) ? 'variable' : 'text';
    this.#part(form, at, to);
  }

  /** What follows the key of a section: `{`, `name {`, `"name" {`, 2.4 `@label name {` (config_parse_line()). */
  #splitSectionHead(key: ByteString, at: number): void {
    const { buffer, to } = this.#reader;
    if (at < to && buffer.charCodeAt(at) === OPEN_BRACE) {
      this.#splitBrace(at);
      return;
    }
    if (this.#dialect.groups && key === 'group') {
      const labelEnd = this.#wordEnd(at);
      if (labelEnd === to) {
        this.#refuse(at, 'Expecting group name');
        return;
      }
      const name = this.#whiteEnd(labelEnd);
      const nameEnd = this.#wordEnd(name);
      const brace = this.#whiteEnd(nameEnd);
      if (nameEnd === to || buffer.charCodeAt(brace) !== OPEN_BRACE) {
        this.#refuse(at, "Expecting '{'");
        return;
      }
      if (brace + 1 < to) {
        this.#refuse(at, "Garbage after '{'");
        return;
      }
      this.#part('group-label', at, labelEnd);
      this.#part('name', name, nameEnd);
      this.#splitBrace(brace);
      return;
    }
    const { external } = this.#dialect;
    let nameEnd: number;
    let name: ByteString | undefined;
    if (!external && at < to && buffer.charCodeAt(at) === DOUBLE_QUOTE) {
      const quote = buffer.indexOf('"', at + 1);
      nameEnd = quote === -1 || quote >= to ? to : quote + 1;
      name = unescapeQuoted(buffer.slice(at + 1, nameEnd - 1));
    } else nameEnd = this.#wordEnd(at);
    const brace = this.#whiteEnd(nameEnd);
    if (brace >= to || buffer.charCodeAt(brace) !== OPEN_BRACE)
      this.#refuse(at, external ? "Expecting '='" : "Expecting '{'");
    else if (brace + 1 < to && !external) this.#refuse(at, "Garbage after '{'");
    else {
      this.#part('name', at, nameEnd, name);
      this.#splitBrace(brace);
    }
  }

  #splitBrace(brace: number): void {
    const { to } = this.#reader;
    if (brace + 1 === to) this.#part('open-brace', brace, to);
    else if (this.#dialect.external) this.#part('open-brace', brace, to, '{');
    else this.#refuse(brace, "Garbage after '{'");
  }

  #refuse(at: number, dovecot: ByteString): void {
    const { to } = this.#reader;
    if (at < to) this.#part('rest', at, to, undefined, dovecot);
    else this.#payloads[this.#count - 1] = { ...this.#payloads[this.#count - 1], dovecot };
  }

  #wordEnd(from: number): number {
    const { buffer, to } = this.#reader;
    let at = from;
    while (at < to && !this.#dialect.isWhite(buffer.charCodeAt(at))) at++;
    return at;
  }

  #whiteEnd(from: number): number {
    const { buffer, to } = this.#reader;
    let at = from;
    while (at < to && this.#dialect.isWhite(buffer.charCodeAt(at))) at++;
    return at;
  }
}

function hasDollar(text: ByteString, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (text.charCodeAt(at) === DOLLAR) return true;
  return false;
}
