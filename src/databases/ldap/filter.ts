import { type BerWriter, Filter, SearchFilter } from 'ldapts';
import type { ByteString } from '../../../grammar/bytes.js';

/** A filter that libldap does not take: `ldap_search(...) parsing failed: Bad search filter`. */
export class BadFilter extends Error {}

/** Deep enough for anything sensible; a text that nests deeper is refused rather than recursed into. */
const MAX_DEPTH = 200;

/** Tags of RFC 4511 4.5.1.7. */
export const TAG = {
  and: 0xa0,
  or: 0xa1,
  not: 0xa2,
  equality: 0xa3,
  substring: 0xa4,
  greaterOrEqual: 0xa5,
  lessOrEqual: 0xa6,
  presence: 0x87,
  approximate: 0xa8,
  extensible: 0xa9,
} as const;

/** One part of a filter. RFC 4511 4.5.1.7 */
export type FilterNode =
  | { readonly kind: 'set'; readonly tag: number; readonly parts: readonly FilterNode[] }
  | { readonly kind: 'presence'; readonly attribute: ByteString }
  | {
      readonly kind: 'compare';
      readonly tag: number;
      readonly attribute: ByteString;
      readonly value: ByteString;
    }
  | { readonly kind: 'substring'; readonly attribute: ByteString; readonly pieces: readonly ByteString[] }
  | {
      readonly kind: 'extensible';
      readonly attribute: ByteString;
      readonly rule: ByteString;
      readonly dn: boolean;
      readonly value: ByteString;
    };

/** A search filter as bytes: nothing in a value is read as text, so what is not UTF-8 stays what it is. */
export class ByteFilter extends Filter {
  readonly type = SearchFilter.and;
  readonly #root: FilterNode;
  readonly #text: ByteString;

  /** Throws BadFilter. */
  constructor(text: ByteString) {
    super();
    this.#text = text;
    this.#root = new FilterText(text).whole();
  }

  /** The filter as a tree. */
  get root(): FilterNode {
    return this.#root;
  }

  override write(writer: BerWriter): void {
    writeNode(writer, this.#root);
  }

  override toString(): string {
    return this.#text;
  }
}

function bytes(text: ByteString): Buffer {
  return Buffer.from(text, 'latin1');
}

const OCTET_STRING = 4;

function writeNode(writer: BerWriter, node: FilterNode): void {
  switch (node.kind) {
    case 'presence':
      writer.writeBuffer(bytes(node.attribute), TAG.presence);
      return;
    case 'set':
      writer.startSequence(node.tag);
      for (const part of node.parts) writeNode(writer, part);
      break;
    case 'compare':
      writer.startSequence(node.tag);
      writer.writeBuffer(bytes(node.attribute), OCTET_STRING);
      writer.writeBuffer(bytes(node.value), OCTET_STRING);
      break;
    case 'substring':
      writer.startSequence(TAG.substring);
      writer.writeBuffer(bytes(node.attribute), OCTET_STRING);
      writer.startSequence();
      node.pieces.forEach((piece, index) => {
        const tag = index === 0 ? 0x80 : index === node.pieces.length - 1 ? 0x82 : 0x81;
        if (piece !== '') writer.writeBuffer(bytes(piece), tag);
      });
      writer.endSequence();
      break;
    case 'extensible':
      writer.startSequence(TAG.extensible);
      if (node.rule !== '') writer.writeBuffer(bytes(node.rule), 0x81);
      if (node.attribute !== '') writer.writeBuffer(bytes(node.attribute), 0x82);
      writer.writeBuffer(bytes(node.value), 0x83);
      if (node.dn) writer.writeBoolean(true, 0x84);
      break;
  }
  writer.endSequence();
}

/** RFC 4515 as libldap reads it: blanks between parts are skipped, the outermost parentheses may be missing. */
class FilterText {
  readonly #text: ByteString;
  #at = 0;
  #depth = 0;

  constructor(text: ByteString) {
    // ldap_search() takes a C string.
    const nul = text.indexOf('\0');
    this.#text = nul === -1 ? text : text.slice(0, nul);
  }

  whole(): FilterNode {
    this.#blanks();
    // OpenLDAP filter.c ldap_pvt_put_filter: a text without parentheses is one simple filter.
    const node =
      this.#text.charAt(this.#at) === '(' ? this.#parenthesised() : this.#simple(this.#text.slice(this.#at));
    if (this.#text.charAt(this.#at) === ')' || (node.kind !== 'set' && this.#at === 0)) {
      if (this.#text.charAt(this.#at) === ')') throw new BadFilter('unbalanced parentheses');
      return node;
    }
    this.#blanks();
    if (this.#at < this.#text.length) throw new BadFilter('text behind the filter');
    return node;
  }

  #blanks(): void {
    while (this.#text.charAt(this.#at) === ' ') this.#at += 1;
  }

  #parenthesised(): FilterNode {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new BadFilter('nested too deep');
    this.#at += 1;
    this.#blanks();
    const operator = this.#text.charAt(this.#at);
    let node: FilterNode;
    if (operator === '&' || operator === '|' || operator === '!') {
      this.#at += 1;
      const parts: FilterNode[] = [];
      for (this.#blanks(); this.#text.charAt(this.#at) === '('; this.#blanks())
        parts.push(this.#parenthesised());
      if (operator === '!' && parts.length !== 1) throw new BadFilter('! takes one filter');
      const tag = operator === '&' ? TAG.and : operator === '|' ? TAG.or : TAG.not;
      node = { kind: 'set', tag, parts };
    } else {
      // Parentheses inside a value are escaped; an escape is never ended by one.
      const rest = /^(?:\\.|[^()\\])*/s.exec(this.#text.slice(this.#at))?.[0] ?? '';
      this.#at += rest.length;
      node = this.#simple(rest);
    }
    if (this.#text.charAt(this.#at) !== ')') throw new BadFilter('missing )');
    this.#at += 1;
    this.#depth -= 1;
    return node;
  }

  #simple(text: ByteString): FilterNode {
    const equals = text.indexOf('=');
    if (equals <= 0) throw new BadFilter('missing =');
    if (this.#depth === 0) this.#at = this.#text.length;
    const sign = text.charAt(equals - 1);
    const raw = text.slice(equals + 1);
    const left = text.slice(0, equals);
    if (sign === '>' || sign === '<' || sign === '~') {
      const tag = sign === '>' ? TAG.greaterOrEqual : sign === '<' ? TAG.lessOrEqual : TAG.approximate;
      return { kind: 'compare', tag, attribute: attribute(left.slice(0, -1)), value: unescaped(raw) };
    }
    if (sign === ':') return extensible(left.slice(0, -1), unescaped(raw));
    const name = attribute(left);
    if (raw === '*') return { kind: 'presence', attribute: name };
    if (!raw.includes('*'))
      return { kind: 'compare', tag: TAG.equality, attribute: name, value: unescaped(raw) };
    const pieces = raw.split('*').map(unescaped);
    // OpenLDAP filter.c put_substring_filter: `**` is an empty piece, which is refused.
    if (pieces.slice(1, -1).some((piece) => piece === '')) throw new BadFilter('empty piece');
    return { kind: 'substring', attribute: name, pieces };
  }
}

/** OpenLDAP filter.c ldap_is_desc, loosely: letters, digits, `-`, `.`, `;`. */
function attribute(name: ByteString): ByteString {
  if (!/^[A-Za-z0-9][A-Za-z0-9.;-]*$/.test(name)) throw new BadFilter('bad attribute');
  return name;
}

function extensible(left: ByteString, value: ByteString): FilterNode {
  const [name = '', ...options] = left.split(':');
  const dn = options[0] === 'dn';
  const rule = (dn ? options[1] : options[0]) ?? '';
  if (name !== '') attribute(name);
  if (name === '' && rule === '') throw new BadFilter('neither attribute nor rule');
  return { kind: 'extensible', attribute: name, rule, dn, value };
}

/** `\XX`, and as in LDAP version 2 a backslash before one of `* ( ) \`. OpenLDAP filter.c ldap_pvt_filter_value_unescape */
function unescaped(text: ByteString): ByteString {
  return text.replace(/\\(?:([0-9A-Fa-f]{2})|(.?))/gs, (_, hex: string | undefined, next = '') => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (/^[*()\\]$/.test(next)) return next;
    throw new BadFilter('bad escape');
  });
}
