import { describe, expect, test } from 'vitest';
import { createLineMachine } from '../../grammar/dovecot-conf/line-parser.js';
import { createVariables23Machine } from '../../grammar/variables-2.3/parser.js';
import { createVariables24Machine } from '../../grammar/variables-2.4/parser.js';

// At run time the checks are left out, because they cost a third of the start; here they are the grammar's compile step.
describe("chevrotain's own checks of the grammars", () => {
  test('find nothing in the lines of dovecot.conf', () => {
    const { lexer } = createLineMachine(true);
    expect(lexer.lexerDefinitionErrors).toEqual([]);
  });

  test('find nothing in the variables of 2.3', () => {
    const { lexer } = createVariables23Machine(true);
    expect(lexer.lexerDefinitionErrors).toEqual([]);
  });

  test('find nothing in the variables of 2.4', () => {
    const { lexer } = createVariables24Machine(true);
    expect(lexer.lexerDefinitionErrors).toEqual([]);
  });
});
