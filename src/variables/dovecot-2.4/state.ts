import type { ByteString } from '../../../grammar/bytes.js';
import type { Parameter24, Step24 } from '../../../grammar/variables-2.4/tree.js';
import { cString } from '../ascii.js';
import { TABLE_24 } from '../auth-table.js';
import { MAX_LENGTH } from '../limits.js';
import { parseIntMax } from '../numbers.js';
import type { VariableScope } from '../scope.js';
import { DovecotCrash, FilterError, TOO_LONG } from './errors.js';
import { lookUpProvider } from './providers.js';

/**
 * The value that goes through the steps (Dovecot 2.4.1 var-expand-private.h var_expand_state). One state serves all
 * programs of a template, and some of it outlives a program, as in Dovecot.
 */
export class State24 {
  readonly scope: VariableScope;
  value: ByteString = '';
  isSet = false;
  isBinary = false;
  /** `| safe` was seen in this program. */
  isSafe = false;
  delayedError: ByteString | null = null;

  constructor(scope: VariableScope) {
    this.scope = scope;
  }

  /** Text: ends at a NUL and takes the binary mark away. */
  setText(value: ByteString): void {
    this.setData(cString(value));
    this.isBinary = false;
  }

  /** Bytes; the binary mark stays as it was. */
  setData(value: ByteString): void {
    if (value.length > MAX_LENGTH) throw new DovecotCrash(TOO_LONG);
    this.value = value;
    this.isSet = true;
  }

  setBinary(value: ByteString): void {
    this.setData(value);
    this.isBinary = true;
  }

  unset(): void {
    this.value = '';
    this.isSet = false;
  }

  /** Throws `No value to VERB` where nothing is set. */
  need(verb: string): ByteString {
    if (!this.isSet) throw new FilterError(`No value to ${verb}`);
    return this.value;
  }

  /** Value of a variable. */
  lookup(name: ByteString): ByteString {
    const extra = this.scope.extra?.get(name);
    if (extra !== undefined) return extra;
    const colon = name.indexOf(':');
    if (colon !== -1) return lookUpProvider(this.scope, name.slice(0, colon), name.slice(colon + 1));
    const entry = TABLE_24.get(name);
    if (entry === undefined) throw new FilterError(`Unknown variable '${name}'`);
    return entry.value(this.scope.auth);
  }
}

export type Filter = (state: State24, step: Step24) => void;

/** A number, or a variable that holds one. */
export function numberOf(state: State24, parameter: Parameter24): bigint {
  switch (parameter.kind) {
    case 'number':
      return parameter.number;
    case 'string':
      throw new FilterError(`'${cString(parameter.text)}' is not a number`);
    case 'variable': {
      const value = state.lookup(parameter.name);
      const number = parseIntMax(cString(value));
      if (number === null) throw new FilterError(`'${value}' (in ${parameter.name}) is not a number`);
      return number;
    }
  }
}

/** A string, or a variable. */
export function stringOf(state: State24, parameter: Parameter24): ByteString {
  switch (parameter.kind) {
    case 'number':
      throw new FilterError(`${parameter.number} is not a string`);
    case 'string':
      return cString(parameter.text);
    case 'variable':
      return state.lookup(parameter.name);
  }
}

/** A string, a number's digits, or a variable. */
export function anyOf(state: State24, parameter: Parameter24): ByteString {
  return parameter.kind === 'number' ? String(parameter.number) : stringOf(state, parameter);
}

/** 0 or 1. Another number makes Dovecot print a pointer that is none. */
export function flagOf(state: State24, parameter: Parameter24): boolean {
  const number = numberOf(state, parameter);
  if (number === 0n || number === 1n) return number === 1n;
  if (parameter.kind === 'variable') throw new FilterError(`'${parameter.name}' is not 0 or 1`);
  throw new DovecotCrash(`a flag of ${number} where only 0 and 1 are allowed`);
}

export function refuseKey(parameter: Parameter24): void {
  if (parameter.key !== null) throw new FilterError(`Unsupported key '${parameter.key}'`);
}

export function tooMany(): FilterError {
  return new FilterError('Too many positional parameters');
}

export function needParameters(step: Step24): readonly Parameter24[] {
  if (step.parameters.length === 0) throw new FilterError('Missing parameters');
  return step.parameters;
}

export function refuseParameters(step: Step24): void {
  const [first] = step.parameters;
  if (first === undefined) return;
  refuseKey(first);
  throw tooMany();
}
