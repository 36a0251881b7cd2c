import type { ByteString } from '../../grammar/bytes.js';
import type { Source } from '../../grammar/source.js';
import type { Change, ChangeDraft, NewStatement } from './change.js';
import { writtenName, writtenValue } from './value-text.js';

export interface WrittenFile {
  readonly text: ByteString;
  readonly changes: readonly Change[];
}

/** Statements in the place of an include, for a single file. */
export type IncludedStatements = (files: readonly string[]) => readonly NewStatement[] | null;

/** The text of a new file, with the line of every change in it. */
export function writeStatements(
  file: string,
  statements: readonly NewStatement[],
  { unit, crlf }: TextStyle,
  included: IncludedStatements = () => null,
): WrittenFile {
  const writer = new Writer(file, unit, included);
  writer.statements(statements, 0);
  const text = writer.lines.map((line) => `${line}\n`).join('');
  return { text: crlf ? text.replaceAll('\n', '\r\n') : text, changes: writer.changes };
}

export interface TextStyle {
  /** One step of indentation. */
  readonly unit: ByteString;
  readonly crlf: boolean;
}

/** Indentation and line ends of an old file: its first indented line shows one step. */
export function styleOf(source: Source): TextStyle {
  const unit = /(?:^|\n)[^\n{#]*\{[^\n]*\n([ \t]+)[^\s#}]/.exec(source.text)?.[1] ?? '  ';
  return { unit: /^(?:\t| {1,8})$/.test(unit) ? unit : '  ', crlf: /^[^\n]*\r\n/.test(source.text) };
}

class Writer {
  readonly lines: ByteString[] = [];
  readonly changes: Change[] = [];
  readonly #file: string;
  readonly #unit: ByteString;
  readonly #included: IncludedStatements;

  constructor(file: string, unit: ByteString, included: IncludedStatements) {
    this.#file = file;
    this.#unit = unit;
    this.#included = included;
  }

  statements(statements: readonly NewStatement[], depth: number): void {
    for (const statement of statements) this.#statement(statement, depth);
  }

  #statement(statement: NewStatement, depth: number): void {
    switch (statement.kind) {
      case 'blank':
        this.lines.push('');
        return;
      case 'comment':
        this.#line(statement.text, depth, statement.changes);
        return;
      case 'include': {
        const inside = this.#included(statement.files);
        if (inside !== null) {
          this.statements(inside, depth);
          return;
        }
        const key = statement.optional ? '!include_try' : '!include';
        this.#line(withRemark(`${key} ${statement.pattern}`, statement.remark), depth, statement.changes);
        return;
      }
      case 'setting': {
        const value = statement.form === 'raw' ? statement.value : writtenValue(statement.value);
        const text =
          statement.verbatim ?? withRemark(`${statement.key} = ${value}`.trimEnd(), statement.remark);
        this.#line(text, depth, statement.changes);
        return;
      }
      case 'section': {
        const name = statement.name === null ? '' : ` ${writtenName(statement.name)}`;
        this.#line(withRemark(`${statement.key}${name} {`, statement.remark), depth, statement.changes);
        this.statements(statement.body, depth + 1);
        this.#line(withRemark('}', statement.endRemark), depth);
      }
    }
  }

  /** A statement's text may be several lines; changes stand at its first one. */
  #line(text: ByteString, depth: number, drafts: readonly ChangeDraft[] = []): void {
    const line = this.lines.length + 1;
    for (const { old, ...draft } of drafts)
      this.changes.push({
        ...draft,
        old: old === null ? null : { ...old, text: old.source.text.slice(old.span.start, old.span.end) },
        new: { file: this.#file, line, text },
      });
    const [first = '', ...rest] = text.split(/\r?\n/);
    this.lines.push(`${this.#unit.repeat(depth)}${first}`.trimEnd(), ...rest);
  }
}

function withRemark(text: ByteString, remark: ByteString | undefined): ByteString {
  return remark === undefined || remark === '' ? text : `${text} ${remark}`;
}
