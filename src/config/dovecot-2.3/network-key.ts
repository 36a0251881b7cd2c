import type { Address } from '../network.js';

/** Prefix lengths in use, by address family. */
export type NetworkLengths = Map<4 | 6, Set<number>>;

/** A network's bits as text, equal for all addresses inside it. IPv4-mapped addresses count as IPv4. */
export function networkKey(address: Address, bits: number): string {
  const { family, bytes } = unmapped(address);
  const whole = bits >> 3;
  const rest = bits & 7;
  const parts: number[] = bytes.slice(0, whole);
  if (rest > 0) parts.push((bytes[whole] ?? 0) & (0xff00 >> rest) & 0xff);
  return `${family}/${bits}/${parts.join('.')}`;
}

export function networkLengths(lengths: NetworkLengths, address: Address): Iterable<number> {
  return lengths.get(unmapped(address).family) ?? [];
}

function unmapped(address: Address): Address {
  const { family, bytes } = address;
  const mapped =
    family === 6 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return mapped ? { family: 4, bytes: bytes.slice(12) } : address;
}
