import { LineCounter, parseDocument } from 'yaml';
import { type Question, questionOf } from './question.js';
import { withColumn } from './question-columns.js';
import { TableProblem } from './table-problem.js';
import { refuseOutcome, type UserRow } from './user-table.js';

/** One question of a file with what should come of it. */
export interface TestCase extends UserRow {
  readonly name: string;
}

/** A configuration with its data, questions and expectations, as `dvproxy test` runs it. */
export interface TestFile {
  readonly config: string;
  readonly dovecot: string | null;
  readonly lenient: boolean;
  readonly map: readonly { readonly from: string; readonly to: string }[];
  readonly fixtures: readonly string[];
  readonly cases: readonly TestCase[];
}

/** What a test file may say. */
export const TEST_FILE_MEMBERS = ['config', 'dovecot', 'lenient', 'map', 'fixtures', 'defaults', 'tests'];

type Members = Readonly<Record<string, unknown>>;

/** Reads a test file. Throws `TableProblem`, with the line where one is at fault. */
export function readTestFile(text: string): TestFile {
  const { content, lineOf } = parsed(text);
  if (!isMembers(content)) throw new TableProblem('expected config:, fixtures: and tests:');
  for (const name of Object.keys(content))
    if (!TEST_FILE_MEMBERS.includes(name))
      throw new TableProblem(`unknown member ${name}; there are ${TEST_FILE_MEMBERS.join(', ')}`);
  const { config, dovecot, lenient, map, fixtures, defaults, tests } = content;
  if (typeof config !== 'string') throw new TableProblem('config: names no file');
  if (map !== undefined && !isMembers(map)) throw new TableProblem('map: expected FROM: TO');
  const template = questionFrom(questionOf(''), isMembers(defaults) ? defaults : {});
  const [wrong] = template.extra.keys();
  if (wrong !== undefined) throw new TableProblem(`defaults: ${wrong} is no part of a question`);
  return {
    config,
    dovecot: dovecot === undefined ? null : cellOf(dovecot),
    lenient: lenient === true,
    map: Object.entries(map ?? {}).map(([from, to]) => ({ from, to: cellOf(to) })),
    fixtures: listOf(fixtures, 'fixtures').map(cellOf),
    cases: casesOf(listOf(tests, 'tests'), template.question, (at) => lineOf(['tests', at])),
  };
}

/** A table of expectations as YAML: questions, each with what is expected beside it or under `expect`. */
export function readExpectations(text: string, template: Question): readonly TestCase[] {
  const { content, lineOf } = parsed(text);
  const isFile = isMembers(content);
  if (isFile && content['tests'] === undefined)
    throw new TableProblem('expected a list of questions, or tests: with one');
  const items = listOf(isFile ? content['tests'] : content, 'tests');
  return casesOf(items, template, (at) => lineOf(isFile ? ['tests', at] : [at]));
}

function parsed(text: string): { content: unknown; lineOf(path: readonly (string | number)[]): number } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined)
    throw new TableProblem(`line ${lines.linePos(error.pos[0]).line}: ${error.message}`);
  return {
    content: document.toJS(),
    lineOf: (path) => {
      const node: unknown = document.getIn(path, true);
      const range = isMembers(node) ? node['range'] : undefined;
      const start: unknown = Array.isArray(range) ? range[0] : undefined;
      return typeof start === 'number' ? lines.linePos(start).line : 1;
    },
  };
}

function casesOf(
  items: readonly unknown[],
  template: Question,
  lineOf: (at: number) => number,
): readonly TestCase[] {
  return items.map((item, at) => {
    const line = lineOf(at);
    try {
      return { line, ...caseOf(item, template) };
    } catch (error) {
      if (error instanceof TableProblem) throw new TableProblem(`line ${line}: ${error.message}`);
      throw error;
    }
  });
}

function caseOf(item: unknown, template: Question): Omit<TestCase, 'line'> {
  if (!isMembers(item) || item['user'] === undefined) throw new TableProblem('a test names its user');
  const { name, expect, ...columns } = item;
  const { question, extra } = questionFrom(template, columns);
  if (expect !== undefined && !isMembers(expect)) throw new TableProblem('expect: expected NAME: VALUE');
  for (const [field, value] of Object.entries(expect ?? {})) extra.set(field, wantedOf(value));
  if (extra.size === 0) throw new TableProblem('nothing is expected; write outcome: ok_proxy or the like');
  refuseOutcome(extra);
  return { name: name === undefined ? question.user : cellOf(name), question, extra };
}

function questionFrom(template: Question, columns: Members) {
  let question = template;
  const extra = new Map<string, string>();
  for (const [name, value] of Object.entries(columns)) {
    const changed = withColumn(question, name, cellOf(value));
    if (changed === null) extra.set(name, wantedOf(value));
    else question = changed;
  }
  return { question, extra };
}

/** `-`: there is none, as in a table. */
function wantedOf(value: unknown): string {
  return cellOf(value) || '-';
}

function cellOf(value: unknown): string {
  if (value === null) return '';
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return String(value);
    case 'boolean':
      return value ? 'yes' : 'no';
    default:
      throw new TableProblem('expected a text, a number, true or false');
  }
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new TableProblem(`${name}: expected a list`);
  return value;
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
