import type { ByteString } from '../../grammar/bytes.js';
import { EXTERNAL_2_3 } from '../knowledge/external-settings-2.3.js';
import type { Written } from './origin.js';

/** Keys of an external file, or of a section in it. */
export type KeyTable = ReadonlyMap<string, { readonly type: string; readonly default: string }>;

/** The table of a file's level: `dict-auth/key`. */
export function keyTable(name: string): KeyTable {
  return new Map(
    (EXTERNAL_2_3[name] ?? []).map(([key, type, text]) => [
      key ?? '',
      { type: type ?? 'str', default: text ?? '' },
    ]),
  );
}

/** What a file that says nothing sets. */
export function defaultValues(table: string): Map<string, Written> {
  return new Map(
    [...keyTable(table)].map(([key, entry]) => [key, { text: entry.default, origin: null }] as const),
  );
}

type Checked =
  | { readonly ok: true; readonly text: ByteString }
  | { readonly ok: false; readonly error: ByteString };

/** A value as the reader of external files takes it. */
export function checkExtValue(type: string, text: ByteString): Checked {
  if (type === 'bool') {
    if (/^yes$/i.test(text)) return { ok: true, text: 'yes' };
    if (/^no$/i.test(text)) return { ok: true, text: 'no' };
    return { ok: false, error: `Invalid boolean: ${text}` };
  }
  if (type !== 'int') return { ok: true, text };
  // sscanf("%i"): white space, a sign, 0x.. and octal; what follows the number does not matter.
  const match = /^\s*([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))/.exec(text);
  if (match === null) return { ok: false, error: `Invalid number: ${text}` };
  const [, sign, hex, octal, decimal] = match;
  const number =
    hex !== undefined
      ? Number.parseInt(hex, 16)
      : octal !== undefined
        ? Number.parseInt(octal, 8)
        : Number(decimal);
  if (sign === '-' && number !== 0) return { ok: false, error: `Invalid number: ${text}` };
  return { ok: true, text: String(number) };
}
