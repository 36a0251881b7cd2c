import type { ByteString } from '../../../grammar/bytes.js';
import { isUtf8 } from '../../../grammar/utf8.js';

// What a text of 2.3 with variables becomes, before it is written in the language of 2.4.

/** One `%{...}` of 2.4: steps joined by `|`. */
export interface Chain {
  readonly kind: 'chain';
  readonly steps: readonly ByteString[];
  /** The value is bytes, which 2.4 prints in hexadecimal at the end only. */
  readonly binary: boolean;
  /** Bytes of the text where every value has as many, such as a hash; else null. */
  readonly length: number | null;
  /** A number of 2.4's own making (port, pid, uid): below 2^32, without zeros in front. */
  readonly number: boolean;
}

interface TextPiece {
  readonly kind: 'text';
  readonly text: ByteString;
}

export type Piece = TextPiece | Chain;

/** Pieces one behind the other. */
export interface Leaf {
  readonly kind: 'leaf';
  readonly pieces: readonly Piece[];
}

/** One of two values. */
export interface Choice {
  readonly kind: 'choice';
  readonly condition: Condition;
  readonly yes: Value;
  readonly no: Value;
}

export type Value = Leaf | Choice;

export interface Condition {
  readonly left: Chain;
  readonly operator: ByteString;
  readonly right: Argument;
}

/** What may stand in brackets behind a filter: 2.4 nests no expressions. */
export type Argument =
  | { readonly kind: 'text'; readonly text: ByteString }
  | { readonly kind: 'variable'; readonly name: ByteString };

/** 2.4 has no form that gives the same text. */
export class NoEqual extends Error {}

/** More leaves than anybody can read: 2.4 has no nested conditions. */
const MAX_LEAVES = 24;

export function chain(
  steps: readonly ByteString[],
  facts: Partial<Omit<Chain, 'steps' | 'kind'>> = {},
): Chain {
  return { kind: 'chain', steps, binary: false, length: null, number: false, ...facts };
}

/** The chain with more steps; what is known of the old value is forgotten. */
export function piped(before: Chain, ...steps: ByteString[]): Chain {
  return chain([...before.steps, ...steps]);
}

/** Bytes made the hexadecimal text that 2.3 has at once. */
export function asText(value: Chain): Chain {
  return value.binary ? { ...value, steps: [...value.steps, 'hexlify'], binary: false } : value;
}

export function leafOf(...pieces: readonly Piece[]): Leaf {
  return { kind: 'leaf', pieces };
}

export function textLeaf(text: ByteString): Leaf {
  return text === '' ? leafOf() : leafOf({ kind: 'text', text });
}

/** The text of a leaf without variables; null where there are some. */
export function constantOf(leaf: Leaf): ByteString | null {
  let text = '';
  for (const piece of leaf.pieces) {
    if (piece.kind === 'chain') return null;
    text += piece.text;
  }
  return text;
}

const NAME = /^[a-zA-Z\x80-\xff][a-zA-Z0-9_/;:.\x80-\xff-]*$/;

/** The scanner of 2.4 reads it as one name. */
export function isName(name: ByteString): boolean {
  return NAME.test(name) && isUtf8(name);
}

/** The variable that a chain is, without filters; null where it is more. */
export function variableOf(value: Chain): ByteString | null {
  const [name = ''] = value.steps;
  return value.steps.length === 1 && isName(name) ? name : null;
}

/** First step of a variable: its name, or a look-up where the name is none for 2.4's scanner. */
export function variableStep(name: ByteString): ByteString {
  return isName(name) ? name : `lookup(${quoted(name)})`;
}

/** What a leaf is as an argument; null where it is more than a text or a variable. */
export function argumentOf(value: Value): Argument | null {
  if (value.kind === 'choice') return null;
  const text = constantOf(value);
  if (text !== null) return { kind: 'text', text };
  const [piece] = value.pieces;
  if (value.pieces.length !== 1 || piece?.kind !== 'chain') return null;
  const name = variableOf(piece);
  return name === null ? null : { kind: 'variable', name };
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '\t': '\\t',
  '\r': '\\r',
  '\n': '\\n',
};

/** A text as a string of 2.4. */
export function quoted(text: ByteString): ByteString {
  const odd = isUtf8(text) ? /[\x01-\x1f\x7f\\']/g : /[\x01-\x1f\x7f-\xff\\']/g;
  const inside = text.replace(
    odd,
    (byte) => ESCAPES[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `'${inside}'`;
}

export function written(argument: Argument): ByteString {
  return argument.kind === 'text' ? quoted(argument.text) : argument.name;
}

function leaves(value: Value): number {
  return value.kind === 'leaf' ? 1 : leaves(value.yes) + leaves(value.no);
}

/** Changes every outcome of a value. */
export function mapLeaves(value: Value, change: (leaf: Leaf) => Value): Value {
  if (value.kind === 'leaf') return change(value);
  const yes = mapLeaves(value.yes, change);
  const no = mapLeaves(value.no, change);
  const result: Choice = { ...value, yes, no };
  if (leaves(result) > MAX_LEAVES)
    throw new NoEqual('conditions inside each other are too many to write apart');
  return result;
}

/** Several values one behind the other as one. */
export function joined(values: readonly Value[]): Value {
  return values.reduce<Value>(
    (before, value) =>
      mapLeaves(before, (left) => mapLeaves(value, (right) => leafOf(...left.pieces, ...right.pieces))),
    leafOf(),
  );
}

/** The variables whose parts `username` and `domain` are, and which part a chain takes. */
function partOf(value: Chain): { root: ByteString; group: string } | null {
  const [root = '', part, more] = value.steps;
  if (more !== undefined || !/^(?:user|login_user|original_user|auth_user)$/.test(root)) return null;
  if (part === undefined) return { root, group: '\\0' };
  return part === 'username' || part === 'domain'
    ? { root, group: part === 'username' ? '\\1' : '\\2' }
    : null;
}

/** All pieces of a leaf as one chain. */
export function single(leaf: Leaf): Chain {
  const [first, ...rest] = leaf.pieces;
  if (first === undefined) return chain(["literal('')"]);
  if (rest.length === 0) return first.kind === 'chain' ? first : chain([`literal(${quoted(first.text)})`]);
  const others = rest.map((piece) => argumentOf(leafOf(piece)));
  if (others.every((other) => other !== null)) {
    const start = first.kind === 'chain' ? asText(first) : chain([`literal(${quoted(first.text)})`]);
    return piped(start, `concat(${others.map(written).join(',')})`);
  }
  return byGroups(leaf.pieces);
}

/** Parts of one name put together by a regular expression over the name. */
function byGroups(pieces: readonly Piece[]): Chain {
  let root: ByteString | null = null;
  let replacement = '';
  for (const piece of pieces) {
    if (piece.kind === 'text') {
      if (piece.text.includes('\\')) throw new NoEqual('a backslash beside parts of a name');
      replacement += piece.text;
      continue;
    }
    const part = partOf(piece);
    if (part === null || (root !== null && root !== part.root))
      throw new NoEqual('2.4 puts texts of several filters together in one expression nowhere');
    root = part.root;
    replacement += part.group;
  }
  return chain([root ?? 'user', `regexp('^([^@]*)@?(.*)$',${quoted(replacement)})`]);
}
