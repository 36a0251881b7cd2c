import type { ByteString } from '../../grammar/bytes.js';
import { nameTable } from '../../grammar/name-table.js';

export type Parsed =
  | { readonly ok: true; readonly value: bigint }
  | { readonly ok: false; readonly error: ByteString };

const UINT_MAX = 4294967295n;
const UINTMAX_MAX = 0xffffffffffffffffn;

const SECOND_UNITS: readonly (readonly [readonly string[], bigint])[] = [
  [['secs', 'seconds'], 1n],
  [['mins', 'minutes'], 60n],
  [['hours'], 3600n],
  [['days'], 86400n],
  [['weeks'], 604800n],
];
const MILLISECOND_UNITS = ['msecs', 'mseconds', 'millisecs', 'milliseconds'];

/**
 * A time interval in seconds or milliseconds: a number, spaces, and any non-empty prefix of a unit, in any case
 * (Dovecot 2.3.19.1 settings-parser.c settings_get_time_full(), str_get_time of 2.4.1).
 */
export function parseTime(text: ByteString, resolution: 'seconds' | 'milliseconds'): Parsed {
  const match = /^([0-9]+) *([\s\S]*)$/.exec(text);
  const invalid: Parsed = { ok: false, error: `Invalid time interval: ${text}` };
  if (match === null) return invalid;
  let number = BigInt(match[1] ?? '0');
  const unit = (match[2] ?? '').toLowerCase();
  if (number > UINTMAX_MAX) return invalid;
  const perSecond = resolution === 'milliseconds' ? 1000n : 1n;
  if (unit === '') {
    if (number !== 0n)
      return {
        ok: false,
        error: `Time interval '${text}' is missing units (add e.g. 's' for seconds)`,
      };
    return { ok: true, value: 0n };
  }
  let multiply = SECOND_UNITS.find(([names]) => names.some((name) => name.startsWith(unit)))?.[1];
  if (multiply !== undefined) multiply *= perSecond;
  else if (MILLISECOND_UNITS.some((name) => name.startsWith(unit))) {
    multiply = 1n;
    if (resolution === 'seconds') {
      if (number % 1000n !== 0n)
        return { ok: false, error: `Milliseconds not supported for this setting: ${text}` };
      number /= 1000n;
    }
  } else return invalid;
  if (number > UINT_MAX / multiply) return { ok: false, error: `Time interval is too large: ${text}` };
  return { ok: true, value: number * multiply };
}

const SIZE_UNITS: Readonly<Record<string, bigint>> = nameTable({
  B: 1n,
  K: 1n << 10n,
  M: 1n << 20n,
  G: 1n << 30n,
  T: 1n << 40n,
});

/** A size in bytes: a number, spaces, and `B` or `K M G T` with optional `i` and `B`, in any case. */
export function parseSize(text: ByteString): Parsed {
  const match = /^([0-9]+) *(?:(B)|([KMGT])I?B?)?$/i.exec(text);
  if (match === null) return { ok: false, error: `Invalid size: ${text}` };
  const number = BigInt(match[1] ?? '0');
  if (number > UINTMAX_MAX) return { ok: false, error: `Invalid size: ${text}` };
  const multiply = SIZE_UNITS[(match[3] ?? 'B').toUpperCase()] ?? 1n;
  if (number > UINTMAX_MAX / multiply) return { ok: false, error: `Size is too large: ${text}` };
  return { ok: true, value: number * multiply };
}

/** As doveconf prints a size: with the largest unit that divides it (Dovecot config-request.c). */
export function sizeText(bytes: bigint): ByteString {
  if (bytes === 0n) return '0';
  const units = ['B', 'k', 'M', 'G', 'T'];
  let value = bytes;
  let unit = 0;
  while (unit + 1 < units.length && value % 1024n === 0n) {
    value /= 1024n;
    unit++;
  }
  return `${value} ${units[unit]}`;
}

const TIME_STEPS: readonly (readonly [bigint, string])[] = [
  [60n, 'mins'],
  [60n, 'hours'],
  [24n, 'days'],
  [7n, 'weeks'],
];

/** As doveconf prints a time interval. */
export function timeText(value: bigint, type: 'time' | 'time_msecs'): ByteString {
  if (type === 'time_msecs' && value % 1000n !== 0n) return `${value} ms`;
  let stamp = type === 'time_msecs' ? value / 1000n : value;
  if (stamp === 0n) return '0';
  let unit = 'secs';
  for (const [step, name] of TIME_STEPS) {
    if (stamp % step !== 0n) break;
    stamp /= step;
    unit = name;
  }
  return `${stamp} ${unit}`;
}
