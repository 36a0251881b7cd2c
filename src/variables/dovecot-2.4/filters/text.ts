import type { ByteString } from '../../../../grammar/bytes.js';
import { utf8CharLength } from '../../../../grammar/utf8.js';
import { afterAt, asciiLower, asciiUpper, cString, ldapDn, reversed } from '../../ascii.js';
import { MAX_PADDING } from '../../limits.js';
import { DovecotCrash, FilterError } from '../errors.js';
import {
  anyOf,
  type Filter,
  needParameters,
  numberOf,
  refuseKey,
  refuseParameters,
  type State24,
  stringOf,
  tooMany,
} from '../state.js';

// Dovecot 2.4.1 expansion-filter.c. Several filters see a value as C text: they stop at a NUL.

export const lookup: Filter = (state, step) => {
  const [parameter] = step.parameters;
  if (parameter === undefined) throw new FilterError('Missing name to lookup');
  refuseKey(parameter);
  state.unset();
  const name = stringOf(state, parameter);
  state.setText(state.lookup(name));
};

export const literal: Filter = (state, step) => {
  const [parameter] = needParameters(step);
  if (parameter === undefined) return;
  refuseKey(parameter);
  state.setText(anyOf(state, parameter));
};

export const defaultFilter: Filter = (state, step) => {
  if (state.isSet && state.value !== '') return;
  const [parameter, second] = step.parameters;
  let value: ByteString = '';
  if (parameter !== undefined) {
    refuseKey(parameter);
    value = anyOf(state, parameter);
    if (second !== undefined) throw tooMany();
  }
  state.setText(value);
};

export const concat: Filter = (state, step) => {
  let result = state.isSet ? state.value : '';
  for (const parameter of needParameters(step)) {
    refuseKey(parameter);
    result += anyOf(state, parameter);
  }
  state.setData(result);
};

function changeCase(change: (text: ByteString) => ByteString, verb: string): Filter {
  return (state, step) => {
    refuseParameters(step);
    const value = state.need(verb);
    const text = cString(value);
    state.value = change(text) + value.slice(text.length);
  };
}

export const lower = changeCase(asciiLower, 'lower');
export const upper = changeCase(asciiUpper, 'upper');

export const reverse: Filter = (state, step) => {
  refuseParameters(step);
  state.setData(reversed(state.need('reverse')));
};

export const ldapDnFilter: Filter = (state, step) => {
  refuseParameters(step);
  state.setData(ldapDn(cString(state.need('convert to ldap_dn'))));
};

function pick(state: State24, separator: ByteString, position: number): void {
  const tokens = cString(state.value).split(separator);
  const token = tokens[position < 0 ? tokens.length + position : position];
  if (token === undefined) throw new FilterError('Position out of bounds');
  state.setText(token);
}

export const index: Filter = (state, step) => {
  let separator: ByteString | null = null;
  let position: number | null = null;
  for (const parameter of needParameters(step)) {
    refuseKey(parameter);
    if (parameter.index === 0) separator = stringOf(state, parameter);
    else if (parameter.index === 1) {
      const number = numberOf(state, parameter);
      if (number < -(2n ** 31n) || number >= 2n ** 31n) throw new FilterError('Position out of bounds');
      position = Number(number);
    } else throw tooMany();
  }
  if (separator === null) throw new FilterError('Missing separator and index parameters');
  if (position === null) throw new FilterError('Missing index parameter');
  state.need('index');
  if (separator === '') throw new DovecotCrash('index with an empty separator');
  pick(state, separator, position);
};

export const username: Filter = (state, step) => {
  refuseParameters(step);
  state.need('get username from');
  pick(state, '@', 0);
};

export const domain: Filter = (state, step) => {
  refuseParameters(step);
  state.setText(afterAt(cString(state.need('get domain from'))));
};

/** Tab-separated and tab-escaped (Dovecot strescape.c). */
export const list: Filter = (state, step) => {
  let separator: ByteString = ',';
  for (const parameter of step.parameters) {
    refuseKey(parameter);
    if (parameter.index > 0) throw tooMany();
    separator = stringOf(state, parameter);
  }
  const text = cString(state.need('generate list from'));
  state.setText(text.split('\t').map(tabUnescape).map(cString).join(separator));
};

const TAB_ESCAPES: Readonly<Record<string, string>> = { '0': '\0', '1': '\x01', t: '\t', r: '\r', n: '\n' };

function tabUnescape(text: ByteString): ByteString {
  return text.replace(/\x01([\s\S]?)/g, (_, byte: string) => TAB_ESCAPES[byte] ?? byte);
}

function fill(left: boolean): Filter {
  return (state, step) => {
    let amount = 0;
    let filler: ByteString = '0';
    for (const parameter of needParameters(step)) {
      refuseKey(parameter);
      if (parameter.index === 0) {
        const number = numberOf(state, parameter);
        if (number < 1n || number >= 2n ** 31n) throw new FilterError('Fill length out of bounds');
        amount = Number(number);
      } else if (parameter.index === 1) filler = stringOf(state, parameter);
      else throw tooMany();
    }
    if (amount < 1) throw new FilterError('Missing amount');
    const missing = amount - state.need('fill').length;
    if (missing <= 0) return;
    if (filler === '') throw new DovecotCrash('filling with an empty text never ends');
    if (missing > MAX_PADDING) throw new DovecotCrash(`filling up to ${amount} bytes`);
    const padding = filler.repeat(Math.ceil(missing / filler.length));
    state.value = left ? padding + state.value : state.value + padding;
  };
}

export const lfill = fill(true);
export const rfill = fill(false);

/** Valid UTF-8 without control characters (Dovecot 2.4.1 str-sanitize.c). */
export const text: Filter = (state, step) => {
  refuseParameters(step);
  state.setText(sanitized(cString(state.need('text'))));
};

const REPLACEMENT = '\xef\xbf\xbd';
const ELLIPSIS = '\xe2\x80\xa6';

function sanitized(value: ByteString): ByteString {
  const pieces: ByteString[] = [];
  for (let at = 0; at < value.length; ) {
    const length = utf8CharLength(value, at);
    if (length === 0) {
      // The value ends inside a character: the piece before makes room for an ellipsis.
      pieces.pop();
      pieces.push(ELLIPSIS);
      break;
    }
    if (length < 0) pieces.push(REPLACEMENT);
    else {
      const character = value.slice(at, at + length);
      pieces.push(/[\x00-\x1f\x7f]/.test(character) ? REPLACEMENT : character);
    }
    at += Math.max(length, 1);
  }
  return pieces.join('');
}
