import { topBits } from '../../binary.js';
import { DovecotCrash, FilterError } from '../errors.js';
import { type Filter, needParameters, numberOf, refuseKey, tooMany } from '../state.js';

const MAX_LENGTH = 2n ** 63n - 1n;

/** Dovecot 2.4.1 expansion-filter.c fn_substr. */
export const substr: Filter = (state, step) => {
  let offset: bigint | null = null;
  let given: bigint | null = null;
  for (const parameter of needParameters(step)) {
    refuseKey(parameter);
    const number = numberOf(state, parameter);
    if (parameter.index === 0) offset = number;
    else if (parameter.index === 1) given = number;
    else throw tooMany();
  }
  if (offset === null) throw new FilterError('Missing offset parameter');
  const value = state.need('substring');
  const size = BigInt(value.length);
  let length = given ?? size;
  if (offset < -size || offset > size) throw new FilterError('Offset out of bounds');
  if (length < -size || length > size) throw new FilterError('Length out of bounds');
  if (length === 0n) {
    state.setData('');
    return;
  }
  if (offset < 0n) offset += size;
  if (given === null) length = size - offset;
  else if (length < 0n) {
    length += size;
    if (length < offset) throw new FilterError('Length out of bounds');
    length -= offset;
  }
  if (length + offset > size) throw new FilterError('Length out of bounds');
  state.setData(value.slice(Number(offset), Number(offset + length)));
};

/** Dovecot 2.4.1 expansion-filter.c fn_truncate. */
export const truncate: Filter = (state, step) => {
  let length: bigint | null = null;
  let bits = false;
  for (const parameter of needParameters(step)) {
    const named = parameter.key === 'bits';
    if (!named) {
      refuseKey(parameter);
      if (parameter.index !== 0) throw tooMany();
    }
    const number = numberOf(state, parameter);
    if (number < 0n || number > MAX_LENGTH) throw new FilterError('Value of out of bounds');
    length = number;
    bits ||= named;
  }
  if (length === null) throw new FilterError('Missing truncation length');
  const value = state.need('truncate');
  const size = BigInt(value.length);
  if (bits) {
    state.setData(length > size * 8n ? value : topBits(value, Number(length)));
    return;
  }
  // The copy has one byte to spare, a NUL; further than that buffer_set_used_size() panics.
  if (length > size + 1n) throw new DovecotCrash(`truncate(${length}) of ${size} bytes`);
  state.setData(value.padEnd(Number(size) + 1, '\0').slice(0, Number(length)));
};
