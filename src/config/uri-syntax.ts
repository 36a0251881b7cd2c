import type { ByteString } from '../../grammar/bytes.js';
import { parseAddress } from './network.js';

/** What Dovecot says against a URI. */
class UriError extends Error {}

// RFC 3986 2.2, 2.3
const HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9a-f]{2})*/i;
const HOST_NAME = /^[A-Za-z0-9.-]*/;
const PATH = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9a-f]{2})*/i;
const QUERY = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9a-f]{2})*/i;
const USER = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:]|%)*@/;

/** Reads the parts of a URI in their order. Dovecot 2.4.1 uri-util.c */
class UriParser {
  #rest: ByteString;

  constructor(text: ByteString) {
    this.#rest = text;
  }

  get rest(): ByteString {
    return this.#rest;
  }

  /** null: there is none. */
  scheme(): ByteString | null {
    if (!/^[A-Za-z]/.test(this.#rest)) return null;
    const name = /^[A-Za-z0-9+.-]{1,64}/.exec(this.#rest)?.[0] ?? '';
    if (this.#rest.charAt(name.length) !== ':') throw new UriError('Invalid URI scheme');
    this.#rest = this.#rest.slice(name.length + 1);
    return name;
  }

  get hasAuthority(): boolean {
    return this.#rest.startsWith('//');
  }

  authority(isHttp: boolean): { host: ByteString; hasUser: boolean } {
    this.#rest = this.#rest.slice(2);
    const user = USER.exec(this.#rest)?.[0] ?? '';
    this.#rest = this.#rest.slice(user.length);
    const host = this.#host(isHttp ? HOST_NAME : HOST);
    if (!/^(?:$|[:/?#])/.test(this.#rest)) throw new UriError('Invalid host identifier');
    if (this.#rest.startsWith(':')) {
      const port = /^[0-9]*/.exec(this.#rest.slice(1))?.[0] ?? '';
      this.#rest = this.#rest.slice(1 + port.length);
      if (port !== '' && (Number(port) > 65535 || Number(port) === 0))
        throw new UriError('Invalid port number');
      if (!/^(?:$|[/?#])/.test(this.#rest)) throw new UriError('Invalid host port');
    }
    return { host, hasUser: user !== '' };
  }

  #host(name: RegExp): ByteString {
    if (!this.#rest.startsWith('[')) return this.#take(name);
    const end = this.#rest.indexOf(']');
    if (end === -1) throw new UriError("Expecting ']' at end of IP-literal");
    const address = this.#rest.slice(1, end);
    this.#rest = this.#rest.slice(end + 1);
    if (address === '') throw new UriError('Empty IPv6 host address');
    if (address.startsWith('v')) throw new UriError(`Future IP host address '${address}' not supported`);
    if (parseAddress(address) === null) throw new UriError(`Invalid IPv6 host address '${address}'`);
    return address;
  }

  /** true: it has a fragment. */
  pathAndQuery(): boolean {
    this.#take(PATH);
    this.#mustEnd('Path', '?#');
    if (this.#rest.startsWith('?')) {
      this.#rest = this.#rest.slice(1);
      this.#take(QUERY);
      this.#mustEnd('Query', '#');
    }
    if (!this.#rest.startsWith('#')) return false;
    this.#rest = this.#rest.slice(1);
    this.#take(QUERY);
    this.#mustEnd('Fragment', '');
    return true;
  }

  #take(pattern: RegExp): ByteString {
    const found = pattern.exec(this.#rest)?.[0] ?? '';
    this.#rest = this.#rest.slice(found.length);
    return found;
  }

  #mustEnd(part: string, delimiters: string): void {
    const next = this.#rest.charAt(0);
    if (next === '' || delimiters.includes(next)) return;
    if (next === '%') throw new UriError(percentError(this.#rest));
    throw new UriError(`${part} component contains invalid character ${shown(next)}`);
  }
}

function percentError(text: ByteString): string {
  const [first = '', second = ''] = text.slice(1);
  if (first === '' || second === '') return "Unexpected URI boundary after '%'";
  if (!/[0-9a-f]/i.test(first)) return `Expecting hex digit after '%', but found ${shown(first)}`;
  return `Expecting hex digit after '%${first}', but found ${shown(second)}`;
}

function shown(character: ByteString): string {
  if (character >= ' ' && character <= '~') return `'${character}'`;
  return `<0x${character.charCodeAt(0).toString(16).padStart(2, '0')}>`;
}

function errorOf(read: () => void): ByteString | null {
  try {
    read();
    return null;
  } catch (error) {
    if (error instanceof UriError) return error.message;
    throw error;
  }
}

/** What is wrong with any URI; null: nothing. Dovecot 2.4.1 uri-util.c uri_check() */
export function uriError(text: ByteString): ByteString | null {
  return errorOf(() => {
    const parser = new UriParser(text);
    if (parser.scheme() === null) throw new UriError('Missing scheme');
    if (parser.hasAuthority) parser.authority(false);
    if (parser.pathAndQuery()) throw new UriError('Fragment part not allowed');
  });
}

/** What is wrong with an absolute URL of HTTP; null: nothing. Dovecot 2.4.1 http-url.c http_url_parse() */
export function httpUrlError(text: ByteString, mayHaveUser: boolean): ByteString | null {
  return errorOf(() => {
    const parser = new UriParser(text);
    const scheme = schemeOf(text, parser);
    if (scheme !== null && !/^https?$/i.test(scheme)) throw new UriError('Not an HTTP URL');
    if (scheme !== null && !parser.hasAuthority)
      throw new UriError("Absolute HTTP URL requires `//' after `http:'");
    if (scheme === null && !parser.hasAuthority) throw new UriError('Relative HTTP URL not allowed');
    const { host, hasUser } = parser.authority(true);
    if (host === '') throw new UriError('HTTP URL does not allow empty host identifier');
    if (hasUser && !mayHaveUser) throw new UriError("HTTP URL does not allow `userinfo@' part");
    if (parser.pathAndQuery()) throw new UriError('URL fragment not allowed for HTTP URL in this context');
  });
}

const SEGMENT = "(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@]|%[0-9a-f]{2})+";
const SCRIPT_PATH = new RegExp(`^(?:/(?:${SEGMENT}(?:/${SEGMENT})?)?)?$`, 'i');

/** `sieve://host:port/owner/script`. Pigeonhole 2.4.1 managesieve-url.c */
export function isSieveUrl(text: ByteString): boolean {
  const wrong = errorOf(() => {
    const parser = new UriParser(text);
    if (parser.scheme()?.toLowerCase() !== 'sieve' || !parser.hasAuthority) throw new UriError('');
    const { host, hasUser } = parser.authority(true);
    if (host === '' || hasUser || !SCRIPT_PATH.test(parser.rest)) throw new UriError('');
  });
  return wrong === null;
}

/** A wrong scheme makes a relative URL. */
function schemeOf(text: ByteString, parser: UriParser): ByteString | null {
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) ? parser.scheme() : null;
}
