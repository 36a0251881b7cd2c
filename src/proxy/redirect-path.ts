import type { ByteString } from '../../grammar/bytes.js';
import { parseUint } from './interval.js';
import { type IpAddress, sameIp } from './ip-address.js';

/** How often a redirect may lead to the same place. Dovecot 2.4.1 login-proxy.c PROXY_REDIRECT_LOOP_MIN_COUNT */
const LOOP_COUNT = 2;

export interface Place {
  readonly ip: IpAddress;
  readonly port: number;
}

/** Where redirects led one login so far. Dovecot 2.4.1 login-proxy.c login_proxy_redirect_finish */
export class RedirectPath {
  readonly #taken: (Place & { count: number })[] = [];

  /** Goes from one place to another; gives why not. */
  go(from: Place, to: Place): ByteString | null {
    const known = this.#taken.find((place) => isSame(place, to));
    if (isSame(from, to) || (known !== undefined && known.count >= LOOP_COUNT))
      return `Proxying loops - already connected to ${to.ip.text}:${to.port}`;
    if (known === undefined) this.#taken.push({ ...from, count: 1 });
    else known.count += 1;
    return null;
  }
}

function isSame(a: Place, b: Place): boolean {
  return sameIp(a.ip, b.ip) && a.port === b.port;
}

/** `host`, `host:port`, `[ip]`, `[ip]:port`; null: it is none of them. Dovecot lib/net.c net_str2hostport */
export function parseHostPort(
  text: ByteString,
  defaultPort: number,
): { readonly host: ByteString; readonly port: number } | null {
  const [, bracketed, afterBracket] = /^\[([^\]]*)\](.*)$/.exec(text) ?? [];
  if (text.startsWith('[') && bracketed === undefined) return null;
  // Two colons make an IPv6 address.
  const isWhole = bracketed === undefined && text.split(':').length !== 2;
  if (isWhole) return text === '' ? null : { host: text, port: defaultPort };
  const colon = text.indexOf(':');
  const host = bracketed ?? text.slice(0, colon);
  const rest = afterBracket ?? text.slice(colon);
  if (host === '') return null;
  if (rest === '') return { host, port: defaultPort };
  const port = rest.startsWith(':') ? parseUint(rest.slice(1)) : null;
  return port === null || port === 0 || port > 65535 ? null : { host, port };
}
