import type { ByteString } from '../../../grammar/bytes.js';
import { cut } from '../../variables/dovecot-2.3/cut.js';
import { applyModifier, type Format } from '../../variables/dovecot-2.3/modifiers.js';
import {
  asText,
  type Chain,
  chain,
  constantOf,
  type Leaf,
  leafOf,
  mapLeaves,
  NoEqual,
  type Piece,
  piped,
  quoted,
  single,
  textLeaf,
  type Value,
  variableOf,
} from './expression.js';
import type { Remarks } from './remarks.js';

/** Filters that treat each byte for itself: parts of a text may pass them one by one. */
const BYTEWISE: Readonly<Record<string, string>> = { L: 'lower', U: 'upper', D: 'ldap_dn' };

/** glibc's RE_DUP_MAX. */
const MAX_REPEAT = 32_767;

/** A value behind the modifiers, the offset and the width of a 2.3 variable. */
export function formatted(
  value: Value,
  modifiers: string,
  format: Format,
  zero: boolean,
  remarks: Remarks,
): Value {
  const { offset, width } = format;
  return mapLeaves(value, (leaf) => {
    const constant = constantOf(leaf);
    const rest: Format = { offset, width };
    if (constant !== null) {
      let text = constant;
      for (const letter of modifiers) text = applyModifier(letter, text, rest);
      return textLeaf(
        rest.offset === 0 && rest.width === 0 ? text : cut(text, rest.offset, rest.width, zero),
      );
    }
    let result = leaf;
    for (const letter of modifiers) result = modified(result, letter, rest, remarks);
    return rest.offset === 0 && rest.width === 0 ? result : cutLeaf(result, rest, zero);
  });
}

function modified(leaf: Leaf, letter: string, format: Format, remarks: Remarks): Leaf {
  const bytewise = BYTEWISE[letter];
  if (bytewise !== undefined)
    return leafOf(
      ...leaf.pieces.map((piece): Piece => {
        if (piece.kind === 'text') return { kind: 'text', text: applyModifier(letter, piece.text, format) };
        const { length, number } = piece;
        if (number) return piece;
        return { ...piped(asText(piece), bytewise), length: letter === 'D' ? null : length };
      }),
    );
  if (letter === 'E') {
    remarks.lost(
      '%E, a backslash before quotes and backslashes, has no form in 2.4: the text stays as it is',
    );
    return leaf;
  }
  const value = asText(single(leaf));
  switch (letter) {
    case 'X':
      return leafOf(value.number ? piped(value, 'hex') : piped(value, 'hex', "default('0')"));
    case 'R':
      return leafOf({ ...piped(value, 'reverse'), length: value.length });
    case 'M':
      return leafOf({ ...piped(value, 'md5'), binary: true, length: 32 });
    case 'T':
      return leafOf(piped(value, `regexp('^(.*[^[:space:]])?[[:space:]]*$',${quoted('\\1')})`, 'default'));
    case 'H':
      remarks.lost(
        'The hash of %H does not exist in 2.4; written is that of %N, which gives other text: move the directories or files that were named by it',
      );
      return leafOf(newHash(value, format));
    default:
      return leafOf(newHash(value, format));
  }
}

/** `%N`: the first 8 bytes of the MD5 sum modulo the width, of that the lower 32 bits in hexadecimal. */
function newHash(value: Chain, format: Format): Chain {
  const { offset, width } = format;
  format.offset = 0;
  format.width = 0;
  const hash =
    width > 0
      ? piped(value, 'md5', `substr(0,8) % ${width}`, 'hex')
      : piped(value, 'md5', 'substr(4,4)', 'benumber', 'hex');
  return offset > 0 ? piped(hash, `lfill(${offset})`) : hash;
}

function cutLeaf(leaf: Leaf, { offset, width }: Format, zero: boolean): Leaf {
  const value = single(leaf);
  if (value.length !== null) return cutKnown(value, value.length, offset, width, zero);
  // What ends so has at most 8 digits: it is made of 32 bits.
  if (value.steps.at(-1) === 'hex' && zero && offset === 0 && width >= 8)
    return leafOf(chain([...value.steps.slice(0, -1), `hex(${width})`]));
  let result = asText(value);
  if (Math.abs(offset) > MAX_REPEAT || Math.abs(width) > MAX_REPEAT)
    throw new NoEqual(`2.4 has no way to cut a text at ${Math.max(Math.abs(offset), Math.abs(width))} bytes`);
  if (offset > 0) result = piped(result, `substr(${offset})`, 'default');
  else if (offset < 0) result = lastBytes(result, -offset);
  if (width === 0) return leafOf(result);
  if (zero) return leafOf(width > 0 ? piped(result, `lfill(${width})`) : result);
  if (width > 0) return leafOf(firstBytes(result, width));
  return leafOf(piped(result, `regexp('^(.*).{${-width}}$',${quoted('\\1')})`));
}

/** A filter that fails on a short text leaves the whole one to `default`. */
function firstBytes(value: Chain, count: number): Chain {
  const name = variableOf(value);
  if (name !== null) return piped(value, `substr(0,${count})`, `default(${name})`);
  return piped(value, `regexp('^(.{0,${count}}).*$',${quoted('\\1')})`);
}

function lastBytes(value: Chain, count: number): Chain {
  const name = variableOf(value);
  if (name !== null) return piped(value, `substr(-${count})`, `default(${name})`);
  return piped(value, `regexp('^.*(.{${count}})$',${quoted('\\1')})`);
}

/** A part of a text whose length is known. */
function cutKnown(value: Chain, length: number, offset: number, width: number, zero: boolean): Leaf {
  const numbered = Array.from({ length }, (_, at) => String.fromCharCode(0x100 + at)).join('');
  const kept: ByteString = cut(numbered, offset, width, zero);
  const zeros = kept.lastIndexOf('0') + 1;
  const size = kept.length - zeros;
  if (size === 0) return textLeaf(kept);
  const start = kept.charCodeAt(zeros) - 0x100;
  let steps: ByteString[] = [];
  if (value.binary) steps = start === 0 && size < length ? [`hexlify(${size})`] : ['hexlify'];
  if (start > 0 || (!value.binary && size < length)) steps.push(`substr(${start},${size})`);
  if (zeros > 0) steps.push(`lfill(${kept.length})`);
  if (size === length && zeros === 0) return leafOf(value);
  return leafOf({ ...piped(value, ...steps), length: kept.length });
}
