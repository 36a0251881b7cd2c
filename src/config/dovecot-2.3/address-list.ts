import { parseAddress } from '../network.js';

export function isIpAddress(text: string): boolean {
  return parseAddress(text) !== null;
}
