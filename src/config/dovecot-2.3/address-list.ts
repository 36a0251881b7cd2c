import { parseAddress } from '../dovecot-2.4/network.js';

export function isIpAddress(text: string): boolean {
  return parseAddress(text) !== null;
}
