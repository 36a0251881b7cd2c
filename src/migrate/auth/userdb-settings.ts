import type { ByteString } from '../../../grammar/bytes.js';
import type { Place } from '../../../grammar/source.js';
import { successorOfField } from '../../knowledge/userdb-fields.js';
import type { ChangeDraft } from '../change.js';
import { locationSettings } from '../settings/mail-location.js';
import { change } from './block-part.js';

// A field of a userdb sets the setting of its name: the 2.3 name sets nothing in 2.4, without a word (observed 2.4.1).

/** A field with its value in the language of 2.3. */
interface SettingField {
  readonly name: ByteString;
  readonly template: ByteString;
}

type Kind = 'passdb' | 'userdb';

/** The field's name as a userdb has it; null where it is none of a userdb. */
function ownName(kind: Kind, name: ByteString): { prefix: string; own: string; suffix: string } | null {
  const [, prefix = '', own = '', suffix = ''] =
    /^(userdb_)?([^:]*)((?::(?:default|protected|remove))?)$/.exec(name) ?? [];
  if (own === '' || (kind === 'passdb') !== (prefix !== '')) return null;
  return { prefix, own, suffix };
}

/** The same as settings of 2.4; null where the field keeps its name, or no rule says what it becomes. */
export function settingFields(
  kind: Kind,
  name: ByteString,
  template: ByteString | null,
): readonly SettingField[] | null {
  const parts = ownName(kind, name);
  if (parts === null || template === null || successorOfField(parts.own) === null) return null;
  const named = (own: string) => `${parts.prefix}${own}${parts.suffix}`;
  if (/^mail(?:_location)?$/.test(parts.own)) {
    // A colon inside of %{...} is none of the location.
    if (/%\{[^}]*:/.test(template) || !/^[a-z]+:/.test(template)) return null;
    const settings = locationSettings(template);
    return settings.map(({ key, value }) => ({ name: named(key), template: value }));
  }
  const [, unit, amount = ''] = /^\*:(storage|bytes)=(\d+[KMGT]?|%\$)$/.exec(template) ?? [];
  if (parts.own !== 'quota_rule' || unit === undefined) return null;
  // Numbers alone are kilobytes behind storage=, and bytes in 2.4. Dovecot 2.3.19.1 quota-util.c
  const size = unit === 'storage' && /[\d$]$/.test(amount) ? `${amount}K` : amount;
  return [{ name: named('quota_storage_size'), template: size }];
}

/** What is to be told of a field that stays and sets nothing. */
export function lostSetting(kind: Kind, name: ByteString, place: Place | null): ChangeDraft[] {
  const parts = ownName(kind, name);
  const successor = parts === null ? null : successorOfField(parts.own);
  if (successor === null) return [];
  const instead =
    successor === '' ? 'nothing takes its place' : `return ${successor} in its place, written as 2.4 does`;
  const reason = `${name} sets a setting of 2.3, and nothing in 2.4: ${instead}.`;
  return [change('DV790', 'decide', reason, place)];
}

export const SPLIT_REASON = 'Fields of a userdb set settings by their names: here those of 2.4.';

/** The columns that a SELECT returns, by their names; those whose name the database chooses are left out. */
export function columnNames(query: ByteString): ByteString[] {
  const list = /^\s*SELECT\s+(?:DISTINCT\s+)?([\s\S]*)$/i.exec(query)?.[1];
  if (list === undefined) return [];
  const columns = [''];
  let depth = 0;
  for (const [token] of list.matchAll(/'(?:[^'\\]|\\.|'')*'|\bFROM\b|[\s\S]/gi)) {
    if (depth === 0 && /^FROM$/i.test(token)) break;
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (token === ',' && depth === 0) columns.push('');
    else columns[columns.length - 1] += token;
  }
  return columns.flatMap((column) => /(?:^|[\s.`"'])(\w+)[`"']?\s*$/.exec(column)?.[1] ?? []);
}
