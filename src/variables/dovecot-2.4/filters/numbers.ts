import type { ByteString } from '../../../../grammar/bytes.js';
import { cString } from '../../ascii.js';
import { toBytes } from '../../binary.js';
import { MAX_PADDING } from '../../limits.js';
import { parseIntMax, parseUintMax, parseUintMaxHex, wrapInt64 } from '../../numbers.js';
import { DovecotCrash, FilterError } from '../errors.js';
import { type Filter, needParameters, numberOf, refuseKey, refuseParameters, tooMany } from '../state.js';

// Dovecot 2.4.1 expansion-filter.c: calculate, hex, unhex, benumber, lenumber.

const PLUS = 0n;
const MINUS = 1n;
const STAR = 2n;
const SLASH = 3n;
const MODULO = 4n;

export const calculate: Filter = (state, step) => {
  let operator: bigint | null = null;
  let right: bigint | null = null;
  for (const parameter of needParameters(step)) {
    refuseKey(parameter);
    if (parameter.index === 0) {
      if (parameter.kind !== 'number') throw new FilterError('Missing operator');
      operator = parameter.number;
      right ??= parameter.number;
    } else if (parameter.index === 1) right = numberOf(state, parameter);
    else throw tooMany();
  }
  const text = state.need('calculate');
  if (operator === null || right === null) return;
  if (state.isBinary && operator === MODULO) {
    if (right < 0n) throw new FilterError('Binary modulo must be positive integer');
    if (right === 0n) throw new DovecotCrash('modulo by zero');
    state.setText(String(BigInt(`0x0${toBytes(text.slice(-8)).toString('hex')}`) % right));
    return;
  }
  const left = parseIntMax(cString(text));
  if (left === null) throw new FilterError('Input is not a number');
  // The binary mark stays, as in Dovecot.
  state.setData(String(wrapInt64(calculated(left, operator, right))));
};

function calculated(left: bigint, operator: bigint, right: bigint): bigint {
  switch (operator) {
    case PLUS:
      return left + right;
    case MINUS:
      return left - right;
    case STAR:
      return left * right;
    case SLASH:
      if (right === 0n) throw new FilterError('Division by zero');
      if (right === -1n && left === -(2n ** 63n)) throw new DovecotCrash('division overflow');
      return left / right;
    case MODULO:
      if (right === 0n) throw new FilterError('Modulo by zero');
      if (right === -1n && left === -(2n ** 63n)) throw new DovecotCrash('division overflow');
      return left % right;
    default:
      throw new DovecotCrash(`calculate with the operator ${operator}`);
  }
}

export const hex: Filter = (state, step) => {
  let width = 0n;
  for (const parameter of step.parameters) {
    refuseKey(parameter);
    if (parameter.index !== 0) throw tooMany();
    width = numberOf(state, parameter);
  }
  const number = parseUintMax(cString(state.need('hex')));
  if (number === null) throw new FilterError('Input is not a number');
  const digits = number.toString(16);
  const size = width < 0n ? -width : width;
  if (size > MAX_PADDING) throw new DovecotCrash(`hex(${width})`);
  state.value = widened(digits, Number(size), width < 0n);
};

/** Positive: zeros in front, the last digits stay; negative: zeros behind, the first stay. */
function widened(digits: ByteString, width: number, behind: boolean): ByteString {
  if (width === 0) return digits;
  return behind ? digits.padEnd(width, '0').slice(0, width) : digits.padStart(width, '0').slice(-width);
}

export const unhex: Filter = (state, step) => {
  refuseParameters(step);
  const number = parseUintMaxHex(cString(state.need('unhex')));
  if (number === null) throw new FilterError('Input is not a hex number');
  state.setText(String(number));
};

function bytesToNumber(bigEndian: boolean): Filter {
  return (state, step) => {
    refuseParameters(step);
    const bytes = toBytes(state.need('convert to number'));
    if (![1, 2, 4, 8].includes(bytes.length))
      throw new FilterError(`Cannot convert '${bytes.length}' bytes to number`);
    if (!bigEndian) bytes.reverse();
    state.setText(String(BigInt(`0x${bytes.toString('hex')}`)));
  };
}

export const benumber = bytesToNumber(true);
export const lenumber = bytesToNumber(false);
