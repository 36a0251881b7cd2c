import type { ByteString } from '../../../grammar/bytes.js';
import type { LogEntry, LookupContext, Query, RowField } from '../../auth/driver.js';
import type { Provider } from '../../variables/scope.js';
import { DictFailure, type Dictionary } from './dictionary.js';
import { readJsonObject } from './json-object.js';
import type { DictKey, DictSettings } from './settings.js';

/** What a look-up of a passdb and of a userdb have in common. */
export type DictOutcome = { readonly queries: readonly Query[]; readonly log: readonly LogEntry[] } & (
  | { readonly kind: 'found'; readonly fields: readonly RowField[] }
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'internal';
      readonly fields?: readonly RowField[];
      readonly unreachable?: { readonly host: string; readonly reason: string };
    }
);

/**
 * Names of the keys that `%{dict:NAME}` and `%{dict:NAME.MEMBER}` of a template read. The auth-worker of 2.3 looks only
 * the former up, and dies of the latter where no object names the key. Dovecot 2.3.19.1 db_dict_iter_find_used_keys
 */
function keysOfTemplate(template: ByteString): ByteString[] {
  return [...template.matchAll(/%[^{%]*\{dict:([^}:.]*)/g)].map(([, name = '']) => name);
}

/** Keys whose values a look-up needs. */
export function usedKeys({ keys, fields, objects }: DictSettings): DictKey[] {
  const names = new Set([...fields.flatMap(([, template]) => keysOfTemplate(template)), ...objects]);
  return keys.filter(({ name }) => names.has(name));
}

/** Asks for the keys of a user and makes fields of them. Dovecot 2.3.19.1 db-dict.c */
export async function lookUpKeys(
  settings: DictSettings,
  dictionary: Dictionary,
  context: LookupContext,
): Promise<DictOutcome> {
  const log: LogEntry[] = [];
  const queries: Query[] = [];
  const failed = (
    text: ByteString,
    more: Partial<Extract<DictOutcome, { kind: 'internal' }>> = {},
  ): DictOutcome => ({
    kind: 'internal',
    queries,
    log: [...log, ...(more.log ?? []), { level: 'error', text }],
    ...(more.fields === undefined ? {} : { fields: more.fields }),
    ...(more.unreachable === undefined ? {} : { unreachable: more.unreachable }),
  });
  // All keys are expanded, those that are not used too.
  const paths = new Map<ByteString, ByteString>();
  for (const { name, key } of settings.keys) {
    const expansion = context.expand(key);
    if (expansion.kind === 'error') return failed(`Failed to expand key ${key}: ${expansion.message}`);
    paths.set(name, `shared/${expansion.text}`);
  }
  const values = new Map<ByteString, ByteString>();
  for (const { name, defaultValue } of inOrder(usedKeys(settings))) {
    const path = paths.get(name) ?? '';
    let value: ByteString | null;
    try {
      value = await dictionary.lookup(path);
    } catch (error) {
      if (!(error instanceof DictFailure)) throw error;
      queries.push({ text: path, database: dictionary.label, rows: null });
      const { unreachable } = error;
      return failed(`Failed to lookup key ${path}: ${error.message}`, {
        log: error.log,
        ...(unreachable === null ? {} : { unreachable }),
      });
    }
    queries.push({ text: path, database: dictionary.label, rows: value === null ? 0 : 1 });
    if (value !== null) log.push({ level: 'debug', text: `Lookup: ${path} = ${value}` });
    else if (defaultValue === null)
      return { kind: 'unknown', queries, log: [...log, { level: 'info', text: 'unknown user' }] };
    else {
      const text = `Lookup: ${path} not found, using default value ${defaultValue}`;
      log.push({ level: 'debug', text });
      value = defaultValue;
    }
    values.set(name, value);
  }
  const fields: RowField[] = [];
  const providers = new Map([['dict', dictProvider(settings, values)]]);
  for (const [name, template] of settings.fields) {
    const expansion = context.expand(template, undefined, providers);
    if (expansion.kind === 'error')
      return failed(`Failed to expand ${name}=${template}: ${expansion.message}`, { fields });
    fields.push([name, expansion.text]);
  }
  // Only the first object is read, however many are named. Dovecot 2.3.19.1 db_dict_value_iter_object_next
  const [object] = settings.objects;
  if (object !== undefined) {
    const { members, error } = readJsonObject(values.get(object) ?? '');
    for (const [name, value] of members) if (value !== null) fields.push([name, value]);
    if (error !== null) return failed(error, { fields });
  }
  return { kind: 'found', queries, log, fields };
}

/** Keys without a default come first: where one is missing there is no user. */
function inOrder(keys: readonly DictKey[]): DictKey[] {
  const rank = ({ defaultValue }: DictKey): ByteString => (defaultValue === null ? '' : `=${defaultValue}`);
  return keys.toSorted((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
}

/** `%{dict:NAME}` and `%{dict:NAME.MEMBER}`. Dovecot 2.3.19.1 db-dict.c: db_dict_field_find */
function dictProvider({ keys }: DictSettings, values: ReadonlyMap<ByteString, ByteString>): Provider {
  const text = (value: ByteString): ReturnType<Provider> => ({ kind: 'value', value });
  return (data) => {
    const dot = data.indexOf('.');
    const name = dot === -1 ? data : data.slice(0, dot);
    const key = keys.find((each) => each.name === name);
    if (key === undefined) return text('');
    const value = values.get(name) ?? '';
    if (key.format === 'value') return text(dot === -1 ? value : '');
    if (dot === -1) return text('');
    const member = readJsonObject(value).members.find(([each]) => each === data.slice(dot + 1));
    return text(member?.[1] ?? '');
  };
}
