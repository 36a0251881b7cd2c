import type { ByteString } from '../bytes.js';
import type { Source } from '../source.js';
import { BLANK, BROKEN, COMMENT, INCLUDE, LineRows, SECTION, SECTION_END, SETTING } from './line-rows.js';
import { LazyTree } from './nodes.js';
import type { ConfTree, SyntaxProblem } from './tree.js';

/** Sections nested deeper are read flat: no configuration needs them, and whoever walks a tree may recurse. */
const DEEPEST_NESTING = 500;

const MESSAGES: Readonly<Record<string, { kind: SyntaxProblem['kind']; message: string }>> = {
  "Expecting '{'": {
    kind: 'expecting-brace',
    message: "neither `key = value` nor `section name {`: expected '=' or '{'",
  },
  "Garbage after '{'": {
    kind: 'garbage-after-brace',
    message: "nothing may follow '{' on its line: put the settings on lines of their own",
  },
  "Expecting '='": {
    kind: 'expecting-equals',
    message: "neither `key = value` nor `section name {`: expected '='",
  },
  'Expecting group name': { kind: 'expecting-brace', message: 'expected `group @label name {`' },
};

/**
 * Builds the tree line by line: each method takes where its logical line ends and how many physical lines it has, and
 * what the line is. Sections nest by an explicit stack, so depth costs no call stack.
 */
export class TreeBuilder {
  readonly rows: LineRows;
  readonly #source: Source;
  /** Rows of the open sections, outermost first, as many as `#depth`. */
  readonly #open = new Int32Array(DEEPEST_NESTING);
  #depth = 0;
  readonly #problems: SyntaxProblem[] = [];
  /** Where the next statement starts, in bytes and lines. */
  #offset = 0;
  #line = 1;
  #tooDeep = 0;
  #tooDeepProblem = -1;
  #pending: ByteString = '';

  constructor(source: Source) {
    this.#source = source;
    this.rows = new LineRows(source);
  }

  /** Physical lines that throw no text away. */
  unreadLines(kind: 'blank' | 'comment', end: number, lines: number): void {
    this.#add(kind === 'blank' ? BLANK : COMMENT, end, lines);
    this.rows.setPart(-1, -1, 0, null);
  }

  /** `swallowedFrom`: where the continued text starts that this line throws away, or -1. */
  unread(kind: 'blank' | 'comment', end: number, lines: number, swallowedFrom: number): void {
    if (swallowedFrom === -1) {
      this.unreadLines(kind, end, lines);
      return;
    }
    this.#add(kind === 'blank' ? BLANK : COMMENT, end, lines);
    const lastLine = this.#source.text.lastIndexOf('\n', end - 2) + 1;
    this.rows.setPart(swallowedFrom, lastLine, 0, null);
    this.#problems.push({
      kind: 'lost-continuation',
      severity: 'warning',
      line: this.#line - 1,
      span: { start: swallowedFrom, end: lastLine },
      dovecot: null,
      message:
        kind === 'blank'
          ? 'the blank line after the continued text throws all of it away, silently'
          : 'the comment line after the continued text throws all of it away, silently',
    });
  }

  /** Continued text at the end of the file. */
  unfinished(end: number, lines: number, text: ByteString): void {
    const start = this.#offset;
    this.#add(BLANK, end, lines);
    this.rows.setPart(start, end, 0, null);
    this.#pending = text;
  }

  /** The reader of the line gives the row its key and value. */
  setting(end: number, lines: number): void {
    this.#add(SETTING, end, lines);
  }

  include(end: number, lines: number): void {
    this.#add(INCLUDE, end, lines);
  }

  /** False where it is too deep and was read as a broken line. */
  openSection(end: number, lines: number): boolean {
    if (this.#depth === DEEPEST_NESTING) {
      this.#tooDeep++;
      this.#skipTooDeep(end, lines);
      return false;
    }
    this.#open[this.#depth++] = this.rows.count;
    this.#add(SECTION, end, lines);
    return true;
  }

  closeSection(end: number, lines: number): void {
    if (this.#tooDeep > 0) {
      this.#tooDeep--;
      this.#skipTooDeep(end, lines);
      return;
    }
    this.#add(SECTION_END, end, lines);
    const section = this.#depth === 0 ? undefined : this.#open[--this.#depth];
    if (section !== undefined) this.rows.setClose(section);
  }

  broken(end: number, lines: number, dovecot: ByteString, from: number, to: number): void {
    this.#add(BROKEN, end, lines);
    const known = MESSAGES[dovecot];
    this.#breakLast({
      kind: known?.kind ?? (dovecot.startsWith('Missing ') ? 'missing-marker' : 'unknown-escape'),
      severity: 'error',
      line: this.#line - 1,
      span: { start: from, end: to },
      dovecot,
      message: known?.message ?? dovecot,
    });
  }

  finish(ambiguousHashes: readonly number[]): ConfTree {
    const source = this.#source;
    for (const offset of ambiguousHashes) {
      const line = source.lineAt(offset);
      this.#problems.push({
        kind: 'ambiguous-hash',
        severity: 'warning',
        line,
        span: { start: offset, end: offset + 1 },
        // Dovecot 2.3.19.1 and 2.4.1 config-parser.c
        dovecot: `Configuration file ${source.path} line ${line}: Ambiguous '#' character in line, treating it as comment. Add a space before it to remove this warning.`,
        message: "'#' directly after other text starts a comment: put a space before it, or quote the value",
      });
    }
    // Comments are taken off a line before it is looked into (Dovecot 2.4.1 config-parser.c config_parse_line()).
    const rank = ({ kind }: SyntaxProblem) => (kind === 'ambiguous-hash' ? 0 : 1);
    if (ambiguousHashes.length > 0) this.#problems.sort((a, b) => a.line - b.line || rank(a) - rank(b));
    return new LazyTree(this.rows, this.#problems, this.#pending);
  }

  #add(kind: number, end: number, lines: number): void {
    this.#offset = end;
    this.#line += lines;
    this.rows.add(kind, end, this.#line - 1);
  }

  /** Gives the row added last its problem. */
  #breakLast(problem: SyntaxProblem): void {
    this.#problems.push(problem);
    this.rows.setPart(-1, -1, this.rows.problems.push(problem) - 1, null);
  }

  #skipTooDeep(end: number, lines: number): void {
    const start = this.#offset;
    this.#add(BROKEN, end, lines);
    if (this.#tooDeepProblem !== -1) {
      this.rows.setPart(-1, -1, this.#tooDeepProblem, null);
      return;
    }
    this.#breakLast({
      kind: 'nesting-too-deep',
      severity: 'error',
      line: this.#line - 1,
      span: { start, end },
      dovecot: null,
      message: `sections nested more than ${DEEPEST_NESTING} deep are not read`,
    });
    this.#tooDeepProblem = this.rows.problems.length - 1;
  }
}
