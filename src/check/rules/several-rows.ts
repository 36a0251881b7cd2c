import { passwordQueries } from '../passdb-queries.js';
import { BOTH, defineRule } from '../rule.js';
import type { SqlToken } from '../sql/tokens.js';
import { isSign, isWord } from '../sql/tokens.js';
import { placeIn } from '../value-text.js';

// auth-chain.md section 5: any second row is an internal failure.
export const severalRows = defineRule({
  code: 'DV820',
  name: 'several-rows',
  severity: 'warning',
  title: 'A password query that can return more than one row',
  versions: BOTH,
  check({ config, report }) {
    for (const { block, select, value } of passwordQueries(config)) {
      if (select === null || select.hasLimit || block.kind !== 'passdb') continue;
      const span = (tokens: readonly SqlToken[]) =>
        placeIn(value, { start: tokens[0]?.span.start ?? 0, end: tokens.at(-1)?.span.end ?? 0 });
      const dovecot = { message: 'Password query returned multiple matches', stage: 'runtime' as const };
      const help =
        'Add "LIMIT 1", with an ORDER BY that says which row counts, or ask for one unique column.';
      const like = select.where?.findIndex((token) => isWord(token, 'like') || isWord(token, 'ilike')) ?? -1;
      const or = alternatives(select.where ?? []);
      if (select.unionRows.length > 0)
        report({
          message: 'A user in both tables has two rows: his logins fail temporarily',
          place: span(select.tokens.slice(0, 1)),
          help,
          dovecot,
        });
      else if (like >= 0 && hasVariable(select.where?.slice(like, like + 3) ?? []))
        report({
          message:
            'LIKE takes "_" and "%" in the name that the client sends as wildcards: it can match other users as well',
          place: span(select.where?.slice(like, like + 2) ?? []),
          help: 'Compare with "=".',
          dovecot,
        });
      else if (or !== null)
        report({
          message:
            'Two rows are found where one user has the name and another one the alias: logins then fail temporarily',
          place: span(or),
          help,
          dovecot,
        });
    }
  },
});

/** The second of two alternatives outside of parentheses that both ask for a variable, with its OR. */
function alternatives(where: readonly SqlToken[]): readonly SqlToken[] | null {
  let depth = 0;
  for (const [index, token] of where.entries()) {
    if (isSign(token, '(')) depth++;
    if (isSign(token, ')')) depth--;
    if (!isWord(token, 'or')) continue;
    const before = where.slice(0, index);
    const behind = where.slice(index + 1);
    const end = depth > 0 ? behind.findIndex((one) => isSign(one, ')')) : -1;
    const second = end === -1 ? behind : behind.slice(0, end);
    if (hasVariable(before) && hasVariable(second)) return [token, ...second];
  }
  return null;
}

function hasVariable(tokens: readonly SqlToken[]): boolean {
  return tokens.some(({ kind, text }) => kind === 'variable' || (kind === 'string' && text.includes('%')));
}
