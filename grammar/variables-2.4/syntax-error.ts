import { TOKEN_NAMES, type Token24 } from './scanner.js';

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
  unexpected: Token24,
  previous: Token24,
  place: Place24,
  afterSign: boolean,
): string {
  const name = unexpected.kind === 'text' ? '' : TOKEN_NAMES[unexpected.kind];
  return `syntax error, unexpected ${name}, expecting ${expected(previous, place, afterSign)}`;
}

function expected(previous: Token24, place: Place24, afterSign: boolean): string {
  if (afterSign) return 'NUMBER';
  switch (previous.kind) {
    case 'open':
    case 'pipe':
      return STEP_OR_END;
    case 'left-paren':
    case 'comma':
    case 'equals':
      return ARGUMENT;
    case 'plus':
    case 'minus':
    case 'star':
    case 'slash':
    case 'percent':
      return OPERAND;
    case 'right-paren':
      return AFTER_STEP;
    default:
      return place === 'arguments' ? AFTER_ARGUMENT : AFTER_STEP;
  }
}
