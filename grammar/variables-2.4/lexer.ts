import { Lexer } from 'chevrotain';
import { programTokens, textTokens } from './tokens.js';

/** `validate`: chevrotain's checks of the tokens, which a test runs; they cost a third of the start. */
export function createVariables24Lexer(validate: boolean): Lexer {
  return new Lexer(
    { modes: { text: textTokens, program: programTokens }, defaultMode: 'text' },
    { positionTracking: 'onlyOffset', skipValidations: !validate },
  );
}
