import { type ByteString, toUtf8 } from './bytes.js';

/** Half-open range of byte offsets in one source. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A place as people and editors count it: lines and columns from 1, columns in UTF-16 units, offset in bytes from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** One text as it was read, with its path and the means to turn offsets into lines and columns. */
export class Source {
  /** Path as Dovecot would name it in a message (as given to `-c`, or as opened by an include). */
  readonly path: string;
  /** Path that was really read; differs from `path` under `--map`. */
  readonly realPath: string;
  readonly text: ByteString;
  #lineStarts: number[] | undefined;

  constructor(path: string, text: ByteString, realPath: string = path) {
    this.path = path;
    this.realPath = realPath;
    this.text = text;
  }

  /** Byte offset of the first character of each line; computed at the first question, O(size) once. */
  get lineStarts(): readonly number[] {
    if (this.#lineStarts === undefined) {
      const starts = [0];
      for (let at = this.text.indexOf('\n'); at !== -1; at = this.text.indexOf('\n', at + 1))
        starts.push(at + 1);
      this.#lineStarts = starts;
    }
    return this.#lineStarts;
  }

  /** 1-based line that holds the byte at `offset`. O(log lines). */
  lineAt(offset: number): number {
    const starts = this.lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  position(offset: number): Position {
    const line = this.lineAt(offset);
    const start = this.lineStarts[line - 1] ?? 0;
    return { line, column: toUtf8(this.text.slice(start, offset)).length + 1, offset };
  }

  /** Text of a 1-based line without its line end; '' past the end. */
  line(number: number): ByteString {
    const start = this.lineStarts[number - 1];
    if (start === undefined) return '';
    const end = this.lineStarts[number];
    return this.text.slice(start, end === undefined ? undefined : end - 1).replace(/\r$/, '');
  }
}

/** A range inside a source: where a statement, a value or a mistake stands. */
export interface Place {
  readonly source: Source;
  readonly span: Span;
}
