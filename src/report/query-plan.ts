import type { ByteString } from '../../grammar/bytes.js';
import { shown } from './simulation-words.js';

/** What a database answers to EXPLAIN. */
export type PlanAnswer =
  | {
      readonly kind: 'rows';
      readonly columns: readonly ByteString[];
      readonly rows: readonly (readonly (ByteString | null)[])[];
    }
  | { readonly kind: 'error'; readonly message: ByteString };

/** Columns of SQLite's plan that say nothing to people. */
const NUMBERS = new Set(['id', 'parent', 'notused', 'select_type']);

/** A line each row: the text alone where there is one column, else names with values. */
export function queryPlan(answer: PlanAnswer): readonly string[] {
  if (answer.kind === 'error') return [`not told: ${shown(answer.message)}`];
  const { columns, rows } = answer;
  return rows.map((row) => {
    const cells = columns.flatMap((name, at) => {
      const value = row[at] ?? null;
      if (value === null || value === '' || NUMBERS.has(name)) return [];
      return [name === 'QUERY PLAN' || name === 'detail' ? shown(value) : `${shown(name)}=${shown(value)}`];
    });
    return cells.join(' ');
  });
}
