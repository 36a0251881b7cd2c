import type { ByteString } from '../bytes.js';
import type { Source } from '../source.js';
import type { ConfValue, SyntaxProblem } from './tree.js';
import { WordTable } from './word-table.js';

/** What a line is. */
export const BLANK = 0;
export const COMMENT = 1;
export const SETTING = 2;
export const SECTION = 3;
export const SECTION_END = 4;
export const INCLUDE = 5;
export const BROKEN = 6;

// Columns of a row. All are numbers, so that a large file costs the garbage collector nothing.
const KIND = 0;
const END = 1;
const LINE = 2;
const KEY = 3;
const KEY_START = 4;
const KEY_END = 5;
/** Extent of the value, the section's name, the include's pattern or the swallowed text; -1 where there is none. */
const PART_START = 6;
const PART_END = 7;
/** Number in FORMS; of an include 1 for `!include_try`; of a broken line the number of its problem. */
const FORM = 8;
/** Number of the part's text where it is not what stands at its extent, else -1. */
const TEXT = 9;
/** Of a section: number of the group label's text, or -1. */
const LABEL = 10;
/** Of a section: row of its `}`, or -1. */
const CLOSE = 11;
const WIDTH = 12;

export const FORMS: readonly ConfValue['form'][] = ['text', 'quoted', 'file', 'variable', 'heredoc'];

/** The lines of one file in order, each a row of numbers: what the nodes of the tree are made from when asked for. */
export class LineRows {
  readonly source: Source;
  readonly words = new WordTable();
  readonly problems: SyntaxProblem[] = [];
  readonly #texts: ByteString[] = [];
  #cells: Int32Array;
  count = 0;

  constructor(source: Source) {
    this.source = source;
    // Some 24 bytes a line are usual.
    this.#cells = new Int32Array(WIDTH * (16 + (source.text.length >> 4)));
  }

  /** Adds a row, its part empty. */
  add(kind: number, end: number, line: number): void {
    let base = this.count * WIDTH;
    if (base + WIDTH > this.#cells.length) this.#grow();
    const cells = this.#cells;
    this.count++;
    cells[base] = kind;
    cells[++base] = end;
    cells[++base] = line;
    base += LABEL - LINE;
    cells[base] = -1;
    cells[++base] = -1;
  }

  #grow(): void {
    const larger = new Int32Array(this.#cells.length * 2);
    larger.set(this.#cells);
    this.#cells = larger;
  }

  /** Key of the row added last. */
  setKey(word: number, start: number, end: number): void {
    const cells = this.#cells;
    const base = (this.count - 1) * WIDTH;
    cells[base + KEY] = word;
    cells[base + KEY_START] = start;
    cells[base + KEY_END] = end;
  }

  /** Part of the row added last; `text` null: what stands there. */
  setPart(start: number, end: number, form: number, text: ByteString | null): void {
    const cells = this.#cells;
    const base = (this.count - 1) * WIDTH;
    cells[base + PART_START] = start;
    cells[base + PART_END] = end;
    cells[base + FORM] = form;
    cells[base + TEXT] = text === null ? -1 : this.#texts.push(text) - 1;
  }

  setLabel(text: ByteString): void {
    this.#cells[(this.count - 1) * WIDTH + LABEL] = this.#texts.push(text) - 1;
  }

  /** The row added last closes the section of `row`. */
  setClose(row: number): void {
    this.#cells[row * WIDTH + CLOSE] = this.count - 1;
  }

  kind(row: number): number {
    return this.#cell(row, KIND);
  }

  start(row: number): number {
    return row === 0 ? 0 : this.#cell(row - 1, END);
  }

  end(row: number): number {
    return this.#cell(row, END);
  }

  line(row: number): number {
    return this.#cell(row, LINE);
  }

  key(row: number): ByteString {
    return this.words.word(this.#cell(row, KEY));
  }

  keyStart(row: number): number {
    return this.#cell(row, KEY_START);
  }

  keyEnd(row: number): number {
    return this.#cell(row, KEY_END);
  }

  partStart(row: number): number {
    return this.#cell(row, PART_START);
  }

  partEnd(row: number): number {
    return this.#cell(row, PART_END);
  }

  form(row: number): number {
    return this.#cell(row, FORM);
  }

  partText(row: number): ByteString {
    const own = this.#cell(row, TEXT);
    return own === -1
      ? this.source.text.slice(this.partStart(row), this.partEnd(row))
      : (this.#texts[own] ?? '');
  }

  label(row: number): ByteString | null {
    const label = this.#cell(row, LABEL);
    return label === -1 ? null : (this.#texts[label] ?? '');
  }

  /** Row of a section's `}`; -1 where the file ends first. */
  close(row: number): number {
    return this.#cell(row, CLOSE);
  }

  #cell(row: number, column: number): number {
    return this.#cells[row * WIDTH + column] ?? 0;
  }
}
