import type { ByteString } from '../../../grammar/bytes.js';
import type { Place } from '../../../grammar/source.js';
import type { ChangeDraft, NewSection } from '../change.js';
import { AUTH_TABLE } from '../strings/name-tables.js';
import { translateTemplate } from '../strings/template.js';
import { withChanges } from '../strings/translate-string.js';
import { writtenKey } from '../value-text.js';
import { change, keyValue, type NewField, newSetting, wordsOf } from './block-part.js';
import { lostSetting, SPLIT_REASON, settingFields } from './userdb-settings.js';

/** Fields whose presence alone counts: 2.4 wants a value, and shows it. */
const FLAGS: ReadonlySet<string> = new Set([
  'proxy',
  'proxy_maybe',
  'proxy_always',
  'proxy_nopipelining',
  'proxy_not_trusted',
  'nopassword',
  'noauthenticate',
  'nologin',
  'nodelay',
  'fail',
]);

/** `k=v k2` of args and of default or override fields. */
export function fieldsOf(kind: 'passdb' | 'userdb', text: ByteString, place: Place): NewField[] {
  return wordsOf(text).flatMap((word) => fieldOf(kind, ...keyValue(word), place));
}

function fieldOf(
  kind: 'passdb' | 'userdb',
  name: ByteString,
  value: ByteString | null,
  place: Place,
): NewField[] {
  const settings = settingFields(kind, name, value);
  if (settings === null) return [plainField(name, value, place, lostSetting(kind, name, place))];
  const told = change('DV790', 'exact', SPLIT_REASON, place);
  return settings.map((one, at) => plainField(one.name, one.template, place, at === 0 ? [told] : []));
}

function plainField(
  name: ByteString,
  value: ByteString | null,
  place: Place,
  changes: readonly ChangeDraft[],
): NewField {
  const translated = withChanges(value ?? '', translateTemplate(value ?? '', AUTH_TABLE), place);
  return {
    // Dovecot 2.3 `:protected` is 2.4's `:default`.
    name: name.replace(/:protected$/, ':default'),
    value: value === null && FLAGS.has(name) ? 'yes' : translated.text,
    changes: [...changes, ...translated.changes],
  };
}

export interface FieldSources {
  /** From the args of the driver. */
  readonly own: readonly NewField[];
  readonly defaults: readonly NewField[];
  readonly overrides: readonly NewField[];
}

/** How default fields are written behind a driver with rows. */
export interface DefaultForm {
  /** `sql` of `%{sql:COLUMN}`; null: the driver brings no fields of its own. */
  readonly row: ByteString | null;
  /** An earlier passdb may have set the same field: `:default` would leave that one. */
  readonly mayBeSet: boolean;
}

/** All fields of a block: of two with a name the one that wins in 2.3. */
export function mergedFields({ own, defaults, overrides }: FieldSources, form: DefaultForm): NewField[] {
  const result = new Map<ByteString, NewField>();
  for (const field of own) result.set(field.name, field);
  for (const field of overrides) result.set(field.name, field);
  for (const field of defaults)
    if (!result.has(field.name)) {
      const written = defaultField(field, form);
      result.set(written.name, written);
    }
  return [...result.values()];
}

function defaultField(field: NewField, { row, mayBeSet }: DefaultForm): NewField {
  if (row === null || /:(?:default|remove)$/.test(field.name)) return field;
  if (!mayBeSet) return { ...field, name: `${field.name}:default` };
  const fallback = asArgument(field.value);
  if (fallback === null || !/^[a-zA-Z][\w.;-]*$/.test(field.name))
    return { ...field, name: `${field.name}:default` };
  return { ...field, value: `%{${row}:${field.name} | default(${fallback})}` };
}

/** A value as an argument of a filter: a text, or one plain variable. */
function asArgument(value: ByteString): ByteString | null {
  const variable = /^%\{([a-zA-Z][\w:.;-]*)\}$/.exec(value)?.[1];
  if (variable !== undefined) return variable;
  return value.includes('%') || /['\\]/.test(value) ? null : `'${value}'`;
}

/** `fields { }`. */
export function fieldsSection(
  fields: readonly NewField[],
  place: Place,
  key: ByteString = 'fields',
  changes: readonly ChangeDraft[] = [],
): NewSection {
  const reason = 'Fields that a passdb or userdb adds stand in a section of their own in 2.4.';
  return {
    kind: 'section',
    key,
    name: null,
    body: fields.map(({ name, value, changes: own }) => newSetting(writtenKey(name), value, own)),
    changes: [change('DV767', 'exact', reason, place), ...changes],
  };
}
