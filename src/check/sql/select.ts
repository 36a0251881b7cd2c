import type { Span } from '../../../grammar/source.js';
import { isSign, isWord, type SqlDialect, type SqlToken, sqlTokens } from './tokens.js';

/** One column of a result. */
interface SelectColumn {
  /** Name under which the database returns it; null where that is its own affair (`CONCAT(...)` without AS). */
  readonly name: string | null;
  /** Where the name stands, or the expression. */
  readonly nameSpan: Span;
  readonly expression: readonly SqlToken[];
}

export interface SelectQuery {
  readonly tokens: readonly SqlToken[];
  /** Columns of the first SELECT; `star` where one of them is `*`. */
  readonly columns: readonly SelectColumn[];
  readonly star: SqlToken | null;
  /** Expressions of later SELECTs of a UNION, by position. */
  readonly unionRows: readonly (readonly (readonly SqlToken[])[])[];
  /** Tokens from FROM to the next clause; null = no FROM. */
  readonly from: readonly SqlToken[] | null;
  /** Tokens behind WHERE; null = no WHERE. */
  readonly where: readonly SqlToken[] | null;
  readonly hasLimit: boolean;
}

const CLAUSES = new Set([
  'from',
  'where',
  'group',
  'having',
  'order',
  'limit',
  'union',
  'into',
  'for',
  'window',
  'except',
  'intersect',
]);

/** Reads a SELECT as far as its result columns; null where the text holds none. */
export function parseSelect(text: string, dialect: SqlDialect): SelectQuery | null {
  const tokens = sqlTokens(text, dialect);
  const selects = topLevelWords(tokens, 'select');
  const [first] = selects;
  if (first === undefined) return null;
  const items = selectItems(tokens, first);
  const columns = items.map(columnOf);
  const star = items.flat().find((token, index, all) => isStar(token, all[index - 1])) ?? null;
  const where = topLevelWords(tokens, 'where')[0];
  const from = topLevelWords(tokens, 'from')[0];
  return {
    tokens,
    columns,
    star: items.some((item) => item.length <= 3 && isSign(item.at(-1), '*')) ? star : null,
    unionRows: selects.slice(1).map((at) => selectItems(tokens, at).map((item) => columnOf(item).expression)),
    from: from === undefined ? null : clauseAt(tokens, from),
    where: where === undefined ? null : tokens.slice(where + 1),
    hasLimit: topLevelWords(tokens, 'limit').length > 0,
  };
}

function isStar(token: SqlToken, before: SqlToken | undefined): boolean {
  return isSign(token, '*') && (before === undefined || isSign(before, '.') || before.kind === 'word');
}

/** A clause with its first word, up to the next clause outside of all parentheses. */
function clauseAt(tokens: readonly SqlToken[], first: number): SqlToken[] {
  let depth = 0;
  const end = tokens.findIndex((token, index) => {
    if (index <= first) return false;
    if (isSign(token, '(')) depth++;
    if (isSign(token, ')')) depth--;
    return (
      depth < 0 ||
      isSign(token, ';') ||
      (depth === 0 && token.kind === 'word' && CLAUSES.has(token.text.toLowerCase()))
    );
  });
  return tokens.slice(first, end === -1 ? undefined : end);
}

/** Indexes of a word outside of all parentheses. */
function topLevelWords(tokens: readonly SqlToken[], word: string): number[] {
  const found: number[] = [];
  let depth = 0;
  tokens.forEach((token, index) => {
    if (isSign(token, '(')) depth++;
    else if (isSign(token, ')')) depth--;
    else if (depth === 0 && isWord(token, word)) found.push(index);
  });
  return found;
}

/** The comma separated items behind the SELECT at `select`. */
function selectItems(tokens: readonly SqlToken[], select: number): SqlToken[][] {
  const items: SqlToken[][] = [[]];
  let depth = 0;
  for (const token of tokens.slice(select + 1)) {
    if (isSign(token, '(')) depth++;
    if (isSign(token, ')')) depth--;
    if (depth < 0) break;
    if (depth === 0 && token.kind === 'word' && CLAUSES.has(token.text.toLowerCase())) break;
    if (depth === 0 && isSign(token, ';')) break;
    if (depth === 0 && isSign(token, ',')) items.push([]);
    else items.at(-1)?.push(token);
  }
  const [first] = items;
  while (isWord(first?.[0], 'distinct') || isWord(first?.[0], 'all')) first?.shift();
  return items.filter((item) => item.length > 0);
}

function columnOf(item: readonly SqlToken[]): SelectColumn {
  const last = item.at(-1);
  const before = item.at(-2);
  const whole = { start: item[0]?.span.start ?? 0, end: last?.span.end ?? 0 };
  if (last === undefined) return { name: null, nameSpan: whole, expression: item };
  const canName = last.kind === 'name' || last.kind === 'word' || last.kind === 'string';
  if (canName && isWord(before, 'as') && item.length > 2)
    return { name: last.text, nameSpan: last.span, expression: item.slice(0, -2) };
  // `table.column`, `column`
  if ((last.kind === 'word' || last.kind === 'name') && !isWord(last, 'end') && !isWord(last, 'null')) {
    const isPath = item.length === 1 || (isSign(before, '.') && item.length % 2 === 1);
    if (isPath) return { name: last.text, nameSpan: last.span, expression: item };
    // `expression alias` without AS.
    if (before !== undefined && (before.kind !== 'sign' || before.text === ')'))
      return { name: last.text, nameSpan: last.span, expression: item.slice(0, -1) };
  }
  if (
    last.kind === 'string' &&
    before !== undefined &&
    (before.kind === 'string' || before.kind === 'word') &&
    item.length === 2
  )
    return { name: last.text, nameSpan: last.span, expression: item.slice(0, -1) };
  return { name: null, nameSpan: whole, expression: item };
}
