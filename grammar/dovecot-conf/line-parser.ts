import type { ByteString } from '../bytes.js';
import type { Source } from '../source.js';
import type { LineDialect, WhiteBytes } from './line-dialect.js';
import { FORMS, type LineRows } from './line-rows.js';
import {
  BACKSLASH,
  CR,
  DOUBLE_QUOTE,
  LogicalLineReader,
  NextByte,
  NextSpecial,
  QUOTE,
  unescapeQuoted,
  unknownEscape,
} from './logical-line.js';
import type { ConfTree } from './tree.js';
import { TreeBuilder } from './tree-builder.js';

const NEWLINE = 10;
const EXCLAMATION = 33;
const HASH = 35;
const LESS = 60;
const EQUALS = 61;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/**
 * How nearly all lines begin: `key = value`, `key {`, `key name {`, `}`. One expression takes half as long for them as
 * the reader before V8 has optimized that.
 */
const PLAIN_LINE = /[ \t]*(?:\}\n|(\w+)[ \t]*(?:=[ \t]*(?=[^\s<])|(?<=[ \t])(?:([\w.:*/-]+)[ \t]+)?\{\n))/y;

/** The tree of one file in a dialect of the line language. Never throws on any text. */
export function parseLines(source: Source, dialect: LineDialect): ConfTree {
  return new LineParser(source, dialect).parse();
}

/**
 * Reads a file line by line, in one pass, as config_parse_line() of both versions does. A file is a list of lines:
 * sections may be opened and closed in different files, and a line that cannot be read must not take its neighbours
 * along, so nesting is the tree builder's.
 */
class LineParser {
  readonly #text: ByteString;
  readonly #white: WhiteBytes;
  readonly #dialect: LineDialect;
  readonly #reader: LogicalLineReader;
  readonly #builder: TreeBuilder;
  readonly #rows: LineRows;
  readonly #dollar: NextByte;
  readonly #special: NextSpecial;
  /** Extent in the text of the part located last. */
  #start = 0;
  #end = 0;
  /** Of a joined line: how far its parts reach. */
  #covered = 0;

  constructor(source: Source, dialect: LineDialect) {
    this.#text = source.text;
    this.#dialect = dialect;
    this.#white = dialect.white;
    this.#reader = new LogicalLineReader(source.text, dialect);
    this.#builder = new TreeBuilder(source);
    this.#rows = this.#builder.rows;
    this.#dollar = new NextByte(source.text, '$');
    this.#special = new NextSpecial(source.text, '\0#\'"$');
  }

  parse(): ConfTree {
    const reader = this.#reader;
    const builder = this.#builder;
    const size = this.#text.length;
    const text = this.#text;
    for (let offset = 0; offset < size; offset = reader.end) {
      const first = text.charCodeAt(offset);
      // Most lines of a usual file: together and without the reader, as a start runs in the interpreter.
      if (first === HASH || first === NEWLINE) {
        let end = offset;
        let lines = 0;
        do {
          const newline = first === NEWLINE ? end : text.indexOf('\n', end);
          end = newline === -1 ? size : newline + 1;
          lines++;
        } while (text.charCodeAt(end) === first);
        reader.end = end;
        builder.unreadLines(first === HASH ? 'comment' : 'blank', end, lines);
        continue;
      }
      if (this.#plainLine(offset)) continue;
      reader.read(offset);
      switch (reader.kind) {
        case 'statement':
          this.#covered = offset;
          this.#statement();
          break;
        case 'blank':
        case 'comment':
          builder.unread(reader.kind, reader.end, reader.lines, reader.swallowedFrom);
          break;
        case 'unfinished':
          builder.unfinished(reader.end, reader.lines, reader.buffer);
      }
    }
    return builder.finish(reader.ambiguousHashes);
  }

  /** Reads a line without quotes, comment, reference and continuation; false: it is none. */
  #plainLine(offset: number): boolean {
    const text = this.#text;
    const newline = text.indexOf('\n', offset);
    if (this.#special.from(offset) < newline || newline === -1) return false;
    PLAIN_LINE.lastIndex = offset;
    const found = PLAIN_LINE.exec(text);
    if (found === null) return false;
    const key = found[1];
    const name = found[2];
    const end = newline + 1;
    const builder = this.#builder;
    const rows = this.#rows;
    if (key === undefined) builder.closeSection(end, 1);
    else if (PLAIN_LINE.lastIndex < end) {
      const last = text.charCodeAt(newline - 1);
      if (last === BACKSLASH || last === CR || this.#white[last] === 1) return false;
      builder.setting(end, 1);
      const start = text.indexOf(key, offset);
      rows.setKey(rows.words.numberOf(key), start, start + key.length);
      rows.setPart(PLAIN_LINE.lastIndex, newline, TEXT, null);
    } else if (key === 'group') return false;
    else if (builder.openSection(end, 1)) {
      const start = text.indexOf(key, offset);
      rows.setKey(rows.words.numberOf(key), start, start + key.length);
      const at = name === undefined ? -1 : text.indexOf(name, start + key.length);
      rows.setPart(at, name === undefined ? -1 : at + name.length, 0, null);
    }
    this.#reader.end = end;
    return true;
  }

  #statement(): void {
    const reader = this.#reader;
    const { buffer, from, to } = reader;
    const white = this.#white;
    let at = from;
    /** Text of a quoted key. */
    let quoted: ByteString | null = null;
    let code = buffer.charCodeAt(at);
    if (code === DOUBLE_QUOTE && this.#dialect.quotedKeys) {
      at++;
      while (at < to && buffer.charCodeAt(at) !== DOUBLE_QUOTE)
        at += buffer.charCodeAt(at) === BACKSLASH && at + 1 < to ? 2 : 1;
      quoted = buffer.slice(from + 1, at);
      if (at < to) at++;
      const wrong = this.#dialect.strictEscapes ? unknownEscape(quoted) : null;
      if (wrong !== null) {
        this.#wrongEscape(wrong);
        return;
      }
      if (this.#dialect.strictEscapes) quoted = unescapeQuoted(quoted);
    } else while (at < to && code !== EQUALS && white[code] !== 1) code = buffer.charCodeAt(++at);
    const keyEnd = at;
    at = this.#whiteEnd(at);
    const first = buffer.charCodeAt(from);
    const word = quoted ?? (first === EXCLAMATION ? buffer.slice(from, keyEnd) : '');
    if (word === '!include' || word === '!include_try') this.#include(from, keyEnd, at, word);
    else if (at < to && buffer.charCodeAt(at) === EQUALS) this.#setting(from, keyEnd, at, quoted);
    else if (at === to && (quoted === null ? first === CLOSE_BRACE && keyEnd === from + 1 : quoted === '}'))
      this.#builder.closeSection(reader.end, reader.lines);
    else this.#section(from, keyEnd, at, quoted);
  }

  #include(from: number, wordEnd: number, at: number, word: ByteString): void {
    const { end, lines, to } = this.#reader;
    this.#builder.include(end, lines);
    this.#locate(from, wordEnd);
    if (at < to) this.#locate(at, to);
    else this.#start = this.#end;
    this.#rows.setPart(this.#start, this.#end, word === '!include' ? 0 : 1, this.#joinedText(at, to));
  }

  #setting(from: number, keyEnd: number, equals: number, quoted: ByteString | null): void {
    const reader = this.#reader;
    const { to, buffer, joined } = reader;
    const { external, heredocs, strictEscapes } = this.#dialect;
    const at = this.#whiteEnd(equals + 1);
    const first = at < to ? buffer.charCodeAt(at) : 0;
    const marker = heredocs && first === LESS ? this.#marker(at) : null;
    const heredoc = marker === null ? null : reader.readUntil(marker);
    if (marker !== null && heredoc === null) {
      this.#locate(from, to);
      this.#builder.broken(reader.end, reader.lines, `Missing ${marker}`, this.#start, this.#end);
      return;
    }
    const isQuoted = (first === QUOTE || first === DOUBLE_QUOTE) && buffer.charCodeAt(to - 1) === first;
    const inner = isQuoted ? buffer.slice(at + 1, Math.max(at + 1, to - 1)) : '';
    const wrong = strictEscapes && isQuoted ? unknownEscape(inner) : null;
    if (wrong !== null) {
      this.#wrongEscape(wrong);
      return;
    }
    this.#builder.setting(reader.end, reader.lines);
    if (keyEnd > from) this.#setKey(from, keyEnd, quoted);
    this.#locate(equals, equals + 1);
    // Without a key its place is the `=`.
    if (keyEnd === from) this.#rows.setKey(0, this.#start, this.#start);
    if (at >= to) {
      const behind = this.#start + 1;
      this.#rows.setPart(behind, behind, TEXT, '');
      return;
    }
    this.#locate(at, to);
    let form = TEXT;
    let text: ByteString | null = null;
    if (marker !== null) {
      form = HEREDOC;
      text = `${marker}\n${heredoc}`;
      this.#end = reader.end;
    } else if (first === LESS && !external) {
      form = FILE;
      text = buffer.slice(this.#whiteEnd(at + 1), to);
    } else if (first === QUOTE || first === DOUBLE_QUOTE) {
      if (isQuoted) {
        form = QUOTED;
        text = unescapeQuoted(inner);
      }
    } else if (!external && (joined ? buffer.includes('$', at) : this.#dollar.from(at) < to)) form = VARIABLE;
    this.#rows.setPart(this.#start, this.#end, form, text ?? this.#joinedText(at, to));
  }

  /** What stands behind `<<`; null: nothing, and it is a file's name. */
  #marker(at: number): ByteString | null {
    const { buffer, to } = this.#reader;
    if (buffer.charCodeAt(at + 1) !== LESS) return null;
    const from = this.#whiteEnd(at + 2);
    return from < to ? buffer.slice(from, to) : null;
  }

  #wrongEscape(sequence: ByteString): void {
    const { end, lines, from, to } = this.#reader;
    this.#locate(from, to);
    this.#builder.broken(end, lines, `Unknown escape sequence ${sequence}`, this.#start, this.#end);
  }

  #section(from: number, keyEnd: number, at: number, quoted: ByteString | null): void {
    const dovecot = this.#openSection(from, keyEnd, at, quoted);
    if (dovecot === null) return;
    const { end, lines, to } = this.#reader;
    this.#locate(from, keyEnd);
    const start = this.#start;
    if (at < to) this.#locate(at, to);
    this.#builder.broken(end, lines, dovecot, start, this.#end);
  }

  /**
   * What follows the key of a section: `{`, `name {`, `"name" {`, 2.4 `@label name {` (config_parse_line()). The words
   * of Dovecot where it refuses the line.
   */
  #openSection(from: number, keyEnd: number, at: number, quoted: ByteString | null): ByteString | null {
    const { buffer, to } = this.#reader;
    const { external, groups } = this.#dialect;
    const hasBrace = at < to && buffer.charCodeAt(at) === OPEN_BRACE;
    const isGroup = groups && !hasBrace && (quoted ?? buffer.slice(from, keyEnd)) === 'group';
    let nameStart = at;
    let nameEnd = at;
    let name: ByteString | null = null;
    const labelEnd = isGroup ? this.#wordEnd(at) : at;
    if (isGroup) {
      if (labelEnd === to) return 'Expecting group name';
      nameStart = this.#whiteEnd(labelEnd);
      nameEnd = this.#wordEnd(nameStart);
    } else if (!hasBrace && at < to && !external && buffer.charCodeAt(at) === DOUBLE_QUOTE) {
      const quote = buffer.indexOf('"', at + 1);
      nameEnd = quote === -1 || quote >= to ? to : quote + 1;
      const inner = buffer.slice(at + 1, nameEnd - 1);
      const isClosed = quote !== -1 && quote < to;
      const wrong = this.#dialect.strictEscapes && isClosed ? unknownEscape(inner) : null;
      if (wrong !== null) return `Unknown escape sequence ${wrong}`;
      name = unescapeQuoted(inner);
    } else if (!hasBrace) nameEnd = this.#wordEnd(at);
    const brace = this.#whiteEnd(nameEnd);
    if (brace >= to || buffer.charCodeAt(brace) !== OPEN_BRACE)
      return external ? "Expecting '='" : "Expecting '{'";
    if (brace + 1 < to && !external) return "Garbage after '{'";
    if (!this.#builder.openSection(this.#reader.end, this.#reader.lines)) return null;
    this.#setKey(from, keyEnd, quoted);
    if (isGroup) {
      this.#locate(at, labelEnd);
      this.#rows.setLabel(buffer.slice(at, labelEnd));
    }
    if (nameEnd === at) this.#rows.setPart(-1, -1, 0, null);
    else {
      this.#locate(nameStart, nameEnd);
      this.#rows.setPart(this.#start, this.#end, 0, name ?? this.#joinedText(nameStart, nameEnd));
    }
    return null;
  }

  #setKey(from: number, to: number, quoted: ByteString | null): void {
    const { words } = this.#rows;
    this.#locate(from, to);
    const { buffer } = this.#reader;
    this.#rows.setKey(words.numberOf(quoted ?? buffer.slice(from, to)), this.#start, this.#end);
  }

  /** Finds where a part of the buffer stands in the text. Parts of a line are located in order and do not overlap. */
  #locate(from: number, to: number): void {
    const reader = this.#reader;
    if (!reader.joined) {
      this.#start = from;
      this.#end = to;
      return;
    }
    const start = reader.sourceOffset(from);
    const end = Math.max(reader.sourceOffset(to - 1) + 1, start);
    this.#start = Math.max(start, this.#covered);
    this.#end = Math.max(end, this.#covered);
    this.#covered = this.#end;
  }

  /** Text of a part; null where it is what stands in the text. */
  #joinedText(from: number, to: number): ByteString | null {
    const { joined, buffer } = this.#reader;
    return joined ? buffer.slice(from, to) : null;
  }

  #wordEnd(from: number): number {
    const { buffer, to } = this.#reader;
    const white = this.#white;
    let at = from;
    while (at < to && white[buffer.charCodeAt(at)] !== 1) at++;
    return at;
  }

  #whiteEnd(from: number): number {
    const { buffer, to } = this.#reader;
    const white = this.#white;
    let at = from;
    while (at < to && white[buffer.charCodeAt(at)] === 1) at++;
    return at;
  }
}

const TEXT = FORMS.indexOf('text');
const QUOTED = FORMS.indexOf('quoted');
const FILE = FORMS.indexOf('file');
const VARIABLE = FORMS.indexOf('variable');
const HEREDOC = FORMS.indexOf('heredoc');
