import { readBracket } from './bracket.js';
import { type Anchor, byteSet, isWordByte, RegexError, type RegexNode, RegexTooLarge } from './tree.js';

// Extended regular expressions as glibc's regcomp() reads them (RE_SYNTAX_POSIX_EXTENDED): anchors are anchors
// everywhere, an unmatched `)` is plain, GNU's `\w \s \b \< ...` and back references work.

const MAX_REPEAT = 0x7fff;
const MAX_DEPTH = 500;
const EMPTY: RegexNode = { kind: 'empty' };
const ANY = byteSet((code) => code !== 0);

const ANCHORS: Readonly<Record<string, Anchor>> = {
  '<': 'word-start',
  '>': 'word-end',
  b: 'word-edge',
  B: 'inside-word',
  '`': 'start',
  "'": 'end',
};

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

const ESCAPED_SETS: Readonly<Record<string, Uint8Array>> = {
  w: byteSet(isWordByte),
  W: byteSet((code) => !isWordByte(code)),
  s: byteSet(isSpace),
  S: byteSet((code) => !isSpace(code)),
};

class RegexParser {
  readonly pattern: string;
  at = 0;
  groups = 0;
  #depth = 0;
  /** Groups that are closed: only they can be referred to. */
  #closed: ReadonlySet<number> = new Set<number>();

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  get next(): string {
    return this.pattern.charAt(this.at);
  }

  choice(): RegexNode {
    if (++this.#depth > MAX_DEPTH) throw new RegexTooLarge('groups nested too deep');
    // A branch does not see the groups of its neighbours.
    const before = this.#closed;
    const branches = [this.sequence()];
    while (this.next === '|') {
      this.at++;
      const all = this.#closed;
      this.#closed = before;
      branches.push(this.sequence());
      this.#closed = new Set([...all, ...this.#closed]);
    }
    this.#depth--;
    const [first, second] = branches;
    if (branches.length === 1) return first ?? EMPTY;
    // glibc orders the two ways by the place of their states: an empty first branch comes second.
    if (first?.kind === 'empty' && second !== undefined) branches.splice(0, 2, second, first);
    return { kind: 'choice', branches };
  }

  sequence(): RegexNode {
    const parts: RegexNode[] = [];
    while (this.at < this.pattern.length && this.next !== '|') {
      if (this.next === ')' && this.#depth > 1) break;
      const part = this.repeated();
      if (part.kind !== 'empty') parts.push(part);
    }
    return parts.length <= 1 ? (parts[0] ?? EMPTY) : { kind: 'sequence', parts };
  }

  repeated(): RegexNode {
    let node = this.single();
    // What follows an anchor is an expression of its own, and cannot be an operator.
    if (node.kind === 'anchor') return node;
    for (;;) {
      const operator = this.next;
      if (operator === '*') node = this.repeat(node, 0, null, 1);
      else if (operator === '+') node = this.repeat(node, 1, null, 1);
      else if (operator === '?') node = this.repeat(node, 0, 1, 1);
      else if (operator === '{') node = this.interval(node);
      else return node;
    }
  }

  repeat(body: RegexNode, min: number, max: number | null, length: number): RegexNode {
    this.at += length;
    if (body.kind === 'empty' || max === 0) return EMPTY;
    return { kind: 'repeat', body, min, max };
  }

  /** `{n}`, `{n,}`, `{n,m}`, `{,m}`. */
  interval(body: RegexNode): RegexNode {
    const close = this.pattern.indexOf('}', this.at);
    const text = this.pattern.slice(this.at + 1, close === -1 ? undefined : close);
    const match = /^([0-9]*)(?:(,)([0-9]*))?$/.exec(text);
    if (close === -1 && (match !== null || !/^,?[^,]*,?[^,]*$/.test(text)))
      throw new RegexError(text === '' || match !== null ? 'Unmatched \\{' : 'Invalid content of \\{\\}');
    if (match === null || (match[1] === '' && match[2] === undefined)) {
      if (close === -1) throw new RegexError('Unmatched \\{');
      throw new RegexError('Invalid content of \\{\\}');
    }
    const [, first = '', comma, second = ''] = match;
    const min = Number(first);
    const max = comma === undefined ? min : second === '' ? null : Number(second);
    if (max !== null && min > max) throw new RegexError('Invalid content of \\{\\}');
    if ((max ?? min) > MAX_REPEAT) throw new RegexError('Regular expression too big');
    return this.repeat(body, min, max, text.length + 2);
  }

  single(): RegexNode {
    const byte = this.next;
    this.at++;
    switch (byte) {
      case '(':
        return this.group();
      case '[': {
        const { bytes, end } = readBracket(this.pattern, this.at);
        this.at = end;
        return { kind: 'set', bytes };
      }
      case '*':
      case '+':
      case '?':
      case '{':
        throw new RegexError('Invalid preceding regular expression');
      case '^':
        return { kind: 'anchor', at: 'start' };
      case '$':
        return { kind: 'anchor', at: 'end' };
      case '.':
        return { kind: 'set', bytes: ANY };
      case '\\':
        return this.escape();
      default:
        return literal(byte);
    }
  }

  group(): RegexNode {
    const group = ++this.groups;
    const body = this.choice();
    if (this.next !== ')') throw new RegexError('Unmatched ( or \\(');
    this.at++;
    this.#closed = new Set([...this.#closed, group]);
    return { kind: 'group', group, body };
  }

  escape(): RegexNode {
    if (this.at >= this.pattern.length) throw new RegexError('Trailing backslash');
    const byte = this.next;
    this.at++;
    if (byte >= '1' && byte <= '9') {
      const group = Number(byte);
      if (!this.#closed.has(group)) throw new RegexError('Invalid back reference');
      return { kind: 'back-reference', group };
    }
    const anchor = Object.hasOwn(ANCHORS, byte) ? ANCHORS[byte] : undefined;
    if (anchor !== undefined) return { kind: 'anchor', at: anchor };
    const bytes = Object.hasOwn(ESCAPED_SETS, byte) ? ESCAPED_SETS[byte] : undefined;
    return bytes === undefined ? literal(byte) : { kind: 'set', bytes };
  }
}

function literal(byte: string): RegexNode {
  const bytes = new Uint8Array(256);
  bytes[byte.charCodeAt(0)] = 1;
  return { kind: 'set', bytes };
}

/** Parses a pattern; throws RegexError with regcomp()'s message. */
export function parseRegex(pattern: string): RegexNode {
  return new RegexParser(pattern).choice();
}
