import type { ByteString } from '../../../grammar/bytes.js';
import { isComparator, isNumeric } from '../../variables/comparison.js';
import { parseIntMax } from '../../variables/numbers.js';
import { holds, writtenSide } from './condition.js';
import { constantResult } from './constant-result.js';
import {
  type Argument,
  argumentOf,
  type Chain,
  type Choice,
  type Condition,
  chain,
  isName,
  type Leaf,
  NoEqual,
  type Piece,
  piped,
  quoted,
  type Value,
  variableOf,
  written,
} from './expression.js';

// 2.4 knows one `if` whose branches are texts or variables. Other choices become several expressions one behind the
// other, each of which is empty where its branch is not the one.

/** A condition on the way to a branch, and what it has to say there. */
interface Turn {
  readonly condition: Condition;
  readonly wanted: boolean;
}

/** What a value is made of, without choices. `raw` tells texts that the place would escape. */
export function flattened(value: Value, raw: (text: ByteString) => boolean): readonly Piece[] {
  if (value.kind === 'leaf') return value.pieces;
  const one = oneExpression(value, raw);
  if (one !== null) return [one];
  return branches(value, []).flatMap(({ turns, leaf }) =>
    leaf.pieces.map((piece) => {
      const guarded = guard(turns, piece);
      return piece.kind === 'text' && raw(piece.text) ? piped(guarded, 'safe') : guarded;
    }),
  );
}

function oneExpression({ condition, yes, no }: Choice, raw: (text: ByteString) => boolean): Chain | null {
  const yesSide = argumentOf(yes);
  const noSide = argumentOf(no);
  const mixed = [yesSide, noSide].some((side) => side?.kind === 'text' && raw(side.text));
  const bothTexts = yesSide?.kind === 'text' && noSide?.kind === 'text';
  if (mixed && !bothTexts) return null;
  const { left, operator, right } = condition;
  if (!mixed && right.kind === 'text' && right.text === '' && (operator === 'eq' || operator === 'ne')) {
    const filled = operator === 'ne' ? yes : no;
    const empty = operator === 'ne' ? noSide : yesSide;
    if (empty !== null && isChain(filled, left))
      return empty.kind === 'text' && empty.text === '' ? left : piped(left, `default(${written(empty)})`);
  }
  if (yesSide === null || noSide === null) return null;
  const result = asked(condition, yesSide, noSide);
  return mixed ? piped(result, 'safe') : result;
}

function isChain(value: Value, wanted: Chain): boolean {
  if (value.kind === 'choice') return false;
  const [piece] = value.pieces;
  return value.pieces.length === 1 && piece?.kind === 'chain' && piece.steps.join() === wanted.steps.join();
}

/** The condition as the first step of an expression. */
function asked(condition: Condition, yes: Argument, no: Argument): Chain {
  const name = variableOf(condition.left);
  const step = ifStep(condition, yes, no, name);
  return name === null ? piped(condition.left, step) : chain([step]);
}

function ifStep(
  { operator, right }: Condition,
  yes: Argument,
  no: Argument,
  left: ByteString | null,
): ByteString {
  const sides = [quoted(operator), writtenSide(right, operator, quoted), written(yes), written(no)];
  return `if(${(left === null ? sides : [left, ...sides]).join(',')})`;
}

function branches(value: Value, turns: readonly Turn[]): { turns: readonly Turn[]; leaf: Leaf }[] {
  if (value.kind === 'leaf') return [{ turns, leaf: value }];
  const { condition, yes, no } = value;
  const known = turns.find((turn) => sameCondition(turn.condition, condition));
  if (known !== undefined) return branches(known.wanted ? yes : no, turns);
  return [
    ...branches(yes, [...turns, { condition, wanted: true }]),
    ...branches(no, [...turns, { condition, wanted: false }]),
  ];
}

function sameCondition(a: Condition, b: Condition): boolean {
  return (
    a.operator === b.operator &&
    written(a.right) === written(b.right) &&
    a.left.steps.join() === b.left.steps.join()
  );
}

/** The piece where all turns are as wanted, else nothing. */
function guard(turns: readonly Turn[], piece: Piece): Chain {
  const last = piece.kind === 'text' ? { base: textSide(piece.text), filters: [] } : entered(piece);
  if (constantResult('', last.filters) !== '')
    throw new NoEqual('a branch whose filters make something of an empty text');
  const order = [...turns].sort((a, b) => Number(followable(a)) - Number(followable(b)));
  let result: Chain | null = null;
  for (const [at, turn] of order.entries()) {
    const next = order[at + 1];
    const other = next === undefined ? { ...last, stop: textSide('') } : followed(next);
    const yes = turn.wanted ? other.base : other.stop;
    const no = turn.wanted ? other.stop : other.base;
    const step =
      result === null ? asked(turn.condition, yes, no) : piped(result, ifStep(turn.condition, yes, no, null));
    result = piped(step, ...other.filters);
  }
  if (result === null) throw new NoEqual('a condition without sides');
  return result;
}

function textSide(text: ByteString): Argument {
  return { kind: 'text', text };
}

/** The variable a chain begins with, and its filters. */
function entered(value: Chain): { base: Argument; filters: readonly ByteString[] } {
  const [name = '', ...filters] = withoutFallback(value);
  if (!isName(name)) throw new NoEqual('a branch that does not begin with a variable');
  return { base: { kind: 'variable', name }, filters };
}

/** `substr(0,N) | default(NAME)` gives the whole name for an empty text: the same by an expression that does not. */
function withoutFallback({ steps }: Chain): readonly ByteString[] {
  const [name = '', cut = '', fallback = ''] = steps;
  if (fallback !== `default(${name})`) return steps;
  const count = /^substr\((?:0,|(-))([0-9]+)\)$/.exec(cut);
  if (count === null) return steps;
  const [, fromEnd, size] = count;
  const pattern = fromEnd === undefined ? `^(.{0,${size}}).*$` : `^.*(.{${size}})$`;
  return [name, `regexp(${quoted(pattern)},${quoted('\\1')})`, ...steps.slice(3)];
}

/** A turn may stand behind another one: its variable is handed to it, and a text that makes it say no. */
function followable({ condition }: Turn): boolean {
  return condition.right.kind === 'text' && isName(condition.left.steps[0] ?? '');
}

function followed(turn: Turn): { base: Argument; stop: Argument; filters: readonly ByteString[] } {
  const { base, filters } = entered(turn.condition.left);
  return { base, filters, stop: textSide(stopOf(turn, filters)) };
}

/** A text for which the turn is not as wanted. */
function stopOf({ condition, wanted }: Turn, filters: readonly ByteString[]): ByteString {
  const { operator, right } = condition;
  if (right.kind === 'text') {
    const numeric = isComparator(operator) && isNumeric(operator);
    for (const text of ['', right.text, 'x', `${right.text}x`, '0', '1', '-99999999999', '99999999999']) {
      const input = constantResult(text, filters);
      if (input === null || (numeric && parseIntMax(input) === null)) continue;
      if (holds(input, operator, right.text) !== wanted) return text;
    }
  }
  throw new NoEqual('conditions inside each other that 2.4 cannot ask one behind the other');
}
