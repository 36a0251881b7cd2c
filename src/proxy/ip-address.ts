import type { ByteString } from '../../grammar/bytes.js';
import { ipv4Number } from '../config/ipv4-number.js';

/** An address in comparable form. `text` is the usual short spelling, without brackets. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly text: string;
  /** 32 or 128 bits. */
  readonly bits: bigint;
}

function ipv4(value: number): IpAddress {
  return { family: 4, text: ipv4Text(value), bits: BigInt(value) };
}

function parseIpv4(text: string): IpAddress | null {
  const value = ipv4Number(text);
  return value === null ? null : ipv4(value);
}

/** The 16-bit groups of one side of `::`, with a dotted quad allowed at the end; null if malformed. */
function parseGroups(text: string, allowQuad: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (allowQuad && index === parts.length - 1 && /^\d{1,3}(\.\d{1,3}){3}$/.test(part)) {
      const bytes = part.split('.').map(Number);
      if (bytes.some((byte) => byte > 255)) return null;
      const [a = 0, b = 0, c = 0, d = 0] = bytes;
      groups.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return null;
    }
  }
  return groups;
}

function ipv4Text(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** RFC 5952: the longest run of zero groups (at least two) is shortened. */
function formatIpv6(groups: readonly number[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (best.start === -1) return hex(groups);
  const [mapped, high = 0, low = 0] = groups.slice(5);
  // As inet_ntop writes addresses of IPv4 in IPv6.
  if (best.start === 0 && (best.length === 6 || (best.length === 5 && mapped === 0xffff)))
    return `::${mapped === 0 ? '' : 'ffff:'}${ipv4Text(high * 65536 + low)}`;
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`;
}

function parseIpv6(text: string): IpAddress | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head = '', tail] = halves;
  const left = parseGroups(head, tail === undefined);
  const right = tail === undefined ? [] : parseGroups(tail, true);
  if (left === null || right === null) return null;
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...left, ...new Array<number>(missing).fill(0), ...right];
  const bits = groups.reduce((sum, group) => sum * 65536n + BigInt(group), 0n);
  return { family: 6, text: formatIpv6(groups), bits };
}

/** A dotted quad as systems write it; null for every other spelling. */
function usualIpv4(text: string): IpAddress | null {
  let value = 0;
  let part = -1;
  let dots = 0;
  for (let at = 0; at <= text.length; at++) {
    const code = at === text.length ? 46 : text.charCodeAt(at);
    if (code === 46) {
      if (part < 0 || part > 255) return null;
      value = value * 256 + part;
      part = -1;
      dots += 1;
    } else {
      const digit = code - 48;
      // A part that begins with 0 is spelt otherwise.
      if (digit < 0 || digit > 9 || part === 0) return null;
      part = part === -1 ? digit : part * 10 + digit;
    }
  }
  return dots === 4 ? { family: 4, text, bits: BigInt(value) } : null;
}

/** What Dovecot takes for an IP address: dotted quad, inet_aton(3) forms, a plain number, IPv6 with or without brackets. */
export function parseIp(text: ByteString): IpAddress | null {
  if (!text.includes(':')) return usualIpv4(text) ?? parseIpv4(text);
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  return parseIpv6(bare);
}

export function sameIp(left: IpAddress, right: IpAddress): boolean {
  return left.family === right.family && left.bits === right.bits;
}

/** IPv4 addresses that a dual-stack socket shows as `::ffff:a.b.c.d` in their own form. */
export function plainIp(text: string): string {
  if (!text.includes(':')) return text;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text);
  return mapped?.[1] ?? text.replace(/%.*$/, '');
}

/** `IP:port` as Dovecot writes it, IPv6 in brackets. */
export function ipPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** Whether an address lies in one of the networks (`IP` or `IP/bits`); a network that is no address matches nothing. */
export function inNetworks(ip: string, networks: readonly string[]): boolean {
  if (networks.length === 0) return false;
  const address = parseIp(ip);
  if (address === null) return false;
  return networks.some((network) => {
    const slash = network.indexOf('/');
    const base = parseIp(slash === -1 ? network : network.slice(0, slash));
    if (base === null || base.family !== address.family) return false;
    const size = base.family === 4 ? 32 : 128;
    const bits = slash === -1 ? size : Number(network.slice(slash + 1));
    if (!Number.isInteger(bits) || bits < 0 || bits > size) return false;
    const shift = BigInt(size - bits);
    return base.bits >> shift === address.bits >> shift;
  });
}
