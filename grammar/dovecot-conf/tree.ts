import type { ByteString } from '../bytes.js';
import type { Source, Span } from '../source.js';

/**
 * The lossless syntax tree of one dovecot.conf file (2.3 or 2.4).
 *
 * Every byte of the file belongs to exactly one node's `span` (blank lines and comments included), in file order, so
 * that concatenating `source.text.slice(span)` of the leaves gives the file back. Parsing never fails: what cannot be
 * read becomes a `BrokenLine` and a `SyntaxProblem`, and the parser goes on with the next line or `}`.
 *
 * A section that is closed in another file of an include chain is legal in Dovecot, so the tree of one file keeps
 * unmatched `}` as `SectionEnd` nodes at the level where they stand, and an unclosed section ends with the file.
 */
export interface ConfTree {
  readonly source: Source;
  readonly statements: readonly Statement[];
  /** Number of all statements, those inside sections and the ends of sections included. */
  readonly size: number;
  /** The one with this number in file order: a section, then what it holds, then its end. Below `size`. */
  at(index: number): Statement;
  /** The number of the first one from `index` on that is no comment and no blank line; `size` where there is none. */
  nextSaying(index: number): number;
  readonly problems: readonly SyntaxProblem[];
  /** Continuation text pending at the end of the file: lost in the main file, prepended to the includer's next line. */
  readonly pending: ByteString;
}

export type Statement = BlankLine | CommentLine | Setting | Section | SectionEnd | Include | BrokenLine;

/** Empty line, or line of white space only. Ends a continuation (config-language.md section 1.2). With the empty lines that follow. */
interface BlankLine {
  readonly kind: 'blank';
  readonly span: Span;
  /** Continued text that this line throws away, if any: Dovecot loses it silently. */
  readonly swallowed: Span | null;
}

/** A comment, with the comments that follow it at the left margin. */
interface CommentLine {
  readonly kind: 'comment';
  readonly span: Span;
  readonly swallowed: Span | null;
}

/** `key = value`. */
export interface Setting {
  readonly kind: 'setting';
  /** The whole statement with all its physical lines, indentation, trailing comment and line end. */
  readonly span: Span;
  /** Last physical line of the statement, 1-based: the number in Dovecot's messages. */
  readonly line: number;
  readonly key: ByteString;
  readonly keySpan: Span;
  readonly value: ConfValue;
}

export interface ConfValue {
  /**
   * `file`: `<path` (text = path). `variable`: unquoted with `$` (2.3 `$name`; 2.4 `$SET:`/`$ENV:`). `heredoc` (2.4.5):
   * `<<MARKER` and lines (text = the marker's line and these).
   */
  readonly form: 'text' | 'quoted' | 'file' | 'variable' | 'heredoc';
  /** Value after unquoting and joining of continued lines. */
  readonly text: ByteString;
  /** Where the value's raw text stands (empty span after `=` where there is none). */
  readonly span: Span;
}

/** `key {`, `key name {`, with all statements up to its `}`. */
export interface Section {
  readonly kind: 'section';
  readonly span: Span;
  /** The opening line(s) only. */
  readonly headSpan: Span;
  readonly line: number;
  readonly key: ByteString;
  readonly keySpan: Span;
  /** null: no name was written. */
  readonly name: ByteString | null;
  readonly nameSpan: Span | null;
  /** 2.4 `group @label name {`: the label with its `@`. */
  readonly groupLabel: ByteString | null;
  readonly body: readonly Statement[];
  /** The closing line; null: the file ended first. */
  readonly end: SectionEnd | null;
}

export interface SectionEnd {
  readonly kind: 'section-end';
  readonly span: Span;
  readonly line: number;
}

/** `!include PATTERN`, `!include_try PATTERN`. */
export interface Include {
  readonly kind: 'include';
  readonly span: Span;
  readonly line: number;
  readonly optional: boolean;
  readonly pattern: ByteString;
  readonly patternSpan: Span;
}

/** A line that Dovecot refuses; its problem says why. */
interface BrokenLine {
  readonly kind: 'broken';
  readonly span: Span;
  readonly line: number;
  readonly problem: SyntaxProblem;
}

/** A mistake (or a warning) of the file language itself. */
export interface SyntaxProblem {
  readonly kind:
    | 'expecting-brace'
    | 'garbage-after-brace'
    | 'missing-key'
    | 'unexpected-end'
    | 'unclosed-section'
    | 'ambiguous-hash'
    | 'lost-continuation'
    | 'expecting-equals'
    | 'unknown-escape'
    | 'missing-marker'
    | 'nesting-too-deep';
  readonly severity: 'error' | 'warning';
  /** 1-based line as Dovecot counts it. */
  readonly line: number;
  readonly span: Span;
  /** Dovecot's own TEXT after `Error in configuration file FILE line N: `; null where Dovecot says nothing. */
  readonly dovecot: ByteString | null;
  /** What an administrator reads. */
  readonly message: string;
}
