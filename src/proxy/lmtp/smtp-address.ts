import type { ByteString } from '../../../grammar/bytes.js';

/** A mailbox; both parts null for `<>`. */
export interface SmtpAddress {
  /** Not quoted. */
  readonly localpart: ByteString | null;
  /** null: none was given. */
  readonly domain: ByteString | null;
}

type ParsedPath =
  | { readonly kind: 'address'; readonly address: SmtpAddress; readonly rest: ByteString }
  | { readonly kind: 'error'; readonly message: ByteString };

type ParsedMailbox =
  | { readonly kind: 'address'; readonly address: SmtpAddress }
  | { readonly kind: 'error'; readonly message: ByteString };

/** A syntax error, in Dovecot's words. */
class AddressError extends Error {}

/** Reads RFC 5321 4.1.2, as leniently as Dovecot. lib-smtp/smtp-address.c, smtp-parser.c */
class AddressParser {
  readonly #text: ByteString;
  #at = 0;

  constructor(text: ByteString) {
    this.#text = text;
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

  #quotedString(): ByteString | null {
    if (!this.skip('"')) return null;
    let text = '';
    for (;;) {
      text += this.#take(/[ !#-[\]-~]*/y) ?? '';
      if (!this.skip('\\')) break;
      const escaped = this.#take(/[ -~]/y);
      if (escaped === null) throw new AddressError("Invalid character after '\\' in quoted string");
      text += escaped;
    }
    if (this.ended) throw new AddressError('Premature end of quoted string');
    if (!this.skip('"')) throw new AddressError('Invalid character in quoted string');
    return text;
  }

  /** Dots may stand anywhere: some Japanese addresses have them at odd places. */
  #localpart(): ByteString | null {
    return this.#quotedString() ?? this.#take(/[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.]+/y);
  }

  #domain(): ByteString | null {
    const first = this.#take(/[A-Za-z0-9_-]+/y);
    if (first === null) return null;
    let domain = first;
    while (this.skip('.')) {
      if (this.ended || this.next === '.') throw new AddressError('Empty sub-domain');
      const part = this.#take(/[A-Za-z0-9_-]+/y);
      if (part === null) throw new AddressError('Invalid character in domain');
      domain += `.${part}`;
    }
    return domain;
  }

  #addressLiteral(): ByteString | null {
    if (!this.skip('[')) return null;
    const text = this.#take(/(?:\d{1,3}(?:\.\d{1,3}){3}|[A-Za-z0-9-]*[A-Za-z0-9]:[!-Z^-~]+)/y);
    if (text === null) throw new AddressError('Invalid address literal');
    if (this.ended) throw new AddressError("Missing ']' at end of address literal");
    if (!this.skip(']')) throw new AddressError('Invalid character in address literal');
    return `[${text}]`;
  }

  /** null where there is none at all. */
  mailbox(inPath: boolean, domainOptional: boolean): SmtpAddress | null {
    const localpart = this.#localpart();
    if (localpart === null) return null;
    const atEnd = () => this.ended || (inPath && this.next === '>');
    if (!this.skip('@')) {
      if (domainOptional) return { localpart, domain: null };
      throw new AddressError(atEnd() ? 'Missing domain' : 'Invalid character in localpart');
    }
    const domain = this.#domain() ?? this.#addressLiteral();
    if (domain === null) throw new AddressError(atEnd() ? "Missing domain after '@'" : 'Invalid domain');
    return { localpart, domain };
  }

  /** A source route counts for nothing. RFC 5321 appendix C */
  sourceRoute(): boolean {
    if (!this.skip('@')) return false;
    for (;;) {
      if (this.#domain() === null) throw new AddressError("Missing domain after '@' in source route");
      if (!this.skip(',')) break;
      if (!this.skip('@')) throw new AddressError("Missing '@' after ',' in source route");
    }
    if (!this.skip(':')) throw new AddressError("Missing ':' at end of source route");
    return true;
  }
}

export interface PathRules {
  /** `<>` may be given. */
  readonly emptyAllowed: boolean;
  readonly domainOptional: boolean;
  /** The workaround `mailbox-for-path`. */
  readonly bracketsOptional: boolean;
}

/** A path and what follows it. Dovecot lib-smtp/smtp-address.c smtp_address_parse_path_full */
export function parsePath(text: ByteString, rules: PathRules): ParsedPath {
  try {
    return { kind: 'address', ...readPath(text, rules) };
  } catch (error) {
    if (error instanceof AddressError) return { kind: 'error', message: error.message };
    throw error;
  }
}

function readPath(text: ByteString, rules: PathRules): { address: SmtpAddress; rest: ByteString } {
  const nobody: SmtpAddress = { localpart: null, domain: null };
  if (text === '') {
    if (rules.emptyAllowed && rules.bracketsOptional) return { address: nobody, rest: '' };
    throw new AddressError('Path is empty string');
  }
  const parser = new AddressParser(text);
  const inPath = parser.skip('<');
  if (!inPath && !rules.bracketsOptional) throw new AddressError("Missing '<' at beginning of path");
  const routed = inPath && parser.sourceRoute();
  const address = parser.mailbox(inPath, rules.domainOptional);
  if (address === null) {
    if (parser.next !== '>') throw new AddressError('Invalid character in localpart');
    if (routed) throw new AddressError('Path only consists of source route');
    if (!rules.emptyAllowed) throw new AddressError('Null path not allowed');
  }
  if (inPath && !parser.skip('>')) throw new AddressError("Missing '>' at end of path");
  if (!inPath && parser.next === '>') throw new AddressError("Unmatched '>' at end of path");
  return { address: address ?? nobody, rest: parser.rest };
}

/** A user name as an address: its last `@` is the one before the domain. Dovecot lib-smtp/smtp-address.c smtp_address_parse_username */
export function parseUserName(name: ByteString): ParsedMailbox {
  if (name === '') return { kind: 'error', message: 'Username is empty string' };
  const at = name.lastIndexOf('@');
  const localpart = at > 0 ? name.slice(0, at) : name;
  if (/[^ -~]/.test(localpart)) return { kind: 'error', message: 'Invalid character in localpart' };
  if (at <= 0) return { kind: 'address', address: { localpart, domain: null } };
  const domain = name.slice(at + 1);
  if (domain === '') return { kind: 'error', message: "Missing domain after '@'" };
  return /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$|^\[[!-Z^-~]+\]$/.test(domain)
    ? { kind: 'address', address: { localpart, domain } }
    : { kind: 'error', message: 'Invalid domain' };
}

/** Without brackets; '' for nobody. Dovecot lib-smtp/smtp-address.c smtp_address_write */
export function formatAddress({ localpart, domain }: SmtpAddress): ByteString {
  if (localpart === null) return '';
  const plain = /^(?:[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+\.?)+$/.test(localpart);
  const local = plain ? localpart : `"${localpart.replace(/["\\]/g, '\\$&')}"`;
  return domain === null || domain === '' ? local : `${local}@${domain}`;
}

export function sameAddress(left: SmtpAddress, right: SmtpAddress): boolean {
  return (
    left.localpart === right.localpart &&
    (left.domain ?? '').toLowerCase() === (right.domain ?? '').toLowerCase()
  );
}

/** An address taken apart at the first of the delimiters in it. */
export interface DetailedUser {
  /** Name for the look-up, with the domain. */
  readonly user: ByteString;
  readonly delimiter: ByteString;
  readonly detail: ByteString;
}

/** Dovecot lib-smtp/smtp-address.c smtp_address_detail_parse */
export function splitDetail(address: SmtpAddress, delimiters: ByteString): DetailedUser {
  const whole = address.localpart ?? '';
  let at = 0;
  while (at < whole.length && !delimiters.includes(whole.charAt(at))) at += 1;
  const delimiter = whole.charAt(at);
  const name = whole.slice(0, at);
  const detail = delimiter === '' ? '' : whole.slice(at + 1);
  const { domain } = address;
  if (domain === null || domain === '') return { user: name, delimiter, detail };
  const user = name.includes('@') ? formatAddress({ localpart: name, domain }) : `${name}@${domain}`;
  return { user, delimiter, detail };
}
