import type { ByteString } from '../bytes.js';
import type { Source, Span } from '../source.js';
import type { ConfTree, ConfValue, Section, SectionEnd, Statement, SyntaxProblem } from './tree.js';

type Draft<T> = { -readonly [K in keyof T]: T[K] };

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

/** Builds the tree line by line; sections nest by an explicit stack, so depth costs no call stack. */
export class TreeBuilder {
  readonly #source: Source;
  readonly #statements: Statement[] = [];
  readonly #open: { section: Draft<Section>; outer: Statement[] }[] = [];
  readonly #problems: SyntaxProblem[] = [];
  #body: Statement[] = this.#statements;
  /** Where the next statement starts, in bytes and lines. */
  #offset = 0;
  #line = 1;
  #tooDeep = 0;
  #tooDeepProblem: SyntaxProblem | null = null;
  #pending: ByteString = '';

  constructor(source: Source) {
    this.#source = source;
  }

  unread(
    kind: 'blank' | 'comment',
    end: number,
    lines: number | null,
    swallowedFrom: number | undefined,
  ): void {
    const span = this.#advance(end, lines);
    let swallowed: Span | null = null;
    if (swallowedFrom !== undefined) {
      swallowed = { start: swallowedFrom, end: this.#lastLineStart(span) };
      this.#problems.push({
        kind: 'lost-continuation',
        severity: 'warning',
        line: this.#line - 1,
        span: swallowed,
        dovecot: null,
        message:
          kind === 'blank'
            ? 'the blank line after the continued text throws all of it away, silently'
            : 'the comment line after the continued text throws all of it away, silently',
      });
    }
    this.#body.push({ kind, span, swallowed });
  }

  unfinished(end: number, lines: number | null, text: ByteString): void {
    const span = this.#advance(end, lines);
    this.#pending = text;
    this.#body.push({ kind: 'blank', span, swallowed: span });
  }

  setting(end: number, lines: number | null, key: ByteString, keySpan: Span, value: ConfValue): void {
    const span = this.#advance(end, lines);
    this.#body.push({ kind: 'setting', span, line: this.#line - 1, key, keySpan, value });
  }

  include(
    end: number,
    lines: number | null,
    optional: boolean,
    pattern: ByteString,
    patternSpan: Span,
  ): void {
    const span = this.#advance(end, lines);
    this.#body.push({ kind: 'include', span, line: this.#line - 1, optional, pattern, patternSpan });
  }

  openSection(
    end: number,
    lines: number | null,
    head: Pick<Section, 'key' | 'keySpan' | 'name' | 'nameSpan' | 'groupLabel'>,
  ): void {
    const span = this.#advance(end, lines);
    if (this.#open.length >= DEEPEST_NESTING) {
      this.#tooDeep++;
      this.#skipTooDeep(span);
      return;
    }
    const body: Statement[] = [];
    const section: Draft<Section> = {
      kind: 'section',
      span,
      headSpan: span,
      line: this.#line - 1,
      key: head.key,
      keySpan: head.keySpan,
      name: head.name,
      nameSpan: head.nameSpan,
      groupLabel: head.groupLabel,
      body,
      end: null,
    };
    this.#body.push(section);
    this.#open.push({ section, outer: this.#body });
    this.#body = body;
  }

  closeSection(end: number, lines: number | null): void {
    const span = this.#advance(end, lines);
    if (this.#tooDeep > 0) {
      this.#tooDeep--;
      this.#skipTooDeep(span);
      return;
    }
    const node: SectionEnd = { kind: 'section-end', span, line: this.#line - 1 };
    const frame = this.#open.pop();
    if (frame === undefined) {
      this.#body.push(node);
      return;
    }
    frame.section.end = node;
    frame.section.span = { start: frame.section.span.start, end: span.end };
    this.#body = frame.outer;
  }

  broken(end: number, lines: number | null, dovecot: ByteString, from: number, to: number): void {
    const span = this.#advance(end, lines);
    const known = MESSAGES[dovecot];
    const problem: SyntaxProblem = {
      kind: known?.kind ?? 'expecting-brace',
      severity: 'error',
      line: this.#line - 1,
      span: { start: from, end: to },
      dovecot,
      message: known?.message ?? dovecot,
    };
    this.#problems.push(problem);
    this.#body.push({ kind: 'broken', span, line: this.#line - 1, problem });
  }

  finish(ambiguousHashes: readonly number[]): ConfTree {
    const source = this.#source;
    for (const { section } of this.#open)
      section.span = { start: section.span.start, end: source.text.length };
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
    if (ambiguousHashes.length > 0) this.#problems.sort((a, b) => a.line - b.line);
    return { source, statements: this.#statements, problems: this.#problems, pending: this.#pending };
  }

  #advance(end: number, lines: number | null): Span {
    const span = { start: this.#offset, end };
    this.#offset = end;
    this.#line += lines ?? this.#source.text.slice(span.start, end).split('\n').length;
    return span;
  }

  #lastLineStart(span: Span): number {
    return this.#source.text.lastIndexOf('\n', span.end - 2) + 1;
  }

  #skipTooDeep(span: Span): void {
    if (this.#tooDeepProblem === null) {
      this.#tooDeepProblem = {
        kind: 'nesting-too-deep',
        severity: 'error',
        line: this.#line - 1,
        span,
        dovecot: null,
        message: `sections nested more than ${DEEPEST_NESTING} deep are not read`,
      };
      this.#problems.push(this.#tooDeepProblem);
    }
    this.#body.push({ kind: 'broken', span, line: this.#line - 1, problem: this.#tooDeepProblem });
  }
}
