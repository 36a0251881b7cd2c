import type { ByteString } from '../../grammar/bytes.js';

/** One part of an inet_aton() address: decimal, octal (leading 0) or hexadecimal (leading 0x). */
function parseAtonPart(text: string): number | null {
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) return Number.parseInt(text.slice(2), 16);
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9][0-9]*$/.test(text) ? Number.parseInt(text, 10) : null;
}

/** inet_aton(3): one to four parts, the last one fills the rest. */
function parseAton(text: string): number | null {
  const parts = text.split('.');
  if (parts.length > 4) return null;
  let value = 0;
  for (const [index, part] of parts.entries()) {
    const number = parseAtonPart(part);
    const last = index === parts.length - 1;
    const room = last ? 2 ** (8 * (4 - index)) : 256;
    if (number === null || number >= room) return null;
    value += last ? number : number * 2 ** (8 * (3 - index));
  }
  return value;
}

/**
 * What Dovecot takes for an IPv4 address, as a number: dotted quad, inet_aton(3) forms (`10.1` is 10.0.0.1), a plain
 * number. Null if it is none.
 */
export function ipv4Number(text: ByteString): number | null {
  // A plain number is an address, and the parts of a dotted quad are decimal whatever they start with.
  // Dovecot 2.3.19.1 and 2.4.1 lib/net.c net_addr2ip_inet4_fast
  if (/^\d+$/.test(text) && Number(text) <= 0xffffffff) return Number(text);
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) {
    const parts = text.split('.').map(Number);
    if (parts.every((part) => part < 256)) return parts.reduce((sum, part) => sum * 256 + part, 0);
  }
  return parseAton(text);
}
