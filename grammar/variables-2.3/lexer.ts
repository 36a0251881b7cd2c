import { Lexer } from 'chevrotain';
import { Format, LongName, Modifiers, Percent, ShortName, Text } from './tokens.js';

export const variables23Lexer = new Lexer(
  {
    modes: {
      text: [Text, Percent],
      format: [Format, Modifiers, LongName, ShortName],
      modifiers: [Modifiers, LongName, ShortName],
      name: [LongName, ShortName],
    },
    defaultMode: 'text',
  },
  { positionTracking: 'onlyOffset' },
);
