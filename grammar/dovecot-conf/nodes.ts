import type { ByteString } from '../bytes.js';
import type { Source, Span } from '../source.js';
import {
  BLANK,
  BROKEN,
  COMMENT,
  FORMS,
  INCLUDE,
  type LineRows,
  SECTION,
  SECTION_END,
  SETTING,
} from './line-rows.js';
import type {
  ConfTree,
  ConfValue,
  Include,
  Section,
  SectionEnd,
  Setting,
  Statement,
  SyntaxProblem,
} from './tree.js';

// A node knows its row and reads the rest from there: whoever walks a large tree pays for what he looks at.

class Node {
  readonly rows: LineRows;
  readonly row: number;

  constructor(rows: LineRows, row: number) {
    this.rows = rows;
    this.row = row;
  }

  get span(): Span {
    return { start: this.rows.start(this.row), end: this.rows.end(this.row) };
  }

  get line(): number {
    return this.rows.line(this.row);
  }

  get key(): ByteString {
    return this.rows.key(this.row);
  }

  get keySpan(): Span {
    return { start: this.rows.keyStart(this.row), end: this.rows.keyEnd(this.row) };
  }

  protected get partSpan(): Span {
    return { start: this.rows.partStart(this.row), end: this.rows.partEnd(this.row) };
  }
}

class UnreadNode extends Node {
  get swallowed(): Span | null {
    return this.rows.partStart(this.row) === -1 ? null : this.partSpan;
  }
}

class BlankNode extends UnreadNode {
  get kind(): 'blank' {
    return 'blank';
  }
}

class CommentNode extends UnreadNode {
  get kind(): 'comment' {
    return 'comment';
  }
}

class SettingNode extends Node implements Setting {
  get kind(): 'setting' {
    return 'setting';
  }

  get value(): ConfValue {
    return new NodeValue(this.rows, this.row);
  }
}

class NodeValue implements ConfValue {
  readonly form: ConfValue['form'];
  readonly text: ByteString;
  readonly #rows: LineRows;
  readonly #row: number;

  constructor(rows: LineRows, row: number) {
    this.form = FORMS[rows.form(row)] ?? 'text';
    this.text = rows.partText(row);
    this.#rows = rows;
    this.#row = row;
  }

  get span(): Span {
    return { start: this.#rows.partStart(this.#row), end: this.#rows.partEnd(this.#row) };
  }
}

class SectionEndNode extends Node implements SectionEnd {
  get kind(): 'section-end' {
    return 'section-end';
  }
}

class IncludeNode extends Node implements Include {
  get kind(): 'include' {
    return 'include';
  }

  get optional(): boolean {
    return this.rows.form(this.row) === 1;
  }

  get pattern(): ByteString {
    return this.rows.partText(this.row);
  }

  get patternSpan(): Span {
    return this.partSpan;
  }
}

class BrokenNode extends Node {
  get kind(): 'broken' {
    return 'broken';
  }

  get problem(): SyntaxProblem {
    const { rows, row } = this;
    const problem = rows.problems[rows.form(row)];
    if (problem === undefined) throw new RangeError('a broken line has its problem');
    return problem;
  }
}

class SectionNode extends Node implements Section {
  #body: readonly Statement[] | undefined;
  #end: SectionEnd | null | undefined;

  get kind(): 'section' {
    return 'section';
  }

  override get span(): Span {
    const { rows, row } = this;
    const close = rows.close(row);
    return {
      start: rows.start(row),
      end: close === -1 ? rows.source.text.length : rows.end(close),
    };
  }

  get headSpan(): Span {
    return super.span;
  }

  get name(): ByteString | null {
    return this.rows.partStart(this.row) === -1 ? null : this.rows.partText(this.row);
  }

  get nameSpan(): Span | null {
    return this.rows.partStart(this.row) === -1 ? null : this.partSpan;
  }

  get groupLabel(): ByteString | null {
    return this.rows.label(this.row);
  }

  get body(): readonly Statement[] {
    const { rows, row } = this;
    const close = rows.close(row);
    this.#body ??= nodesOf(rows, row + 1, close === -1 ? rows.count : close);
    return this.#body;
  }

  get end(): SectionEnd | null {
    if (this.#end === undefined) {
      const close = this.rows.close(this.row);
      this.#end = close === -1 ? null : new SectionEndNode(this.rows, close);
    }
    return this.#end;
  }
}

/** The statements of the rows from `from` to before `to`; those inside a section are its own affair. */
function nodesOf(rows: LineRows, from: number, to: number): readonly Statement[] {
  const nodes: Statement[] = [];
  for (let row = from; row < to; row++) {
    const kind = rows.kind(row);
    nodes.push(nodeOf(rows, row, kind));
    if (kind !== SECTION) continue;
    const close = rows.close(row);
    row = close === -1 ? to : close;
  }
  return nodes;
}

function nodeOf(rows: LineRows, row: number, kind: number): Statement {
  switch (kind) {
    case COMMENT:
      return new CommentNode(rows, row);
    case SETTING:
      return new SettingNode(rows, row);
    case SECTION:
      return new SectionNode(rows, row);
    case SECTION_END:
      return new SectionEndNode(rows, row);
    case INCLUDE:
      return new IncludeNode(rows, row);
    case BROKEN:
      return new BrokenNode(rows, row);
    case BLANK:
      break;
  }
  return new BlankNode(rows, row);
}

/** The tree of the lines; its nodes are made when somebody looks at them. */
export class LazyTree implements ConfTree {
  readonly problems: readonly SyntaxProblem[];
  readonly pending: ByteString;
  readonly #rows: LineRows;
  #statements: readonly Statement[] | undefined;

  constructor(rows: LineRows, problems: readonly SyntaxProblem[], pending: ByteString) {
    this.#rows = rows;
    this.problems = problems;
    this.pending = pending;
  }

  get source(): Source {
    return this.#rows.source;
  }

  get statements(): readonly Statement[] {
    this.#statements ??= nodesOf(this.#rows, 0, this.#rows.count);
    return this.#statements;
  }
}
