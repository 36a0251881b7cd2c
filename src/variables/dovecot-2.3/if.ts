import { compare, isComparator, isNumeric } from '../comparison.js';
import { parseIntMax } from '../numbers.js';
import type { LongSource } from './compile.js';
import type { Run23 } from './evaluate.js';
import { fine, type Value } from './value.js';

/** `%{if;LHS;OP;RHS;THEN;ELSE}` (Dovecot 2.3.19.1 var-expand-if.c). All five are expanded, whatever is chosen. */
export function evaluateIf(run: Run23, source: Extract<LongSource, { kind: 'if' }>): Value {
  const { parameters, count } = source;
  if (parameters === null) {
    if (count === 0 && !source.name.includes(';')) return run.fail('if: missing parameter(s)');
    return run.fail(`if: requires four or five parameters, got ${count}`);
  }
  const texts: string[] = [];
  run.depth++;
  for (const parameter of parameters) {
    const value = run.template(parameter);
    if (value.code < 1) {
      run.depth--;
      return { code: value.code, text: '' };
    }
    texts.push(value.text);
  }
  run.depth--;
  const [left = '', operator = '', right = '', yes = '', no = ''] = texts;
  if (!isComparator(operator)) return run.fail(`if: Unsupported comparator '${operator}'`);
  if (isNumeric(operator)) {
    if (parseIntMax(left) === null) return run.fail(`if: ${left} (lhs) is not a number`);
    if (parseIntMax(right) === null) return run.fail(`if: ${right} (rhs) is not a number`);
  }
  const result = compare(left, operator, right);
  if (result.kind === 'error') return run.fail(`if: regex failed: ${result.message}`);
  if (result.kind === 'crash') return run.crashes(result.reason);
  return fine(result.holds ? yes : no);
}
