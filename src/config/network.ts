import type { ByteString } from '../../grammar/bytes.js';

/** `local NET` or `remote NET`; `address` null: a host name, which nobody asked DNS about. */
export interface Network {
  /** As written. */
  readonly text: ByteString;
  readonly address: Address | null;
  readonly bits: number;
}

export interface Address {
  readonly family: 4 | 6;
  /** 4 or 16 bytes. */
  readonly bytes: readonly number[];
}

/** A network, or what Dovecot says against it. */
export type ParsedNetwork =
  | { readonly ok: true; readonly value: Network }
  | { readonly ok: false; readonly error: ByteString };

/** IP address as Dovecot takes it (`[v6]` too); null if it is none. */
export function parseAddress(text: string): Address | null {
  const bare = text.includes(':') && text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const four = /^0*([0-9]+)\.0*([0-9]+)\.0*([0-9]+)\.0*([0-9]+)$/.exec(bare);
  if (four !== null) {
    const bytes = four.slice(1).map(Number);
    return bytes.every((byte) => byte < 256) ? { family: 4, bytes } : null;
  }
  const bytes = bytesOf6(bare);
  return bytes === null ? null : { family: 6, bytes };
}

function bytesOf6(text: string): number[] | null {
  const dotted = /^(.*:)([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)$/.exec(text);
  let plain = text;
  if (dotted !== null) {
    const [, head, a, b, c, d] = dotted;
    if ([a, b, c, d].some((part) => Number(part) > 255)) return null;
    const pair = (high: string | undefined, low: string | undefined) =>
      (Number(high) * 256 + Number(low)).toString(16);
    plain = `${head}${pair(a, b)}:${pair(c, d)}`;
  }
  const [left = '', right, more] = plain.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const start = groups(left);
  const end = right === undefined ? [] : groups(right);
  const count = start.length + end.length;
  if (more !== undefined || (right === undefined ? count !== 8 : count > 7)) return null;
  if (![...start, ...end].every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  const middle = Array.from({ length: 8 - count }, () => '0');
  return [...start, ...middle, ...end].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

/** inet_ntop(3). */
function addressText(address: Address): string {
  if (address.family === 4) return address.bytes.join('.');
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((address.bytes[i] ?? 0) * 256 + (address.bytes[i + 1] ?? 0));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  const isMapped = best.start === 0 && (best.length === 6 || (best.length === 5 && groups[5] === 0xffff));
  if (isMapped) return `::${best.length === 5 ? 'ffff:' : ''}${address.bytes.slice(12).join('.')}`;
  if (best.start === -1) return hex(groups);
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`;
}

/** Dovecot 2.4.1 config-parser.c `config_parse_net`. Host names are accepted without asking DNS. */
export function parseNetwork(text: ByteString): ParsedNetwork {
  const slash = text.indexOf('/');
  const host = slash === -1 ? text : text.slice(0, slash);
  const address = parseAddress(host);
  const maximum = address === null || address.family === 6 ? 128 : 32;
  if (slash === -1) return { ok: true, value: { text, address, bits: maximum } };
  const mask = text.slice(slash + 1);
  if (!/^[0-9]+$/.test(mask) || Number(mask) > maximum)
    return { ok: false, error: `Invalid network mask: ${mask}` };
  return { ok: true, value: { text, address, bits: Number(mask) } };
}

/** `local`'s argument as doveconf prints it: the address, and the mask where it is not the whole. */
export function networkText(network: Network): ByteString {
  if (network.address === null) return network.text;
  const whole = network.address.family === 4 ? 32 : 128;
  const text = addressText(network.address);
  return network.bits === whole ? text : `${text}/${network.bits}`;
}

/** An IPv4 address written as `::ffff:a.b.c.d` counts as IPv4. */
function plainAddress(address: Address): Address {
  const isMapped =
    address.family === 6 &&
    address.bytes.slice(0, 10).every((byte) => byte === 0) &&
    address.bytes[10] === 255 &&
    address.bytes[11] === 255;
  return isMapped ? { family: 4, bytes: address.bytes.slice(12) } : address;
}

export function isInNetwork(candidate: Address, network: Network): boolean {
  if (network.address === null) return false;
  const address = plainAddress(candidate);
  if (address.family !== network.address.family) return false;
  for (let bit = 0; bit < network.bits; bit++) {
    const mask = 0x80 >> (bit & 7);
    if (((address.bytes[bit >> 3] ?? 0) & mask) !== ((network.address.bytes[bit >> 3] ?? 0) & mask))
      return false;
  }
  return true;
}
