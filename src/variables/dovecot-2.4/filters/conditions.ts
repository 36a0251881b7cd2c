import type { ByteString } from '../../../../grammar/bytes.js';
import type { Parameter24 } from '../../../../grammar/variables-2.4/tree.js';
import { cString } from '../../ascii.js';
import { compare, compareNumbers, isComparator, isNumeric } from '../../comparison.js';
import { parseIntMax } from '../../numbers.js';
import { matchRegex } from '../../posix-regex/regex.js';
import { DovecotCrash, FilterError, LostMessage } from '../errors.js';
import {
  anyOf,
  type Filter,
  needParameters,
  numberOf,
  refuseKey,
  type State24,
  stringOf,
  tooMany,
} from '../state.js';

/** `if([lhs,] op, rhs, then, else)` (Dovecot 2.4.1 expansion-filter-if.c). */
export const ifFilter: Filter = (state, step) => {
  const piped = state.isSet;
  const roles: (Parameter24 | null)[] = piped ? [null] : [];
  let operator: ByteString = '';
  for (const parameter of step.parameters) {
    refuseKey(parameter);
    if (roles.length === 5) throw tooMany();
    if (roles.length === 1) operator = inPart('Comparator: ', () => cString(stringOf(state, parameter)));
    roles.push(parameter);
  }
  const [left = null, , right = null, yes = null, no = null] = roles;
  if (roles.length !== 5 || right === null || yes === null || no === null)
    throw new FilterError('Missing parameters');
  if (!isComparator(operator)) throw new FilterError(`Unsupported comparator '${operator}'`);
  let holds: boolean;
  if (isNumeric(operator)) {
    const input =
      left === null ? inputNumber(state) : inPart('Left-hand side: ', () => numberOf(state, left));
    holds = compareNumbers(
      input,
      operator,
      inPart('Right-hand side: ', () => numberOf(state, right)),
    );
  } else {
    const input = left === null ? state.value : inPart('Left-hand side ', () => stringOf(state, left));
    const other = inPart('Right-hand side ', () => stringOf(state, right));
    const result = compare(cString(input), operator, cString(other));
    if (result.kind === 'error') throw new FilterError(`regexp() failed: ${result.message}`);
    if (result.kind === 'crash') throw new DovecotCrash(result.reason);
    holds = result.holds;
  }
  const branch = holds ? yes : no;
  state.setText(inPart(holds ? 'True branch: ' : 'False branch: ', () => anyOf(state, branch)));
};

function inputNumber(state: State24): bigint {
  const number = parseIntMax(cString(state.value));
  if (number === null) throw new FilterError('Input is not a number');
  return number;
}

function inPart<T>(prefix: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FilterError) throw new FilterError(prefix + error.message);
    throw error;
  }
}

/** `regexp(pattern, replacement)`: replaces the whole value (Dovecot 2.4.1 expansion-filter.c fn_regexp). */
export const regexp: Filter = (state, step) => {
  let pattern: ByteString | null = null;
  let replacement: ByteString | null = null;
  for (const parameter of needParameters(step)) {
    refuseKey(parameter);
    const value = regexpParameter(state, parameter);
    if (parameter.index === 0) pattern = value;
    else if (parameter.index === 1) replacement = value;
    else throw tooMany();
  }
  if (pattern === null) throw new FilterError('Missing pattern and replacement parameters');
  if (replacement === null) throw new FilterError('Missing replacement parameter');
  const input = cString(state.need('regexp'));
  const found = matchRegex(cString(pattern), input);
  if (found.kind === 'error') throw new FilterError(found.message);
  if (found.kind === 'crash') throw new DovecotCrash(found.reason);
  const { groups } = found;
  if (groups === null) return;
  const result = cString(replacement).replace(/\\([\s\S]?)/g, (_, digit: string) => {
    if (!/^[0-9]$/.test(digit)) throw new DovecotCrash('a backslash without a digit in a replacement');
    const group = groups[Number(digit)];
    if (group === undefined || group === null) throw new FilterError('Invalid capture group');
    return input.slice(...group);
  });
  state.setData(result);
};

/** Dovecot loses the text of an error here and prints whatever stands in its place. */
function regexpParameter(state: State24, parameter: Parameter24): ByteString {
  try {
    return stringOf(state, parameter);
  } catch (error) {
    if (error instanceof FilterError) throw new LostMessage(`regexp with a bad parameter: ${error.message}`);
    throw error;
  }
}
