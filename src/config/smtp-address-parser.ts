import type { ByteString } from '../../grammar/bytes.js';
import type { Series } from '../knowledge/versions.js';
import { parseAddress } from './network.js';

/** A syntax error, in Dovecot's words. */
export class AddressError extends Error {}

/** What addresses consist of: 2.4 is built with UTF-8 in them. Dovecot 2.3.19.1 and 2.4.1 smtp-parser.c smtp_char_lookup */
interface AddressCharacters {
  readonly atom: string;
  readonly quoted: string;
  readonly escaped: string;
  readonly domain: string;
  readonly literal: string;
}

const ATOM = "A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~";

const CHARACTERS: Readonly<Record<Series, AddressCharacters>> = {
  '2.3': {
    atom: ATOM,
    quoted: ' !#-[\\]-~',
    escaped: ' -~',
    domain: 'A-Za-z0-9_-',
    literal: '!-Z^-~',
  },
  '2.4': {
    atom: `${ATOM}\\x80-\\xfd`,
    quoted: ' !#-[\\]-~\\x80-\\xfd',
    escaped: ' -~\\x80-\\xfd',
    domain: 'A-Za-z0-9_\\x80-\\xfd-',
    literal: '!-Z^-~\\x80-\\xfd',
  },
};

/** Patterns that match at a place. */
class AddressPatterns {
  readonly quoted: RegExp;
  readonly escaped: RegExp;
  readonly localpart: RegExp;
  readonly domainPart: RegExp;
  readonly literalTag = /(?=[A-Za-z0-9-]*[A-Za-z0-9])[A-Za-z0-9-]*[A-Za-z0-9](?=:)/y;
  readonly literalContent: RegExp;
  /** A local part that needs no quotes. */
  readonly plain: RegExp;
  readonly allEscaped: RegExp;
  readonly wholeAtom: RegExp;

  constructor({ atom, quoted, escaped, domain, literal }: AddressCharacters) {
    this.quoted = new RegExp(`[${quoted}]*`, 'y');
    this.escaped = new RegExp(`[${escaped}]`, 'y');
    // Dots may stand anywhere: some Japanese addresses have them at odd places.
    this.localpart = new RegExp(`[${atom}.]+`, 'y');
    this.domainPart = new RegExp(`[A-Za-z0-9_-][${domain}]*`, 'y');
    this.literalContent = new RegExp(`[${literal}]+`, 'y');
    this.plain = new RegExp(`^[${atom}]+(?:\\.[${atom}]+)*$`);
    this.allEscaped = new RegExp(`^[${escaped}]*$`);
    this.wholeAtom = new RegExp(`^[${atom}]*$`);
  }
}

const PATTERNS: Readonly<Record<Series, AddressPatterns>> = {
  '2.3': new AddressPatterns(CHARACTERS['2.3']),
  '2.4': new AddressPatterns(CHARACTERS['2.4']),
};

interface ParsedParts {
  readonly localpart: ByteString;
  readonly domain: ByteString | null;
}

/** Reads RFC 5321 4.1.2, as leniently as Dovecot. lib-smtp/smtp-address.c, smtp-parser.c */
export class AddressParser {
  readonly #text: ByteString;
  readonly #patterns: AddressPatterns;
  #at = 0;

  constructor(text: ByteString, series: Series) {
    this.#text = text;
    this.#patterns = PATTERNS[series];
  }

  get rest(): ByteString {
    return this.#text.slice(this.#at);
  }

  get ended(): boolean {
    return this.#at >= this.#text.length;
  }

  get next(): ByteString {
    return this.#text.charAt(this.#at);
  }

  /** Takes what the pattern (sticky) matches here; null where it does not. */
  #take(pattern: RegExp): ByteString | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return null;
    this.#at = pattern.lastIndex;
    return match[0];
  }

  skip(character: string): boolean {
    if (this.next !== character) return false;
    this.#at += 1;
    return true;
  }

  quotedString(): ByteString | null {
    if (!this.skip('"')) return null;
    let text = '';
    for (;;) {
      text += this.#take(this.#patterns.quoted) ?? '';
      if (!this.skip('\\')) break;
      const escaped = this.#take(this.#patterns.escaped);
      if (escaped === null) throw new AddressError("Invalid character after '\\' in quoted string");
      text += escaped;
    }
    if (this.ended) throw new AddressError('Premature end of quoted string');
    if (!this.skip('"')) throw new AddressError('Invalid character in quoted string');
    return text;
  }

  #domain(): ByteString | null {
    const first = this.#take(this.#patterns.domainPart);
    if (first === null) return null;
    let domain = first;
    while (this.skip('.')) {
      if (this.ended || this.next === '.') throw new AddressError('Empty sub-domain');
      const part = this.#take(this.#patterns.domainPart);
      if (part === null) throw new AddressError('Invalid character in domain');
      domain += `.${part}`;
    }
    return domain;
  }

  #addressLiteral(): ByteString | null {
    if (!this.skip('[')) return null;
    const text = this.#ipv4() ?? this.#otherLiteral();
    if (this.ended) throw new AddressError("Missing ']' at end of address literal");
    if (!this.skip(']')) throw new AddressError('Invalid character in address literal');
    return `[${text}]`;
  }

  /** It may end early, but only with the text. */
  #ipv4(): ByteString | null {
    const invalid = () => new AddressError('Invalid IPv4 address literal');
    const octet = (): ByteString | null => {
      const digits = this.#take(/[0-9]+/y);
      if (digits !== null && Number(digits) > 255) throw invalid();
      return digits;
    };
    const first = octet();
    if (first === null) return null;
    let text = first;
    for (let index = 0; index < 3 && !this.ended; index++) {
      if (!this.skip('.')) throw invalid();
      const next = octet();
      if (next === null) throw invalid();
      text += `.${next}`;
    }
    return text;
  }

  #otherLiteral(): ByteString {
    const tag = this.#take(this.#patterns.literalTag);
    if (tag === null || !this.skip(':')) throw new AddressError('Invalid address literal');
    const content = this.#take(this.#patterns.literalContent);
    if (content === null) throw new AddressError('Empty address literal');
    if (tag.toLowerCase() === 'ipv6' && parseAddress(content)?.family !== 6)
      throw new AddressError('Invalid IPv6 address literal');
    return `${tag}:${content}`;
  }

  domainOrLiteral(inPath: boolean): ByteString {
    const domain = this.#domain() ?? this.#addressLiteral();
    if (domain !== null) return domain;
    throw new AddressError(this.#atEnd(inPath) ? "Missing domain after '@'" : 'Invalid domain');
  }

  #atEnd(inPath: boolean): boolean {
    return this.ended || (inPath && this.next === '>');
  }

  /** null where there is none at all. */
  mailbox(inPath: boolean, domainOptional: boolean): ParsedParts | null {
    const localpart = this.quotedString() ?? this.#take(this.#patterns.localpart);
    if (localpart === null) return null;
    if (this.skip('@')) return { localpart, domain: this.domainOrLiteral(inPath) };
    if (domainOptional) return { localpart, domain: null };
    throw new AddressError(this.#atEnd(inPath) ? 'Missing domain' : 'Invalid character in localpart');
  }

  /** Up to `end`, whatever can be quoted may stand before the last `@`; undefined: the end cannot be told. */
  bareMailbox(end: number | undefined): ParsedParts {
    if (end === undefined) throw new AddressError('Invalid character');
    const whole = this.#text.slice(this.#at, end);
    const last = whole.lastIndexOf('@');
    const localpart = last > 0 ? whole.slice(0, last) : whole;
    if (!this.#patterns.allEscaped.test(localpart)) throw new AddressError('Invalid character in localpart');
    this.#at += localpart.length;
    if (!this.skip('@'))
      throw new AddressError(this.ended ? 'Missing domain' : 'Invalid character in localpart');
    return { localpart, domain: this.domainOrLiteral(false) };
  }

  /** A source route counts for nothing. RFC 5321 appendix C */
  sourceRoute(): boolean {
    if (!this.skip('@')) return false;
    for (;;) {
      if (this.#routeDomain() === null) throw new AddressError("Missing domain after '@' in source route");
      if (!this.skip(',')) break;
      if (!this.skip('@')) throw new AddressError("Missing '@' after ',' in source route");
    }
    if (!this.skip(':')) throw new AddressError("Missing ':' at end of source route");
    return true;
  }

  /** Whatever is wrong with it, it is missing. */
  #routeDomain(): ByteString | null {
    try {
      return this.#domain();
    } catch (error) {
      if (error instanceof AddressError) return null;
      throw error;
    }
  }
}

/** What is wrong with a parameter that is one string; null where nothing is. Dovecot lib-smtp/smtp-syntax.c smtp_string_parse */
export function stringMistake(text: ByteString, series: Series): ByteString | null {
  const parser = new AddressParser(text, series);
  try {
    if (parser.quotedString() !== null) return parser.ended ? null : 'Invalid character in string';
  } catch (error) {
    if (error instanceof AddressError) return error.message;
    throw error;
  }
  return PATTERNS[series].wholeAtom.test(text) ? null : 'Invalid character in string';
}

/** Of LHLO: its first word where that is a domain or an address, else null. Dovecot lib-smtp/smtp-syntax.c smtp_helo_domain_parse */
export function greetedName(text: ByteString, series: Series): ByteString | null {
  try {
    const parser = new AddressParser(text, series);
    const name = parser.domainOrLiteral(false);
    return parser.ended || parser.next === ' ' ? name : null;
  } catch (error) {
    if (error instanceof AddressError) return null;
    throw error;
  }
}

/** Whether a quoted string can hold it. */
export function isQuotable(text: ByteString, series: Series): boolean {
  return PATTERNS[series].allEscaped.test(text);
}

/** Whether it needs no quotes. */
export function isDotString(text: ByteString): boolean {
  // Where nothing but ASCII is taken there is nothing else.
  return PATTERNS['2.4'].plain.test(text);
}
