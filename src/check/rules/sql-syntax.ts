import type { Span } from '../../../grammar/source.js';
import { allQueries } from '../passdb-queries.js';
import { BOTH, defineRule } from '../rule.js';
import { isSign, type SqlToken } from '../sql/tokens.js';
import { placeIn } from '../value-text.js';

const CLAUSE = /^(?:from|where|group|having|order|limit|union)$/i;

export const sqlSyntax = defineRule({
  code: 'DV821',
  name: 'sql-syntax',
  severity: 'error',
  title: 'A query that no database accepts: a comma too many, an open quote or parenthesis',
  versions: BOTH,
  check({ config, report }) {
    for (const { select, value, brokenOff } of allQueries(config)) {
      if (select === null || brokenOff) continue;
      const problem = problemIn(select.tokens, value.text);
      if (problem === null) continue;
      report({
        message: `The database refuses the query: ${problem.message}`,
        place: placeIn(value, problem.span),
        help: 'A refused query is an internal failure: each look-up fails temporarily.',
      });
    }
  },
});

interface Problem {
  readonly message: string;
  readonly span: Span;
}

function problemIn(tokens: readonly SqlToken[], text: string): Problem | null {
  const open: SqlToken[] = [];
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1];
    if (token.quote !== undefined && isOpen(token, text))
      return {
        message: `the quote ${token.quote} is not closed`,
        span: { start: token.span.start, end: token.span.start + 1 },
      };
    if (isSign(token, '(')) open.push(token);
    if (isSign(token, ')') && open.pop() === undefined)
      return { message: 'a ")" without its "("', span: token.span };
    const isClause = token.kind === 'word' && CLAUSE.test(token.text);
    if (before !== undefined && isSign(before, ',') && (isClause || isSign(token, ',') || isSign(token, ')')))
      return { message: `a comma before ${token.text}`, span: before.span };
    if (before?.kind === 'word' && /^(?:where|and|or|from|select)$/i.test(before.text) && isClause)
      return { message: `nothing between ${before.text} and ${token.text}`, span: before.span };
  }
  const last = tokens.at(-1);
  if (last?.kind === 'word' && /^(?:where|and|or|from)$/i.test(last.text))
    return { message: `nothing behind ${last.text}`, span: last.span };
  if (last !== undefined && isSign(last, ',')) return { message: 'a comma at its end', span: last.span };
  const [first] = open;
  return first === undefined ? null : { message: 'a "(" without its ")"', span: first.span };
}

function isOpen({ span, quote }: SqlToken, text: string): boolean {
  return span.end - span.start < 2 || text[span.end - 1] !== quote;
}
