import type { Question } from './question.js';
import { QUESTION_COLUMNS, withColumn } from './question-columns.js';
import { OUTCOMES } from './simulation.js';
import { TableProblem } from './table-problem.js';

/** One row of a table of users: the question, and what stands in columns that are no part of it. */
export interface UserRow {
  readonly line: number;
  readonly question: Question;
  readonly extra: ReadonlyMap<string, string>;
}

/**
 * Reads users from lines: a name each, or CSV whose header has a `user` column. Rows are made one by one, so that a
 * table of any length takes no memory. `expects`: a table of expectations, which has a header with columns of them.
 * Throws `TableProblem` with the line.
 */
export async function* userRows(
  lines: AsyncIterable<string>,
  template: Question,
  expects = false,
): AsyncGenerator<UserRow> {
  let header: readonly string[] | null = null;
  let number = 0;
  let pending = '';
  for await (const raw of lines) {
    number += 1;
    const text = pending === '' ? raw.replace(/\r$/, '') : `${pending}\n${raw}`;
    // A quoted cell may go on in the next line.
    if (header !== null && oddQuotes(text)) {
      pending = text;
      continue;
    }
    pending = '';
    if (text.trim() === '' || text.startsWith('#')) continue;
    if (header === null) {
      const cells = splitCsv(text).map((cell) => cell.trim().toLowerCase());
      header = cells.includes('user') ? cells : [];
      if (expects) refuseHeader(header, number);
      if (header.length > 0) continue;
    }
    try {
      const row = rowOf(text, header, template, number);
      if (expects) refuseOutcome(row.extra);
      yield row;
    } catch (error) {
      if (!(error instanceof TableProblem)) throw error;
      throw new TableProblem(`line ${number}: ${error.message}`);
    }
  }
  if (pending !== '') throw new TableProblem(`line ${number}: a quote is not closed`);
}

/** A misspelt header would make names of all lines, and nothing would be expected of them. */
function refuseHeader(header: readonly string[], line: number): void {
  if (header.length === 0)
    throw new TableProblem(`line ${line}: expected a header with user, outcome and fields`);
  if (header.every((name) => QUESTION_COLUMNS.includes(name)))
    throw new TableProblem(`line ${line}: nothing is expected; add a column outcome, or one of a field`);
}

/** Throws `TableProblem` for an outcome that there is not. */
export function refuseOutcome(extra: ReadonlyMap<string, string>): void {
  const outcome = extra.get('outcome') ?? '';
  if (outcome !== '' && !OUTCOMES.some((name) => name === outcome))
    throw new TableProblem(`there is no outcome ${outcome}; there are ${OUTCOMES.join(', ')}`);
}

function oddQuotes(text: string): boolean {
  return (text.split('"').length - 1) % 2 === 1;
}

function rowOf(text: string, header: readonly string[], template: Question, line: number): UserRow {
  if (header.length === 0) return { line, question: { ...template, user: text }, extra: new Map() };
  const cells = splitCsv(text);
  if (cells.length > header.length)
    throw new TableProblem(`${cells.length} cells, but the header names ${header.length} columns`);
  let question = template;
  const extra = new Map<string, string>();
  header.forEach((name, index) => {
    const cell = cells[index] ?? '';
    const changed = withColumn(question, name, cell);
    if (changed === null) extra.set(name, cell);
    else if (cell !== '') question = changed;
  });
  return { line, question, extra };
}

/** RFC 4180. */
function splitCsv(line: string): string[] {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    let cell = '';
    if (line[at] === '"') {
      for (at += 1; at < line.length; at += 1) {
        if (line[at] !== '"') cell += line[at];
        else if (line[at + 1] === '"') {
          cell += '"';
          at += 1;
        } else break;
      }
      at += 1;
    }
    const comma = line.indexOf(',', at);
    cell += line.slice(at, comma === -1 ? undefined : comma);
    cells.push(cell);
    if (comma === -1) return cells;
    at = comma + 1;
  }
}
