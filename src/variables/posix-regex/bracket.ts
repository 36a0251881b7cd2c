import { byteSet, RegexError } from './tree.js';

// Bracket expressions as glibc reads them in the C locale (regcomp.c parse_bracket_exp).

const UNMATCHED = 'Unmatched [, [^, [:, [., or [=';
const MAX_NAME = 32;

/** Classes by name, as ranges of bytes. */
const CLASSES: Readonly<Record<string, RegExp>> = {
  alpha: /[A-Za-z]/,
  digit: /[0-9]/,
  alnum: /[A-Za-z0-9]/,
  upper: /[A-Z]/,
  lower: /[a-z]/,
  space: /[ \t-\r]/,
  blank: /[ \t]/,
  punct: /[!-/:-@[-`{-~]/,
  print: /[ -~]/,
  graph: /[!-~]/,
  cntrl: /[\x00-\x1f\x7f]/,
  xdigit: /[0-9A-Fa-f]/,
};

interface Element {
  readonly kind: 'byte' | 'class' | 'equivalent';
  readonly code: number;
  readonly end: number;
}

/** Reads what follows `[`; returns the set and the place behind its `]`. */
export function readBracket(pattern: string, offset: number): { bytes: Uint8Array; end: number } {
  const bytes = new Uint8Array(256);
  let at = offset;
  const negated = pattern.charAt(at) === '^';
  if (negated) at++;
  if (at >= pattern.length) throw new RegexError('Invalid regular expression');
  for (let first = true; first || pattern.charAt(at) !== ']'; first = false) {
    const start = readElement(pattern, at, first, bytes);
    at = start.end;
    if (at >= pattern.length) throw new RegexError(UNMATCHED);
    const ranged = start.kind === 'byte' && pattern.charAt(at) === '-' && pattern.charAt(at + 1) !== ']';
    if (!ranged) {
      if (start.kind === 'byte') bytes[start.code] = 1;
      continue;
    }
    if (at + 1 >= pattern.length) throw new RegexError(UNMATCHED);
    const last = readElement(pattern, at + 1, true, bytes);
    if (last.kind !== 'byte' || start.code > last.code) throw new RegexError('Invalid range end');
    bytes.fill(1, start.code, last.code + 1);
    at = last.end;
    if (at >= pattern.length) throw new RegexError(UNMATCHED);
  }
  return { bytes: negated ? byteSet((code) => bytes[code] === 0) : bytes, end: at + 1 };
}

function readElement(pattern: string, at: number, hyphenAllowed: boolean, bytes: Uint8Array): Element {
  if (at >= pattern.length) throw new RegexError(UNMATCHED);
  const symbol = /^\[([.:=])/.exec(pattern.slice(at, at + 2))?.[1];
  if (symbol !== undefined) return readSymbol(pattern, at, symbol, bytes);
  if (pattern.charAt(at) === '-' && !hyphenAllowed && pattern.charAt(at + 1) !== ']')
    throw new RegexError(at + 1 >= pattern.length ? UNMATCHED : 'Invalid range end');
  return { kind: 'byte', code: pattern.charCodeAt(at), end: at + 1 };
}

/** `[:name:]`, `[.x.]`, `[=x=]`. */
function readSymbol(pattern: string, at: number, symbol: string, bytes: Uint8Array): Element {
  const close = pattern.indexOf(`${symbol}]`, at + 2);
  if (close === -1 || close - at - 2 >= MAX_NAME) throw new RegexError(UNMATCHED);
  const name = pattern.slice(at + 2, close);
  const end = close + 2;
  if (symbol === ':') {
    const members = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
    if (members === undefined) throw new RegexError('Invalid character class name');
    for (let code = 0; code < 256; code++) if (members.test(String.fromCharCode(code))) bytes[code] = 1;
    return { kind: 'class', code: 0, end };
  }
  if (name.length !== 1) throw new RegexError('Invalid collation character');
  const code = name.charCodeAt(0);
  if (symbol === '.') return { kind: 'byte', code, end };
  bytes[code] = 1;
  return { kind: 'equivalent', code, end };
}
