import type { ByteString } from '../../grammar/bytes.js';

export type Interval =
  | { readonly kind: 'ok'; readonly value: number }
  | { readonly kind: 'error'; readonly message: ByteString };

const UINT_MAX = 0xffffffff;
const UINTMAX_MAX = 2n ** 64n - 1n;

/** Seconds of each unit; a unit may be cut anywhere behind its first letter, in any case. */
const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['secs', 1],
  ['seconds', 1],
  ['mins', 60],
  ['minutes', 60],
  ['hours', 3600],
  ['days', 86_400],
  ['weeks', 604_800],
];
const MILLISECONDS = ['msecs', 'mseconds', 'millisecs', 'milliseconds'];

/**
 * Time strings of passdb fields (`1500ms`, `2s`, `1 min`), in milliseconds or seconds.
 * Dovecot 2.3.19.1 lib-settings/settings-parser.c settings_get_time, 2.4.1 lib/str-parse.c
 */
export function parseInterval(text: ByteString, unit: 'milliseconds' | 'seconds'): Interval {
  const invalid: Interval = { kind: 'error', message: `Invalid time interval: ${text}` };
  const match = /^(\d+) *([\s\S]*)$/.exec(text);
  if (match === null) return invalid;
  const number = BigInt(match[1] ?? '');
  if (number > UINTMAX_MAX) return invalid;
  const name = (match[2] ?? '').toLowerCase();
  const fits = (value: bigint): Interval =>
    value > BigInt(UINT_MAX)
      ? { kind: 'error', message: `Time interval is too large: ${text}` }
      : { kind: 'ok', value: Number(value) };
  if (name === '') {
    if (number === 0n) return { kind: 'ok', value: 0 };
    const message = `Time interval '${text}' is missing units (add e.g. 's' for seconds)`;
    return { kind: 'error', message };
  }
  const found = UNITS.find(([full]) => full.startsWith(name));
  if (found !== undefined) return fits(number * BigInt(found[1] * (unit === 'milliseconds' ? 1000 : 1)));
  if (!MILLISECONDS.some((full) => full.startsWith(name))) return invalid;
  if (unit === 'milliseconds') return fits(number);
  if (number % 1000n === 0n) return fits(number / 1000n);
  return { kind: 'error', message: `Milliseconds not supported for this setting: ${text}` };
}

/** A whole number of 32 bits; null for anything else. Dovecot lib/strnum.c str_to_uint */
export function parseUint(text: ByteString): number | null {
  if (!/^\d+$/.test(text)) return null;
  const number = Number(text);
  return number <= UINT_MAX ? number : null;
}
