import type { ByteString } from '../../../grammar/bytes.js';
import type { Place } from '../../../grammar/source.js';
import { settingsTable } from '../../config/dovecot-2.4/settings-table.js';
import { changeOf } from '../../knowledge/changes.js';
import { SETTINGS_2_3 } from '../../knowledge/generated/settings-2.3.19.1.js';
import type { ChangeDraft, StringContext, TranslatedString } from '../change.js';
import { tableOf } from './name-tables.js';
import type { Remark } from './remarks.js';
import { type TranslatedTemplate, translateTemplate } from './template.js';
import { literalValue } from './write-template.js';

/** The 2.4 form of a string with 2.3 variables: the same text for every request, or changes that say where not. */
export function translateString(text: ByteString, { setting, place }: StringContext): TranslatedString {
  if (!text.includes('%')) return { text, changes: [] };
  const table = tableOf(setting, typeOf(setting));
  if (table !== null) return withChanges(text, translateTemplate(text, table), place);
  if (!isExpanded(setting)) return { text, changes: [] };
  return asLiteral(text, place);
}

/** A text that 2.3 took as it is, where 2.4 expands variables. */
export function asLiteral(text: ByteString, place: Place | null): TranslatedString {
  const literal = literalValue(text);
  if (literal === text) return { text, changes: [] };
  const reason = '2.4 expands variables in this value and 2.3 did not: written so, it gives the same text.';
  return { text: literal, changes: [{ code: 'DV761', kind: 'exact', reason, old: place }] };
}

const REMARK_CODES: Readonly<Record<Remark['kind'], readonly [ChangeDraft['code'], ChangeDraft['kind']]>> = {
  differs: ['DV762', 'equivalent'],
  lost: ['DV763', 'decide'],
  fails: ['DV764', 'equivalent'],
};

/** The changes that a translated text comes with. */
export function withChanges(
  text: ByteString,
  { text: now, remarks }: TranslatedTemplate,
  place: Place | null,
): TranslatedString {
  if (now === text && remarks.length === 0) return { text: now, changes: [] };
  const changes = remarks.map(({ kind, text: reason }): ChangeDraft => {
    const sentence = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
    const [code, certainty] = REMARK_CODES[kind];
    return { code, kind: certainty, reason: sentence, old: place };
  });
  if (changes.length > 0) return { text: now, changes };
  const reason =
    '2.4 has another language for variables; written so, it gives the same text for every request.';
  return { text: now, changes: [{ code: 'DV760', kind: 'exact', reason, old: place }] };
}

function typeOf(setting: string): string | null {
  return SETTINGS_2_3.find(([path]) => path === setting)?.[1] ?? null;
}

/** Whether 2.4 expands variables in what became of the setting. */
function isExpanded(setting: string): boolean {
  const names = changeOf(setting)?.names ?? [setting.replaceAll('/', '_')];
  return names.some((name) => {
    const type = settingsTable('2.4.1').findSetting(name)?.type;
    return type === 'str' || type === 'file' || type === 'strlist' || type === 'boollist';
  });
}
