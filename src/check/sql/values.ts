import type { Span } from '../../../grammar/source.js';
import { isSign, isWord, type SqlToken } from './tokens.js';

/** What an expression can yield, as far as the text shows. */
export interface PossibleValues {
  readonly literals: readonly { readonly text: string; readonly span: Span }[];
  /** NULL is among them for certain (`NULL`, CASE without ELSE, NULLIF); a column may be NULL as well, see `open`. */
  readonly canBeNull: boolean;
  /** Values that the text does not show: a column, a function. */
  readonly open: boolean;
}

const NOTHING: PossibleValues = { literals: [], canBeNull: false, open: false };
const OPEN: PossibleValues = { literals: [], canBeNull: false, open: true };

/** Every value that a column's expression can have: literals, the branches of CASE, IF, IFNULL, COALESCE, NULLIF. */
export function possibleValues(tokens: readonly SqlToken[]): PossibleValues {
  const [first] = tokens;
  if (first === undefined) return NOTHING;
  if (isSign(first, '(') && closingOf(tokens, 0) === tokens.length - 1)
    return possibleValues(tokens.slice(1, -1));
  if (tokens.length === 1) return single(first);
  if (tokens.length === 2 && isSign(first, '-') && tokens[1]?.kind === 'number')
    return literal({ ...tokens[1], text: `-${tokens[1].text}` });
  if (isWord(first, 'case') && isWord(tokens.at(-1), 'end')) return caseValues(tokens.slice(1, -1));
  if (first.kind === 'word' && isSign(tokens[1], '(') && closingOf(tokens, 1) === tokens.length - 1)
    return callValues(first.text.toLowerCase(), splitArguments(tokens.slice(2, -1)));
  // PostgreSQL: 'x'::text
  if (isSign(tokens.at(-2), '::')) return possibleValues(tokens.slice(0, -2));
  return OPEN;
}

function single(token: SqlToken): PossibleValues {
  if (isWord(token, 'null')) return { ...NOTHING, canBeNull: true };
  if (isWord(token, 'true') || isWord(token, 'false'))
    return literal({ ...token, text: isWord(token, 'true') ? '1' : '0' });
  if (token.kind === 'number') return literal(token);
  if (token.kind === 'string') return token.text.includes('%') ? OPEN : literal(token);
  return OPEN;
}

function literal(token: SqlToken): PossibleValues {
  return { literals: [{ text: token.text, span: token.span }], canBeNull: false, open: false };
}

function callValues(name: string, args: readonly (readonly SqlToken[])[]): PossibleValues {
  switch (name) {
    case 'if':
    case 'iif':
      return union([possibleValues(args[1] ?? []), possibleValues(args[2] ?? [])]);
    case 'ifnull':
    case 'coalesce': {
      const all = args.map(possibleValues);
      const last = all.at(-1) ?? NOTHING;
      return { ...union(all), canBeNull: last.canBeNull };
    }
    case 'nullif':
      return { ...possibleValues(args[0] ?? []), canBeNull: true };
    case 'cast':
    case 'convert': {
      const value = args[0] ?? [];
      const as = value.findIndex((token) => isWord(token, 'as'));
      return possibleValues(as === -1 ? value : value.slice(0, as));
    }
    default:
      return OPEN;
  }
}

/** `[subject] WHEN c THEN v ... [ELSE v]`; nested CASEs stay whole. */
function caseValues(tokens: readonly SqlToken[]): PossibleValues {
  const branches: SqlToken[][] = [];
  let current: SqlToken[] | null = null;
  let hasElse = false;
  let depth = 0;
  for (const token of tokens) {
    const opens = isSign(token, '(') || isWord(token, 'case');
    const closes = isSign(token, ')') || isWord(token, 'end');
    if (depth === 0 && (isWord(token, 'then') || isWord(token, 'else'))) {
      current = [];
      branches.push(current);
      if (isWord(token, 'else')) hasElse = true;
      continue;
    }
    if (depth === 0 && isWord(token, 'when')) {
      current = null;
      continue;
    }
    if (opens) depth++;
    if (closes) depth--;
    current?.push(token);
  }
  const values = union(branches.map(possibleValues));
  return hasElse ? values : { ...values, canBeNull: true };
}

export function union(all: readonly PossibleValues[]): PossibleValues {
  return {
    literals: all.flatMap((one) => one.literals),
    canBeNull: all.some((one) => one.canBeNull),
    open: all.some((one) => one.open),
  };
}

function splitArguments(tokens: readonly SqlToken[]): SqlToken[][] {
  const args: SqlToken[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isSign(token, '(')) depth++;
    if (isSign(token, ')')) depth--;
    if (depth === 0 && isSign(token, ',')) args.push([]);
    else args.at(-1)?.push(token);
  }
  return args;
}

function closingOf(tokens: readonly SqlToken[], open: number): number {
  let depth = 0;
  for (let index = open; index < tokens.length; index++) {
    if (isSign(tokens[index], '(')) depth++;
    if (isSign(tokens[index], ')') && --depth === 0) return index;
  }
  return -1;
}
