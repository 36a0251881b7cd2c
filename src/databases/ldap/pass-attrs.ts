import type { ByteString } from '../../../grammar/bytes.js';
import { changedName } from '../../auth/change-user.js';
import type { LogEntry, LookupContext, RowField } from '../../auth/driver.js';
import { inspectTemplate } from '../../variables/inspect.js';
import type { Provider } from '../../variables/scope.js';
import type { LdapEntry } from './directory.js';

/** One entry of 2.3 `pass_attrs`: `attr=field`, `attr=field=template`, `=field=template`, `@name=attr`, `!attr`. */
export interface PassAttr {
  readonly name: ByteString;
  /** '' for `=field=template`. */
  readonly attribute: ByteString;
  /** null: the attribute's value as it is. */
  readonly template: ByteString | null;
  /** `@name=attr`: the value names another entry, whose attributes are `attr@name`. */
  readonly isDn: boolean;
  /** `!attr`: only asked for. */
  readonly skip: boolean;
}

const LDAP_FUNCTIONS = new Set(['ldap', 'ldap_ptr']);

/** Dovecot 2.3.19.1 db-ldap.c: db_ldap_set_attrs. `skipped`: a field that is left out. */
export function parsePassAttrs(
  text: ByteString,
  skipped: ByteString | null,
): { readonly fields: readonly PassAttr[]; readonly attributes: readonly ByteString[] } {
  const fields: PassAttr[] = [];
  const attributes: ByteString[] = [];
  for (const part of text.split(/,+/)) {
    const entry = part.replace(/^ +/, '');
    if (entry === '') continue;
    const equals = entry.indexOf('=');
    let attribute: ByteString;
    let name: ByteString;
    if (equals === -1) attribute = name = entry;
    else if (entry.startsWith('@')) {
      attribute = '';
      name = entry;
    } else {
      attribute = entry.slice(0, equals);
      name = entry.slice(equals + 1);
    }
    let template: ByteString | null = null;
    const second = name.indexOf('=');
    if (second !== -1) {
      template = name.slice(second + 1);
      name = name.slice(0, second);
      attributes.push(...attributesOfTemplate(template, (attr) => (attr.includes('@') ? null : attr)));
      // `attr=name=prefix` is short for `attr=name=prefix%$`.
      if (!template.includes('%')) template += '%$';
    } else if (attribute === '') template = '';
    if (name === '' || name === skipped) continue;
    const isDn = name.startsWith('@');
    const skip = !isDn && name.startsWith('!') && equals === -1;
    if (isDn) name = name.slice(1);
    if (skip) attribute = attribute.slice(1);
    fields.push({ name: skip ? '' : name, attribute, template, isDn, skip });
    if (attribute !== '' && !attribute.includes('@')) attributes.push(attribute);
  }
  return { fields, attributes };
}

/** Attributes that `%{ldap:...}` of a template name, as `pick` gives them. */
export function attributesOfTemplate(
  template: ByteString,
  pick: (attribute: ByteString) => ByteString | null,
): ByteString[] {
  return inspectTemplate('2.3', template)
    .variables.filter(({ prefix }) => prefix !== null && LDAP_FUNCTIONS.has(prefix))
    .flatMap(({ written }) => {
      const attribute = written.slice(written.indexOf(':') + 1).split(':')[0] ?? '';
      const picked = attribute === '' ? null : pick(attribute);
      return picked === null ? [] : [picked];
    });
}

/** Attribute values by lower-case name; those of other entries as `attr@name`. */
export type AttributeValues = ReadonlyMap<ByteString, readonly ByteString[]>;

export function valuesOf(entry: LdapEntry, suffix = ''): [ByteString, readonly ByteString[]][] {
  return entry.attributes.map(({ name, values }) => [`${name}${suffix}`.toLowerCase(), values.map(cString)]);
}

/** ldap_get_values() gives C strings. */
function cString(value: ByteString): ByteString {
  const nul = value.indexOf('\0');
  return nul === -1 ? value : value.slice(0, nul);
}

/** What templates of entries are expanded with. */
export type ExpandContext = Pick<LookupContext, 'user' | 'expand'>;

/** The fields of an entry, and what is logged about them. Dovecot 2.3.19.1 db-ldap.c: db_ldap_result_iterate_next. `joined`: fields that take all values. */
export function fieldsOf(
  fields: readonly PassAttr[],
  dn: ByteString,
  values: AttributeValues,
  context: ExpandContext,
  wantDn: boolean,
  joined: ReadonlySet<ByteString> = new Set(),
): { readonly fields: readonly RowField[]; readonly log: readonly LogEntry[] } {
  const row: RowField[] = [];
  const log: LogEntry[] = [];
  let user = context.user;
  const warn = (text: ByteString): void => {
    log.push({ level: 'warning', text, ...(user === context.user ? {} : { user }) });
  };
  const multiple = (name: ByteString, value: ByteString): void =>
    warn(`Multiple values found for '${name}', using value '${value}'`);
  const one: Provider = (name) => {
    const found = values.get(name.toLowerCase());
    const first = found?.[0];
    if (found === undefined || first === undefined) return { kind: 'missing' };
    if (found.length > 1) multiple(name, first);
    return { kind: 'value', value: first };
  };
  const pointed: Provider = (name) => {
    const at = name.indexOf('@');
    const first = one(name);
    if (first.kind !== 'value' || first.value === '') return { kind: 'value', value: '' };
    const second = one(first.value + (at === -1 ? '' : name.slice(at)));
    return second.kind === 'value' ? second : { kind: 'value', value: '' };
  };
  const providers = new Map<ByteString, Provider>([
    ['ldap', one],
    ['ldap_ptr', pointed],
    ['ldap_dn', () => ({ kind: 'value', value: dn })],
  ]);
  for (const field of fields) {
    if (field.skip || field.isDn !== wantDn) continue;
    const found = field.attribute === '' ? undefined : values.get(field.attribute.toLowerCase());
    const first = found?.[0] ?? null;
    const name = field.name.includes('%') ? expandName(field.name) : field.name;
    let value = first;
    let count = found?.length ?? 0;
    if (field.template !== null && (first !== null || field.attribute === '')) {
      if (first !== null && count > 1) multiple(field.name, first);
      count = 1;
      const extra = new Map([['$', first ?? '']]);
      const expansion = context.expand(field.template, undefined, providers, { user, extra });
      if (expansion.kind === 'error')
        warn(`Failed to expand template ${field.template}: ${expansion.message}`);
      value = expansion.kind === 'ok' ? expansion.text : (expansion.partial ?? '');
    }
    if (value === null) {
      if (!wantDn) row.push([name, null]);
      continue;
    }
    if (count > 1 && joined.has(name)) value = (found ?? []).join(',');
    else if (count > 1) multiple(name, value);
    row.push([name, value]);
    // Later templates and lines see the name as it is by then.
    const part = name.replace(/^userdb_/, '');
    if (!wantDn && (part === 'user' || part === 'username' || part === 'domain') && value !== '')
      user = changedName(user, part, value);
  }
  return { fields: row, log };

  function expandName(template: ByteString): ByteString {
    const expansion = context.expand(template, undefined, providers, { user });
    if (expansion.kind === 'ok') return expansion.text;
    warn(`Failed to expand ${template}: ${expansion.message}`);
    return expansion.partial ?? '';
  }
}
