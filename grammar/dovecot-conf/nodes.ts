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
  readonly #nodes: Nodes;
  #body: readonly Statement[] | undefined;

  constructor(nodes: Nodes, row: number) {
    super(nodes.rows, row);
    this.#nodes = nodes;
  }

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
    this.#body ??= this.#nodes.between(row + 1, close === -1 ? rows.count : close);
    return this.#body;
  }

  get end(): SectionEnd | null {
    const close = this.rows.close(this.row);
    if (close === -1) return null;
    const end = this.#nodes.at(close);
    return end.kind === 'section-end' ? end : null;
  }
}

/** The statement of each row, made at the first question. */
class Nodes {
  readonly rows: LineRows;
  readonly #made: (Statement | undefined)[];

  constructor(rows: LineRows) {
    this.rows = rows;
    this.#made = new Array(rows.count);
  }

  at(row: number): Statement {
    let node = this.#made[row];
    if (node === undefined) {
      node = this.#make(row);
      this.#made[row] = node;
    }
    return node;
  }

  /** The statements of the rows from `from` to before `to`; those inside a section are its own affair. */
  between(from: number, to: number): readonly Statement[] {
    const { rows } = this;
    const nodes: Statement[] = [];
    for (let row = from; row < to; row++) {
      nodes.push(this.at(row));
      if (rows.kind(row) !== SECTION) continue;
      const close = rows.close(row);
      row = close === -1 ? to : close;
    }
    return nodes;
  }

  #make(row: number): Statement {
    const { rows } = this;
    switch (rows.kind(row)) {
      case COMMENT:
        return new CommentNode(rows, row);
      case SETTING:
        return new SettingNode(rows, row);
      case SECTION:
        return new SectionNode(this, row);
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
}

/** The tree of the lines; its nodes are made when somebody looks at them. */
export class LazyTree implements ConfTree {
  readonly source: Source;
  readonly problems: readonly SyntaxProblem[];
  readonly pending: ByteString;
  readonly size: number;
  readonly #nodes: Nodes;
  #statements: readonly Statement[] | undefined;

  constructor(rows: LineRows, problems: readonly SyntaxProblem[], pending: ByteString) {
    this.source = rows.source;
    this.problems = problems;
    this.pending = pending;
    this.size = rows.count;
    this.#nodes = new Nodes(rows);
  }

  get statements(): readonly Statement[] {
    this.#statements ??= this.#nodes.between(0, this.size);
    return this.#statements;
  }

  at(index: number): Statement {
    return this.#nodes.at(index);
  }

  nextSaying(index: number): number {
    const { rows } = this.#nodes;
    let at = index;
    while (at < this.size && (rows.kind(at) === COMMENT || rows.kind(at) === BLANK)) at++;
    return at;
  }
}
