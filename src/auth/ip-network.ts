import { ipVersion } from '../config/ip-version.js';
import { ipv4Number } from '../config/ipv4-number.js';

/** An address as bytes: 4 or 16. */
export type IpBytes = readonly number[];

const KEPT = 10_000;
const parsedIps = new Map<string, IpBytes | null>();

/** The last ones are remembered: the same few backends come again and again. */
export function parseIp(text: string): IpBytes | null {
  const known = parsedIps.get(text);
  if (known !== undefined) return known;
  const parsed = readIp(text);
  if (parsedIps.size >= KEPT) parsedIps.clear();
  if (text.length < 64) parsedIps.set(text, parsed);
  return parsed;
}

function readIp(text: string): IpBytes | null {
  if (!text.includes(':')) {
    const number = ipv4Number(text);
    return number === null ? null : [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256);
  }
  return ipVersion(text) === 0 || text.includes('%') ? null : ipv6Bytes(text);
}

function ipv6Bytes(text: string): number[] {
  let head = text;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (dotted !== null) {
    const [a, b, c, d] = dotted.slice(2).map(Number) as [number, number, number, number];
    head = `${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [left = '', right] = head.split('::');
  const groups = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const before = groups(left);
  const after = right === undefined ? [] : groups(right);
  const zeros = right === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array<number>(zeros).fill(0), ...after].flatMap((group) => [
    group >> 8,
    group & 0xff,
  ]);
}

/** A client's IPv4-mapped IPv6 address counts as IPv4; that of a network does not. Dovecot lib/net.c: net_is_in_network */
function unmapped(ip: IpBytes): IpBytes {
  const mapped =
    ip.length === 16 && ip.slice(0, 10).every((byte) => byte === 0) && ip[10] === 0xff && ip[11] === 0xff;
  return mapped ? ip.slice(12) : ip;
}

export function sameIp(one: string, other: string): boolean {
  const a = parseIp(one);
  const b = parseIp(other);
  return a !== null && b !== null && a.length === b.length && a.every((byte, index) => byte === b[index]);
}

export interface Network {
  readonly ip: IpBytes;
  readonly bits: number;
}

/** `10.0.0.0/8`, `2001:db8::/32`, `[::1]`, a bare address, inet_aton(3) forms; null for anything else. Dovecot lib/net.c: net_parse_range */
export function parseNetwork(text: string): Network | null {
  const slash = text.indexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  const ip = parseIp(address.replace(/^\[(.*:.*)\]$/, '$1'));
  if (ip === null) return null;
  const longest = ip.length * 8;
  if (slash === -1) return { ip, bits: longest };
  const bits = text.slice(slash + 1);
  return /^\d{1,3}$/.test(bits) && Number(bits) <= longest ? { ip, bits: Number(bits) } : null;
}

export function isInNetwork(address: string, network: Network): boolean {
  const parsed = parseIp(address);
  if (parsed === null) return false;
  const ip = unmapped(parsed);
  const net = network.ip;
  if (ip.length !== net.length) return false;
  for (let index = 0; index * 8 < network.bits; index += 1) {
    const left = network.bits - index * 8;
    const mask = left >= 8 ? 0xff : (0xff << (8 - left)) & 0xff;
    if (((ip[index] ?? 0) & mask) !== ((net[index] ?? 0) & mask)) return false;
  }
  return true;
}
