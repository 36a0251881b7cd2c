import type { ByteString } from '../../../grammar/bytes.js';
import type { Place } from '../../../grammar/source.js';
import type { ChangeDraft, NewSection } from '../change.js';
import { isName, quoted } from '../strings/expression.js';
import { rowTable } from '../strings/name-tables.js';
import { translateTemplate } from '../strings/template.js';
import { withChanges } from '../strings/translate-string.js';
import { change, type NewField } from './block-part.js';
import { fieldsSection } from './fields.js';
import { lostSetting, SPLIT_REASON, settingFields } from './userdb-settings.js';

export interface Attribute {
  readonly name: ByteString;
  /** '' where only a template says the value. */
  readonly attribute: ByteString;
  /** null: the value as it is. */
  readonly template: ByteString | null;
}

/** `attr=field,attr=field=prefix%$,=field=%{ldap:attr}`. Dovecot 2.3.19.1 db-ldap.c: db_ldap_set_attrs */
export function attributesOf(text: ByteString): Attribute[] {
  return text
    .split(/,+/)
    .map((entry) => entry.replace(/^ +/, ''))
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [, attribute = '', name, template] = /^([^=]*)(?:=([^=]*)(?:=([\s\S]*))?)?$/.exec(entry) ?? [];
      if (template === undefined) return { attribute, name: name ?? attribute, template: null };
      return {
        attribute,
        name: name ?? '',
        template: template.includes('%') || attribute === '' ? template : `${template}%$`,
      };
    });
}

/** Attributes that an entry has when the filter found it. */
function certain(filter: ByteString): (attribute: ByteString) => boolean {
  const named = new Set(
    [...filter.matchAll(/\(([\w.;-]+)=[^*)]/g)].map(([, name = '']) => name.toLowerCase()),
  );
  // RFC 2307: what every posixAccount has.
  if (/objectclass=posixaccount/i.test(filter))
    for (const name of ['cn', 'uid', 'uidnumber', 'gidnumber', 'homedirectory']) named.add(name);
  // With alternatives none of them is certain.
  if (filter.includes('(|')) named.clear();
  return (attribute) => named.has(attribute.toLowerCase());
}

export interface AttributeSetting {
  /** `passdb_fields`, `userdb_fields`. */
  readonly key: ByteString;
  readonly text: ByteString;
  readonly filter: ByteString;
  readonly place: Place;
}

/**
 * `pass_attrs` or `user_attrs` as fields. 2.3 leaves a field out whose attribute is missing, and to 2.4 that is a
 * temporary failure: what an entry may lack comes by `passdb_import` (`userdb_import`), which adds what it is given.
 */
export function attributeFields({ key, text, filter, place }: AttributeSetting): NewSection {
  const isCertain = certain(filter);
  const fields: NewField[] = [];
  const imports: ByteString[] = [];
  const told: ChangeDraft[] = [
    change('DV771', 'exact', 'Attributes of a directory are fields with %{ldap:ATTRIBUTE} in 2.4.', place),
  ];
  /** The attribute that gave the user another name already: 2.3 takes that one in the templates behind it. */
  let renamedBy: ByteString | null = null;
  for (const { name, attribute, template } of settingAttributes(key, text, place, told)) {
    if (name.startsWith('!') || name === '') continue;
    if (name.startsWith('@') || attribute.includes('@') || name.includes('%')) {
      const reason = `2.4 has no form of ${attribute}=${name}, which takes the name of a field or an entry from the directory.`;
      told.push(change('DV773', 'decide', reason, place));
      continue;
    }
    const plain = template === null && attribute !== '';
    if (plain && (isCertain(attribute) || name === 'user' || !isName(`ldap:${attribute}`))) {
      fields.push({ name, value: `%{ldap:${attribute}}`, changes: [] });
    } else if (plain && name === 'password') {
      fields.push({ name, value: `%{ldap:${attribute}}`, changes: [missingPassword(attribute, place)] });
    } else if (plain) imports.push(`literal(${quoted(`${name}=`)}) | concat(ldap:${attribute}) | default`);
    else fields.push(templateField({ name, attribute, template: template ?? '' }, renamedBy, place));
    if (plain && name === 'user' && isName(`ldap:${attribute}`)) renamedBy = attribute;
  }
  if (imports.length > 0) {
    const kind = key.slice(0, 6);
    const start = imports.length === 1 ? '' : "%{literal('user=') | concat(user)}";
    const parts = imports.map((one) =>
      imports.length === 1 ? `%{${one}}` : `%{${one.replace("literal('", "literal('\\t")}}`,
    );
    const reason =
      '2.3 leaves a field out whose attribute is missing; 2.4 fails temporarily. Written so, the field is left out here too: the list of fields holds it only where the attribute is there.';
    fields.push({
      name: `${kind}_import`,
      value: start + parts.join(''),
      changes: [change('DV772', 'exact', reason, place)],
    });
  }
  return fieldsSection(fields, place, key, told);
}

/** The entries of the list, those that set a setting with its name of 2.4. */
function settingAttributes(
  key: ByteString,
  text: ByteString,
  place: Place,
  told: ChangeDraft[],
): readonly Attribute[] {
  const kind = key.startsWith('passdb') ? 'passdb' : 'userdb';
  return attributesOf(text).flatMap((one) => {
    const settings = settingFields(kind, one.name, one.template);
    if (settings === null) {
      told.push(...lostSetting(kind, one.name, place));
      return [one];
    }
    told.push(change('DV790', 'exact', SPLIT_REASON, place));
    return settings.map(({ name, template }) => ({
      ...one,
      name,
      template: template === '%$' ? null : template,
    }));
  });
}

function missingPassword(attribute: ByteString, place: Place): ChangeDraft {
  const reason = `An entry without ${attribute} is a failed login in 2.3 and a temporary failure in 2.4.`;
  return change('DV772', 'equivalent', reason, place);
}

function templateField(
  { name, attribute, template }: Attribute & { readonly template: ByteString },
  renamedBy: ByteString | null,
  place: Place,
): NewField {
  const table = rowTable('ldap');
  const value = attribute === '' ? null : `ldap:${attribute}`;
  const letters = new Map(table.letters).set('$', '$');
  const names = new Map(table.names);
  if (value !== null) names.set('$', [value]);
  if (renamedBy !== null) {
    // observed 2.3.19.1: the new name counts from here on; 2.4.1 keeps to the one before until all fields are set.
    names.set('user', [`ldap:${renamedBy}`]);
    for (const part of ['username', 'domain']) names.set(part, [`ldap:${renamedBy}`, part]);
  }
  const translated = withChanges(template, translateTemplate(template, { ...table, letters, names }), place);
  // A missing attribute is an empty text inside a template of 2.3.
  const text = translated.text.replaceAll(
    /%\{(ldap:[^}|]*?)( \| (?!default)[^}]*)?\}/g,
    (_, read: string, rest = '') => `%{${read.trim()} | default${rest}}`,
  );
  const changes = translated.changes.filter(({ kind }) => kind !== 'exact');
  if (value === null || template === '%$') return { name, value: text, changes };
  const reason = `Without ${attribute}, 2.3 leaves ${name} out; 2.4 gives it the rest of its template.`;
  return { name, value: text, changes: [...changes, change('DV772', 'equivalent', reason, place)] };
}
