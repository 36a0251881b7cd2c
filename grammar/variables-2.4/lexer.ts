import { Lexer } from 'chevrotain';
import { programTokens, textTokens } from './tokens.js';

export const variables24Lexer = new Lexer(
  { modes: { text: textTokens, program: programTokens }, defaultMode: 'text' },
  { positionTracking: 'onlyOffset' },
);
