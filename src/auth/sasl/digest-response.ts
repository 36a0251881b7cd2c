import type { ByteString } from '../../../grammar/bytes.js';
import { parseUint } from '../../variables/numbers.js';
import { sanitize } from '../sanitize.js';
import { cString } from './mechanism.js';

/** What a client answers to a challenge of DIGEST-MD5 (RFC 2831 section 2.1.2). */
export interface DigestResponse {
  readonly kind: 'response';
  readonly username: ByteString;
  readonly realm: ByteString | null;
  readonly cnonce: ByteString;
  readonly nonceCount: ByteString;
  readonly qop: ByteString;
  readonly digestUri: ByteString;
  /** 32 hexadecimal digits. */
  readonly response: ByteString;
  readonly authzid: ByteString | null;
}

export interface DigestMistake {
  readonly kind: 'mistake';
  readonly text: ByteString;
}

interface Directive {
  readonly key: ByteString;
  readonly value: ByteString;
}

function isBlank(byte: string | undefined): boolean {
  return byte === ' ' || byte === '\t';
}

function skipBlanks(text: ByteString, from: number): number {
  let at = from;
  while (isBlank(text[at])) at += 1;
  return at;
}

/** Reads `key=value, key="value"`; what has no `=` is passed over. Dovecot mech-digest-md5.c: parse_next */
function* directives(text: ByteString): Generator<Directive> {
  let at = 0;
  while (at < text.length) {
    const start = skipBlanks(text, at);
    let end = start;
    while (end < text.length && text[end] !== '=' && text[end] !== ',') end += 1;
    if (text[end] === '=') {
      const key = text.slice(start, end).replace(/[ \t]+$/, '');
      const quote = skipBlanks(text, end + 1);
      if (text[quote] === '"') {
        const quoted = quotedString(text, quote + 1);
        at = quoted.end;
        yield { key, value: quoted.value };
      } else {
        let stop = quote;
        while (stop < text.length && text[stop] !== ',') stop += 1;
        at = stop < text.length ? stop + 1 : stop;
        yield { key, value: text.slice(end + 1, stop).replace(/[ \t]+$/, '') };
      }
    } else at = end;
    if (text[at] === ',') at += 1;
  }
}

function quotedString(text: ByteString, from: number): { value: ByteString; end: number } {
  let value = '';
  let at = from;
  while (at < text.length && text[at] !== '"') {
    if (text[at] === '\\' && at + 1 < text.length) at += 1;
    value += text[at];
    at += 1;
  }
  return { value, end: at < text.length ? at + 1 : at };
}

/** What is known so far; null: not given. */
class Collected {
  username: ByteString | null = null;
  realm: ByteString | null = null;
  cnonce: ByteString | null = null;
  nonceCount: ByteString | null = null;
  qop: ByteString | null = null;
  digestUri: ByteString = '';
  response: ByteString = '';
  authzid: ByteString | null = null;
  maxbuf = false;
  nonceFound = false;
  readonly #nonce: ByteString;

  constructor(nonce: ByteString) {
    this.#nonce = nonce;
  }

  /** Takes one directive; answers what is wrong with it, or null. Dovecot mech-digest-md5.c: auth_handle_response */
  take({ key, value }: Directive): ByteString | null {
    switch (key.toLowerCase()) {
      case 'realm':
        if (value !== '') this.realm ??= value;
        return null;
      case 'username':
        if (this.username !== null) return 'username must not exist more than once';
        if (value === '') return 'empty username';
        this.username = value;
        return null;
      case 'nonce':
        if (value !== this.#nonce) return 'Invalid nonce';
        this.nonceFound = true;
        return null;
      case 'cnonce':
        if (this.cnonce !== null) return 'cnonce must not exist more than once';
        if (value === '') return "cnonce can't contain empty value";
        this.cnonce = value;
        return null;
      case 'nc':
        return this.#takeNonceCount(value);
      case 'qop':
        return this.#takeQop(value);
      case 'digest-uri':
        // type / host / serv-name
        if (!value.includes('/')) return 'Invalid digest-uri';
        this.digestUri = value;
        return null;
      case 'maxbuf':
        if (this.maxbuf) return 'maxbuf must not exist more than once';
        if (!/^\d{1,20}$/.test(value) || /^0+$/.test(value) || BigInt(value) > 0xffffffffffffffffn)
          return 'Invalid maxbuf value';
        this.maxbuf = true;
        return null;
      case 'charset':
        return value.toLowerCase() === 'utf-8' ? null : 'Only utf-8 charset is allowed';
      case 'response':
        if (value.length !== 32) return 'Invalid response value';
        this.response = value;
        return null;
      case 'authzid':
        if (this.authzid !== null) return 'authzid must not exist more than once';
        if (value === '') return 'empty authzid';
        this.authzid = value;
        return null;
      default:
        return null;
    }
  }

  #takeNonceCount(value: ByteString): ByteString | null {
    if (this.nonceCount !== null) return 'nonce-count must not exist more than once';
    const count = parseUint(value);
    if (count === null) return 'nonce-count value invalid';
    if (count !== 1) return 're-auth not supported currently';
    this.nonceCount = value;
    return null;
  }

  #takeQop(value: ByteString): ByteString | null {
    const qop = value.toLowerCase();
    if (qop === 'auth-int' || qop === 'auth-conf') return 'Nonallowed QoP requested';
    if (qop !== 'auth') return `Unknown QoP value: ${sanitize(value, 32)}`;
    this.qop = value;
    return null;
  }
}

export function parseDigestResponse(data: ByteString, nonce: ByteString): DigestResponse | DigestMistake {
  const mistake = (text: ByteString): DigestMistake => ({ kind: 'mistake', text });
  if (data === '') return mistake('Client sent no input');
  const all = new Collected(nonce);
  for (const directive of directives(cString(data))) {
    const wrong = all.take(directive);
    if (wrong !== null) return mistake(wrong);
  }
  const { username, cnonce } = all;
  if (!all.nonceFound) return mistake('Missing nonce parameter');
  if (cnonce === null) return mistake('Missing cnonce parameter');
  if (username === null) return mistake('Missing username parameter');
  return {
    kind: 'response',
    username,
    cnonce,
    realm: all.realm,
    nonceCount: all.nonceCount ?? '00000001',
    qop: all.qop ?? 'auth',
    digestUri: all.digestUri,
    response: all.response,
    authzid: all.authzid,
  };
}
