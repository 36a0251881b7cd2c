import type { ByteString } from '../../../grammar/bytes.js';
import { type IpAddress, parseIp } from '../ip-address.js';

type ParsedRedirect =
  /** `port` null: the one in use. */
  | { readonly kind: 'target'; readonly ip: IpAddress; readonly port: number | null }
  | { readonly kind: 'invalid'; readonly problem: ByteString };

function invalid(problem: ByteString): ParsedRedirect {
  return { kind: 'invalid', problem };
}

/** Where a backend sends a recipient: `[<path> ]user@host[:port] ...`. Dovecot 2.4.1 lib-smtp/smtp-dovecot.c smtp_proxy_redirect_parse */
export function parseRedirect(reply: ByteString): ParsedRedirect {
  const path = /^<\S*> /.exec(reply)?.[0] ?? '';
  if (path === '' && reply.startsWith('<')) return invalid('Invalid path in redirect response');
  const text = reply.slice(path.length);
  const user = /^([^@ ]*)@/.exec(text)?.[1];
  // RFC 3986 2.1
  const broken = /%(?![0-9A-Fa-f]{2})(.?.?)/.exec(user ?? '')?.[1];
  if (broken !== undefined)
    return invalid(
      broken.length < 2
        ? "Unexpected URI boundary after '%'"
        : `Expecting hex digit after '%', but found '${/[^0-9A-Fa-f]/.exec(broken)?.[0] ?? ''}'`,
    );
  const place = user === undefined ? text : text.slice(user.length + 1);
  const [whole, literal, address, digits] =
    /^(?:\[([^\]]*)\]|(\d{1,3}(?:\.\d{1,3}){3}))?(?::(\d*))?/.exec(place) ?? [];
  const ip = parseIp(literal ?? address ?? '');
  // A name kills the LMTP process of real Dovecot.
  if (ip === null)
    return invalid(literal === undefined ? 'Invalid host' : `Invalid IPv6 host address '${literal}'`);
  if (Number(digits ?? 0) > 65_535) return invalid('Invalid port number');
  const next = place.charAt(whole?.length ?? 0);
  if (next !== '' && next !== ' ') return invalid(`Invalid character '${next}' in redirect target`);
  return { kind: 'target', ip, port: Number(digits ?? 0) || null };
}
