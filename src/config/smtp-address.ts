import type { ByteString } from '../../grammar/bytes.js';
import type { Series } from '../knowledge/versions.js';
import { AddressError, AddressParser, isDotString, isQuotable } from './smtp-address-parser.js';

/** A mailbox; both parts null for `<>`. */
export interface SmtpAddress {
  /** Not quoted. */
  readonly localpart: ByteString | null;
  /** null: none was given. */
  readonly domain: ByteString | null;
  /** As it was written, of a sender that is no address: it goes on as it is, and counts as `<>`. */
  readonly broken?: ByteString;
}

type ParsedPath =
  | { readonly kind: 'address'; readonly address: SmtpAddress; readonly rest: ByteString }
  | { readonly kind: 'error'; readonly message: ByteString };

type ParsedMailbox =
  | { readonly kind: 'address'; readonly address: SmtpAddress }
  | { readonly kind: 'error'; readonly message: ByteString };

export interface PathRules {
  readonly series: Series;
  /** `<>` may be given. */
  readonly emptyAllowed: boolean;
  readonly domainOptional: boolean;
  /** The workaround `mailbox-for-path`. */
  readonly bracketsOptional: boolean;
  /** What is no address is taken all the same, as long as its end can be told. */
  readonly brokenAllowed: boolean;
}

/** A path and what follows it. Dovecot lib-smtp/smtp-address.c smtp_address_parse_path_full */
export function parsePath(text: ByteString, rules: PathRules): ParsedPath {
  try {
    return { kind: 'address', ...readPath(text, rules) };
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    const broken = text !== '' && rules.brokenAllowed ? readBroken(text, rules.bracketsOptional) : null;
    return broken ?? { kind: 'error', message: error.message };
  }
}

function readPath(text: ByteString, rules: PathRules): { address: SmtpAddress; rest: ByteString } {
  const nobody: SmtpAddress = { localpart: null, domain: null };
  if (text === '') {
    if (rules.emptyAllowed && rules.bracketsOptional) return { address: nobody, rest: '' };
    throw new AddressError('Path is empty string');
  }
  const parser = new AddressParser(text, rules.series);
  const inPath = parser.skip('<');
  if (!inPath && !rules.bracketsOptional) throw new AddressError("Missing '<' at beginning of path");
  const routed = inPath && parser.sourceRoute();
  const anything = rules.brokenAllowed && !inPath && parser.next !== '"';
  const address = anything
    ? parser.bareMailbox(endOfAny(text)?.end)
    : parser.mailbox(inPath, rules.domainOptional);
  if (address === null) {
    if (parser.next !== '>') throw new AddressError('Invalid character in localpart');
    if (routed) throw new AddressError('Path only consists of source route');
    if (!rules.emptyAllowed) throw new AddressError('Null path not allowed');
  }
  if (inPath && !parser.skip('>')) throw new AddressError("Missing '>' at end of path");
  if (!inPath && parser.next === '>') throw new AddressError("Unmatched '>' at end of path");
  const { rest } = parser;
  if (rules.brokenAllowed && rest !== '' && !rest.startsWith(' '))
    throw new AddressError('Invalid character in path');
  return { address: address ?? nobody, rest };
}

/** Only the end of it is looked for. Dovecot lib-smtp/smtp-address.c smtp_address_parse_path_broken */
function readBroken(text: ByteString, bracketsOptional: boolean): ParsedPath | null {
  if (!text.startsWith('<') && !bracketsOptional) return null;
  const found = endOfAny(text);
  if (found === null || found.raw === '') return null;
  const address = { localpart: null, domain: null, broken: found.raw };
  return { kind: 'address', address, rest: text.slice(found.end) };
}

/** What may be an address, without brackets, and where it ends; null where that cannot be told. smtp_address_parse_any */
function endOfAny(text: ByteString): { readonly raw: ByteString; readonly end: number } | null {
  const inPath = text.startsWith('<');
  const from = inPath ? 1 : 0;
  let quoted = text.charAt(from) === '"';
  for (let at = quoted ? from + 1 : from; at < text.length; at++) {
    if (quoted && text.charAt(at) === '\\') {
      if (at + 1 === text.length || text.charAt(at + 1) < ' ') return null;
      at += 2;
    }
    const character = text.charAt(at);
    if (character === '"') quoted = false;
    else if (character === ' ' && !quoted) return inPath ? null : { raw: text.slice(from, at), end: at };
    else if (character === '>' && !quoted) return { raw: text.slice(from, at), end: at + 1 };
    else if (character !== '' && character < ' ') return null;
  }
  return quoted || inPath ? null : { raw: text.slice(from), end: text.length };
}

/** A user name as an address: its last `@` is the one before the domain. Dovecot lib-smtp/smtp-address.c smtp_address_parse_username */
export function parseUserName(name: ByteString, series: Series): ParsedMailbox {
  try {
    return { kind: 'address', address: readUserName(name, series) };
  } catch (error) {
    if (error instanceof AddressError) return { kind: 'error', message: error.message };
    throw error;
  }
}

function readUserName(name: ByteString, series: Series): SmtpAddress {
  if (name === '') throw new AddressError('Username is empty string');
  if (name.startsWith('"')) {
    const parser = new AddressParser(name, series);
    const address = parser.mailbox(false, true);
    if (address === null || !parser.ended) throw new AddressError('Invalid character in user name');
    return address;
  }
  const at = name.lastIndexOf('@');
  const localpart = at > 0 ? name.slice(0, at) : name;
  if (!isQuotable(localpart, series)) throw new AddressError('Invalid character in localpart');
  if (at <= 0) return { localpart, domain: null };
  const parser = new AddressParser(name.slice(at + 1), series);
  const domain = parser.domainOrLiteral(false);
  if (!parser.ended) throw new AddressError('Invalid character in user name');
  return { localpart, domain };
}

/** Without brackets; '' for nobody. Dovecot lib-smtp/smtp-address.c smtp_address_write */
export function formatAddress({ localpart, domain }: SmtpAddress): ByteString {
  if (localpart === null) return '';
  const local = isDotString(localpart) ? localpart : `"${localpart.replace(/["\\]/g, '\\$&')}"`;
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
