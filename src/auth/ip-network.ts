import { ipVersion } from '../config/ip-version.js';

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
  const version = ipVersion(text);
  if (version === 4) return text.split('.').map(Number);
  if (version === 0 || text.includes('%')) return null;
  return ipv6Bytes(text);
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

/** IPv4-mapped IPv6 addresses count as IPv4. Dovecot lib/net.c: net_ip_compare, net_is_in_network */
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

/** `10.0.0.0/8`, `2001:db8::/32`, `[::1]`, a bare address; null for anything else. Dovecot lib/net.c: net_parse_range */
export function parseNetwork(text: string): Network | null {
  const slash = text.indexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  const ip = parseIp(address.replace(/^\[(.*)\]$/, '$1'));
  if (ip === null) return null;
  const longest = ip.length * 8;
  if (slash === -1) return { ip, bits: longest };
  const bits = text.slice(slash + 1);
  return /^\d{1,3}$/.test(bits) && Number(bits) <= longest ? { ip, bits: Number(bits) } : null;
}

export function isInNetwork(address: string, network: Network): boolean {
  const parsed = parseIp(address);
  if (parsed === null || network.bits === 0) return parsed !== null;
  const ip = unmapped(parsed);
  const net = unmapped(network.ip);
  if (ip.length !== net.length) return false;
  const bits = network.ip.length === 16 && net.length === 4 ? network.bits - 96 : network.bits;
  for (let index = 0; index * 8 < bits; index += 1) {
    const mask = bits - index * 8 >= 8 ? 0xff : (0xff << (8 - (bits - index * 8))) & 0xff;
    if (((ip[index] ?? 0) & mask) !== ((net[index] ?? 0) & mask)) return false;
  }
  return true;
}
