import type { ByteString } from '../../../grammar/bytes.js';
import { nameTable } from '../../../grammar/name-table.js';
import type { ConfigProblemKind } from '../problem.js';
import { unescapeSectionName } from './section-name.js';
import type { SettingDefinition } from './settings-table.js';

/** What a value is, or what Dovecot says against it. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: ByteString };

const UINT_MAX = 4294967295n;
const UINT64_MAX = 18446744073709551615n;

function fail<T>(error: ByteString): Parsed<T> {
  return { ok: false, error };
}

function done<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function isUnlimited(text: ByteString): boolean {
  return text === 'unlimited' || text === 'infinite';
}

/** Dovecot 2.4.1 str-parse.c: `no` alone is false. */
export function parseBoolean(text: ByteString): Parsed<boolean> {
  const lower = text.toLowerCase();
  if (lower === 'yes' || lower === 'y' || text === '1') return done(true);
  if (lower === 'no') return done(false);
  return fail(`Invalid boolean value: ${text} (use yes or no)`);
}

function numberError(text: ByteString): ByteString {
  const digits = text.startsWith('-') ? text.slice(1) : text;
  if (!/^[0-9]+$/.test(digits)) return 'Not a valid number';
  return text.startsWith('-') ? 'Number too small' : 'Number too large';
}

function parseDecimal(text: ByteString, max: bigint): Parsed<bigint> {
  if (/^[0-9]+$/.test(text)) {
    const value = BigInt(text);
    if (value <= max) return done(value);
  }
  return fail(`Invalid number ${text}: ${numberError(text)}`);
}

export function parseUint(text: ByteString): Parsed<number> {
  if (isUnlimited(text)) return done(Infinity);
  const parsed = parseDecimal(text, UINT_MAX);
  return parsed.ok ? done(Number(parsed.value)) : parsed;
}

export function parseOctal(text: ByteString): Parsed<number> {
  if (!text.startsWith('0')) return parseUint(text);
  if (!/^[0-7]+$/.test(text) || BigInt(`0o${text}`) > UINT64_MAX) return fail(`Invalid number: ${text}`);
  return done(Number(BigInt(`0o${text}`) & UINT_MAX));
}

export function parsePort(text: ByteString): Parsed<number> {
  const value = /^[0-9]+$/.test(text) ? BigInt(text) : UINT64_MAX;
  return value <= 65535n ? done(Number(value)) : fail(`Invalid port number ${text}`);
}

const UNITS: readonly (readonly [words: readonly string[], seconds: bigint])[] = [
  [['secs', 'seconds'], 1n],
  [['mins', 'minutes'], 60n],
  [['hours'], 3600n],
  [['days'], 86400n],
  [['weeks'], 604800n],
];
const MILLISECOND_WORDS = ['msecs', 'mseconds', 'millisecs', 'milliseconds'];

/** Time in milliseconds. `fine`: the setting takes milliseconds. Dovecot 2.4.1 str-parse.c. */
export function parseTime(text: ByteString, fine: boolean): Parsed<number> {
  if (isUnlimited(text)) return done(Infinity);
  const match = /^([0-9]+) *([\s\S]*)$/.exec(text);
  if (match === null || BigInt(match[1] ?? '0') > UINT64_MAX) return fail(`Invalid time interval: ${text}`);
  const number = BigInt(match[1] ?? '0');
  const unit = (match[2] ?? '').toLowerCase();
  if (unit === '') {
    if (number === 0n) return done(0);
    return fail(`Time interval '${text}' is missing units (add e.g. 's' for seconds)`);
  }
  const known = UNITS.find(([words]) => words.some((word) => word.startsWith(unit)));
  if (known !== undefined) {
    if (number > UINT_MAX / (known[1] * (fine ? 1000n : 1n)))
      return fail(`Time interval is too large: ${text}`);
    return done(Number(number * known[1]) * 1000);
  }
  if (MILLISECOND_WORDS.some((word) => word.startsWith(unit))) {
    if (!fine && number % 1000n !== 0n) return fail(`Milliseconds not supported for this setting: ${text}`);
    if ((fine ? number : number / 1000n) > UINT_MAX) return fail(`Time interval is too large: ${text}`);
    return done(Number(number));
  }
  return fail(`Invalid time interval: ${text}`);
}

const SIZE_FACTORS: Readonly<Record<string, bigint>> = nameTable({
  K: 1n << 10n,
  M: 1n << 20n,
  G: 1n << 30n,
  T: 1n << 40n,
});

export function parseSize(text: ByteString): Parsed<number> {
  if (isUnlimited(text)) return done(Infinity);
  const match = /^([0-9]+) *(?:([KMGTkmgt])[Ii]?[Bb]?|[Bb])?$/.exec(text);
  if (match === null || BigInt(match[1] ?? '0') > UINT64_MAX) return fail(`Invalid size: ${text}`);
  const factor = SIZE_FACTORS[(match[2] ?? '').toUpperCase()] ?? 1n;
  const number = BigInt(match[1] ?? '0');
  if (number > UINT64_MAX / factor) return fail(`Size is too large: ${text}`);
  return done(Number(number * factor));
}

/** Elements of a boollist written as one line. Dovecot 2.4.1 settings-parser.c `settings_parse_boollist_string`. */
export function parseListText(text: ByteString): Parsed<ByteString[]> {
  const elements: ByteString[] = [];
  let element = '';
  let quoted = false;
  let closed = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (char === '"') {
      if (!quoted) {
        if (element !== '') return fail(`'"' in the middle of a string`);
        quoted = true;
      } else if (closed) return fail(`Expected ',' or ' ' after '"'`);
      else closed = true;
    } else if ((char === ' ' || char === ',') && !(quoted && !closed)) {
      if (quoted || element !== '') elements.push(unescapeSectionName(element));
      element = '';
      quoted = false;
      closed = false;
    } else {
      let data = char;
      if (char === '\\' && quoted) {
        i++;
        data = text[i] ?? '';
        if (data === '') return fail("Value ends with '\\'");
      }
      if (closed) return fail(`Expected ',' or ' ' after '"'`);
      element += data;
    }
  }
  if (quoted && !closed) return fail(`Missing ending '"'`);
  if (quoted || element !== '') elements.push(unescapeSectionName(element));
  return done(elements);
}

/** Values that hold variables are not looked at before they are expanded. */
export function isCheckable(text: ByteString, expanded: boolean): boolean {
  if (text.includes('%{')) return false;
  return expanded || !(text.includes('$SET:') || text.includes('$ENV:'));
}

export interface ValueProblem {
  readonly kind: ConfigProblemKind;
  readonly error: ByteString;
}

/** What Dovecot says against a value of a plain setting; null = accepted. */
export function checkValue(
  definition: SettingDefinition,
  text: ByteString,
  expanded: boolean,
): ValueProblem | null {
  const verdict = (kind: ConfigProblemKind, parsed: Parsed<unknown>): ValueProblem | null =>
    parsed.ok ? null : { kind, error: parsed.error };
  if (definition.type === 'filter')
    return { kind: 'wrong-place', error: `Setting is a named filter, use '${definition.name} {'` };
  if (!isCheckable(text, expanded)) return null;
  switch (definition.type) {
    case 'bool':
      return verdict('invalid-boolean', parseBoolean(text));
    case 'uintmax':
      return verdict('invalid-number', parseDecimal(text, UINT64_MAX));
    case 'uint':
      return verdict('invalid-number', parseUint(text));
    case 'uint_oct':
      return verdict('invalid-number', parseOctal(text));
    case 'time':
      return verdict('invalid-time', parseTime(text, false));
    case 'time_msecs':
      return verdict('invalid-time', parseTime(text, true));
    case 'size':
      return verdict('invalid-size', parseSize(text));
    case 'in_port':
      return verdict('invalid-port', parsePort(text));
    case 'enum':
      return definition.values.includes(text)
        ? null
        : { kind: 'invalid-enum', error: `Invalid value: ${text}` };
    case 'str':
    case 'str_novars':
    case 'file':
    case 'strlist':
    case 'boollist':
    case 'list_filter':
    case 'alias':
      return null;
  }
}
