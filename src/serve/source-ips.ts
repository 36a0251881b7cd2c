import { networkInterfaces } from 'node:os';
import type { LoginSettings } from '../config/effective.js';
import { seriesOf } from '../knowledge/versions.js';
import { type IpAddress, parseIp } from '../proxy/ip-address.js';

/** Addresses of login_source_ips; 2.3 leaves out those this machine has not, where the first begins with `?`. */
export function sourceIps({ sourceIps: written, version }: LoginSettings): readonly IpAddress[] {
  const [first, ...others] = written;
  if (first === undefined) return [];
  const onlyOwn = seriesOf(version) === '2.3' && first.startsWith('?');
  const addresses = [onlyOwn ? first.slice(1) : first, ...others]
    .map((ip) => parseIp(ip))
    .filter((ip) => ip !== null);
  return onlyOwn ? addresses.filter(isOwn) : addresses;
}

function isOwn({ text, family }: IpAddress): boolean {
  // The whole of 127.0.0.0/8 leads here, though only one address is listed.
  if (family === 4 && text.startsWith('127.')) return true;
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === text),
  );
}
