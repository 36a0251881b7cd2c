import type { IToken } from 'chevrotain';
import { tokenLabel } from 'chevrotain';
import * as T from './tokens.js';

/** Where the parser stands: what a message expects depends on it and on the token before. */
export type Place24 = 'steps' | 'arguments';

const AFTER_STEP = 'CCBRACE or PIPE';
const STEP_OR_END = 'CCBRACE or PIPE or NAME';
const OPERAND = 'MINUS or NAME or NUMBER';
const ARGUMENT = 'MINUS or NAME or VALUE or NUMBER';
const AFTER_ARGUMENT = 'CBRACE or COMMA';

/**
 * Bison's message (Dovecot 2.4.1 var-expand-parser.y, `parse.error verbose`). Expected tokens are those of the state
 * that is left after its default reductions, in the order of their declaration.
 */
export function syntaxError(
  unexpected: IToken | null,
  previous: IToken,
  place: Place24,
  afterSign: boolean,
): string {
  const name = unexpected === null ? 'end of file' : tokenLabel(unexpected.tokenType);
  return `syntax error, unexpected ${name}, expecting ${expected(previous, place, afterSign)}`;
}

function expected(previous: IToken, place: Place24, afterSign: boolean): string {
  if (afterSign) return 'NUMBER';
  switch (previous.tokenType) {
    case T.Open:
    case T.Pipe:
      return STEP_OR_END;
    case T.LeftParen:
    case T.Comma:
    case T.Equals:
      return ARGUMENT;
    case T.Plus:
    case T.Minus:
    case T.Star:
    case T.Slash:
    case T.Percent:
      return OPERAND;
    case T.RightParen:
      return AFTER_STEP;
    default:
      return place === 'arguments' ? AFTER_ARGUMENT : AFTER_STEP;
  }
}
