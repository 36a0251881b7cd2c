import type { ByteString } from '../../../grammar/bytes.js';
import { splitIfParameters } from '../../../grammar/variables-2.3/long-name.js';
import { compare, isComparator, isNumeric } from '../../variables/comparison.js';
import { parseIntMax } from '../../variables/numbers.js';
import {
  type Argument,
  argumentOf,
  asText,
  type Condition,
  constantOf,
  joined,
  type Leaf,
  mapLeaves,
  NoEqual,
  single,
  type Value,
} from './expression.js';
import { AlwaysFails } from './failure.js';

/** The same comparison with its sides exchanged. */
const MIRRORED: Readonly<Record<string, string>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  eq: 'eq',
  ne: 'ne',
  lt: 'gt',
  le: 'ge',
  gt: 'lt',
  ge: 'le',
};

/** `%{if;LEFT;OPERATOR;RIGHT;THEN;ELSE}`; `translate` makes a value of each parameter. */
export function conditionValue(
  name: ByteString,
  translate: (template: ByteString) => readonly Value[],
): Value {
  const parameters = splitIfParameters(name);
  if (parameters === null) throw new AlwaysFails('if: missing parameter(s)');
  const count = parameters.length;
  if (count !== 4 && count !== 5) throw new AlwaysFails(`if: requires four or five parameters, got ${count}`);
  const [left = joined([]), operators = joined([]), right = joined([]), yes = joined([]), no = joined([])] =
    parameters.map(({ text }) => joined(translate(text)));
  const operator = operators.kind === 'leaf' ? constantOf(operators) : null;
  if (operator === null) throw new NoEqual('a comparator that is a variable itself');
  if (!isComparator(operator)) throw new AlwaysFails(`if: Unsupported comparator '${operator}'`);
  return mapLeaves(left, (one) => mapLeaves(right, (other) => chosen(one, operator, other, yes, no)));
}

function chosen(left: Leaf, operator: ByteString, right: Leaf, yes: Value, no: Value): Value {
  const leftText = constantOf(left);
  const rightText = constantOf(right);
  if (isComparator(operator) && isNumeric(operator))
    for (const text of [leftText, rightText])
      if (text !== null && parseIntMax(text) === null) throw new AlwaysFails(`if: ${text} is not a number`);
  if (leftText !== null && rightText !== null) return holds(leftText, operator, rightText) ? yes : no;
  return { kind: 'choice', condition: condition(left, operator, right), yes, no };
}

function condition(left: Leaf, operator: ByteString, right: Leaf): Condition {
  const mirrored = MIRRORED[operator];
  const rightArgument = argumentOf(right);
  const leftArgument = argumentOf(left);
  if (rightArgument !== null && !(leftArgument?.kind === 'text' && mirrored !== undefined))
    return { left: asText(single(left)), operator, right: rightArgument };
  if (leftArgument === null || mirrored === undefined)
    throw new NoEqual('a comparison with a text that filters make on its right side');
  return { left: asText(single(right)), operator: mirrored, right: leftArgument };
}

/** Whether two texts compare so. */
export function holds(left: ByteString, operator: ByteString, right: ByteString): boolean {
  if (!isComparator(operator)) return false;
  const result = compare(left, operator, right);
  if (result.kind === 'error') throw new AlwaysFails(`if: regex failed: ${result.message}`);
  if (result.kind === 'crash') throw new AlwaysFails(result.reason);
  return result.holds;
}

/** The right side as `if` of 2.4 wants it: a number where the comparison is one of numbers. */
export function writtenSide(
  side: Argument,
  operator: ByteString,
  quote: (text: ByteString) => ByteString,
): ByteString {
  if (side.kind === 'variable') return side.name;
  return isComparator(operator) && isNumeric(operator) ? side.text : quote(side.text);
}
