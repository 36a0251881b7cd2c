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
  writer.statements(statements, '');
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

  /** `indent` is that of statements which have none of their own. */
  statements(statements: readonly NewStatement[], indent: ByteString): void {
    for (const statement of statements) {
      const line = this.lines.length;
      this.#statement(statement, statement.indent ?? indent);
      this.#note(statement.changes ?? [], line);
    }
  }

  #statement(statement: NewStatement, indent: ByteString): void {
    switch (statement.kind) {
      case 'blank':
        this.lines.push(statement.indent ?? '');
        return;
      case 'comment':
        this.lines.push(indent + statement.text);
        return;
      case 'group':
        this.statements(statement.statements, indent);
        return;
      case 'include': {
        const inside = this.#included(statement.files);
        if (inside !== null) {
          this.statements(inside, indent);
          return;
        }
        const key = statement.optional ? '!include_try' : '!include';
        this.#push(indent, withRemark(`${key} ${statement.pattern}`, statement.remark));
        return;
      }
      case 'setting': {
        const value = statement.form === 'raw' ? statement.value : writtenValue(statement.value);
        const text = withRemark(`${statement.key} = ${value}`.trimEnd(), statement.remark);
        this.#push(indent, statement.verbatim ?? text);
        return;
      }
      case 'section': {
        const name = statement.name === null ? '' : ` ${writtenName(statement.name)}`;
        this.#push(indent, withRemark(`${statement.key}${name} {`, statement.remark));
        this.statements(statement.body, indent + this.#unit);
        this.#push(indent, withRemark('}', statement.endRemark));
      }
    }
  }

  /** Further lines of a statement that goes over several bring their own indentation. */
  #push(indent: ByteString, text: ByteString): void {
    this.lines.push(...(indent + text).split(/\r?\n/));
  }

  #note(drafts: readonly ChangeDraft[], from: number): void {
    if (drafts.length === 0) return;
    const lines = this.lines.slice(from);
    const text = lines
      .map((line) => line.replace(/^[ \t]+/, (white) => white.slice(indentOf(lines))))
      .join('\n');
    for (const { old, ...draft } of drafts)
      this.changes.push({
        ...draft,
        old: old === null ? null : { ...old, text: old.source.text.slice(old.span.start, old.span.end) },
        new: lines.length === 0 ? null : { file: this.#file, line: from + 1, text },
      });
  }
}

/** How much white space all lines begin with. */
function indentOf(lines: readonly ByteString[]): number {
  const widths = lines.flatMap((line) => (line.trim() === '' ? [] : [/^[ \t]*/.exec(line)?.[0].length ?? 0]));
  return Math.min(...widths, Number.MAX_SAFE_INTEGER);
}

function withRemark(text: ByteString, remark: ByteString | undefined): ByteString {
  return remark === undefined || remark === '' ? text : `${text} ${remark}`;
}
