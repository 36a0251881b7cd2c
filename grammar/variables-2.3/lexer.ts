import { Lexer } from 'chevrotain';
import { Format, LongName, Modifiers, Percent, ShortName, Text } from './tokens.js';

/** `validate`: chevrotain's checks of the tokens, which a test runs; they cost a third of the start. */
export function createVariables23Lexer(validate: boolean): Lexer {
  return new Lexer(
    {
      modes: {
        text: [Text, Percent],
        format: [Format, Modifiers, LongName, ShortName],
        modifiers: [Modifiers, LongName, ShortName],
        name: [LongName, ShortName],
      },
      defaultMode: 'text',
    },
    { positionTracking: 'onlyOffset', skipValidations: !validate },
  );
}
