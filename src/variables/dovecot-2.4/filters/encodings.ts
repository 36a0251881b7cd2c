import type { Step24 } from '../../../../grammar/variables-2.4/tree.js';
import { cString } from '../../ascii.js';
import { base64Of, bytesOfBase64, bytesOfHex, hexOf } from '../../binary.js';
import { MAX_PADDING } from '../../limits.js';
import { DovecotCrash, FilterError } from '../errors.js';
import {
  type Filter,
  flagOf,
  numberOf,
  refuseKey,
  refuseParameters,
  type State24,
  tooMany,
} from '../state.js';

// Dovecot 2.4.1 expansion-filter.c: hexlify, unhexlify, base64, unbase64.

export const hexlify: Filter = (state, step) => {
  const [parameter] = step.parameters;
  let width = 0n;
  if (parameter !== undefined) {
    refuseKey(parameter);
    width = numberOf(state, parameter);
    if (width < 0n) throw new FilterError('Width must be positive');
  }
  const digits = hexOf(state.need('hexlify'));
  if (width > MAX_PADDING) throw new DovecotCrash(`hexlify(${width})`);
  const size = Number(width);
  state.setText(size === 0 ? digits : digits.padStart(size, '0').slice(0, size));
};

export const unhexlify: Filter = (state, step) => {
  refuseParameters(step);
  const value = state.need('unhexlify');
  const { bytes, valid } = bytesOfHex(cString(value));
  if (value.length % 2 !== 0 || !valid) throw new FilterError('Not a hex value');
  state.setBinary(bytes);
};

export const base64: Filter = (state, step) => {
  const { pad, url } = readFlags(state, step, (parameter) => flagOf(state, parameter));
  state.setText(base64Of(state.need('base64'), { url, pad }));
};

export const unbase64: Filter = (state, step) => {
  const { url } = readFlags(state, step, (parameter, key) => {
    const number = numberOf(state, parameter);
    if (number !== 0n && number !== 1n) throw new FilterError(`Supported values for ${key} are 0 or 1`);
    return number === 1n;
  });
  state.setBinary(bytesOfBase64(state.need('unbase64'), url).bytes);
};

function readFlags(
  _state: State24,
  step: Step24,
  read: (parameter: Step24['parameters'][number], key: string) => boolean,
): { pad: boolean; url: boolean } {
  const flags = { pad: true, url: false };
  for (const parameter of step.parameters) {
    const { key } = parameter;
    if (key === null) throw tooMany();
    if (key !== 'pad' && key !== 'url') throw new FilterError(`Unsupported key '${key}'`);
    flags[key] = read(parameter, key);
  }
  return flags;
}
