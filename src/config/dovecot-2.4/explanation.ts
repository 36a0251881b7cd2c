import type { ByteString } from '../../../grammar/bytes.js';
import { changeOf, type SettingChange } from '../../knowledge/changes.js';
import type { ConfigProblem, ConfigProblemKind } from '../problem.js';
import type { Filter } from './filter.js';
import { findSettingOfKey, type SettingDefinition, settings } from './settings-table.js';
import { namesWithMiddle } from './unknown-setting.js';

/** What an administrator needs besides Dovecot's own words. */
export interface Explanation {
  readonly message: string;
  readonly suggestions?: readonly string[];
  readonly subject: NonNullable<ConfigProblem['subject']>;
  /** How `--lenient` reads it. */
  readonly reading?: string;
}

/** Explains a refused statement `key = value` or `key value {` inside `filter`. */
export function explain(
  kind: ConfigProblemKind,
  filter: Filter,
  key: ByteString,
  value: ByteString,
  text: ByteString,
): Explanation {
  const section = filter.mask.name === undefined ? undefined : filter.kindName;
  const subject = { name: key, value, ...(section === undefined ? {} : { section }) };
  const change = changeHere(filter, key);
  if (kind === 'unknown-setting' || kind === 'unknown-section') {
    const suggestions = [...new Set([...(change?.names ?? []), ...alternatives(filter, key)])].slice(0, 6);
    const what = kind === 'unknown-section' ? 'section' : 'setting';
    const message = change === undefined ? `Unknown ${what}: ${key}` : changeText(change, key);
    return {
      message,
      subject,
      ...(suggestions.length === 0 ? {} : { suggestions }),
      ...(kind === 'unknown-setting' ? { reading: `${key} is left out` } : {}),
    };
  }
  const definition = definitionHere(filter, key);
  if (kind === 'invalid-section-name' && value === '' && definition?.type === 'list_filter') {
    const message = `In Dovecot 2.4 every ${key} needs a name: ${key} NAME { ... }`;
    return { message, subject };
  }
  if (kind === 'invalid-enum' && definition !== undefined) {
    const { values } = definition;
    const message = `${key} = ${value}: the value must be ${orList(values)}`;
    return { message, subject, suggestions: values, ...readAs(key, value, definition) };
  }
  const isValue = kind.startsWith('invalid-') && kind !== 'invalid-section-name';
  const readings = isValue && definition !== undefined ? readAs(key, value, definition) : {};
  return { message: text, subject, ...readings };
}

function readAs(key: ByteString, value: ByteString, definition: SettingDefinition): { reading: string } {
  return { reading: `${key} = ${value} is read as ${key} = ${definition.text}` };
}

function orList(values: readonly string[]): string {
  return values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}

function definitionHere(filter: Filter, key: ByteString): SettingDefinition | undefined {
  const name = filter.mask.name;
  if (name === undefined) return findSettingOfKey(key);
  return (
    findSettingOfKey(`${name.replaceAll('/', '_')}_${key}`) ??
    findSettingOfKey(`${filter.kindName}_${key}`) ??
    findSettingOfKey(key)
  );
}

/** Where 2.3 knew a name: in its section, in `plugin { }`, at top level, or in an external file. */
function changeHere(filter: Filter, key: ByteString): SettingChange | undefined {
  const inside: SettingChange | undefined =
    filter.mask.name === undefined ? undefined : changeOf(`${sectionPath(filter)}/${key}`);
  return inside ?? changeOf(key) ?? changeOf(`plugin/${key}`) ?? changeOf(`dovecot-sql.conf.ext:${key}`);
}

function sectionPath(filter: Filter): string {
  const outer =
    filter.parent === null || filter.parent.mask.name === undefined ? '' : sectionPath(filter.parent);
  return outer === '' ? filter.kindName : `${outer}/${filter.kindName}`;
}

function changeText(change: SettingChange, key: ByteString): string {
  const names = change.names.join(', ');
  const note = change.note === null ? '' : ` (${change.note})`;
  switch (change.kind) {
    case 'removed':
    case 'removed_or_renamed':
      return names === ''
        ? `${key} of Dovecot 2.3 does not exist in 2.4${note}`
        : `${key} of Dovecot 2.3 does not exist in 2.4; see ${names}${note}`;
    case 'renamed':
    case 'renamed_file':
      return `${key} of Dovecot 2.3 is ${names} in 2.4${note}`;
    case 'renamed_inverted':
      return `${key} of Dovecot 2.3 is ${names} in 2.4, with the opposite value`;
    default:
      return names === ''
        ? `${key} is written differently in Dovecot 2.4${note}`
        : `${key} of Dovecot 2.3 became ${names} in 2.4${note}`;
  }
}

/** Names of 2.4 that look like `key`, the nearest first. */
function alternatives(filter: Filter, key: ByteString): string[] {
  const near: { name: string; distance: number }[] = [];
  const limit = key.length < 5 ? 1 : key.length < 9 ? 2 : 3;
  const prefixes =
    filter.mask.name === undefined
      ? ['']
      : [`${filter.mask.name.replaceAll('/', '_')}_`, `${filter.kindName}_`, ''];
  for (const { name, type } of settings) {
    if (type === 'alias') continue;
    for (const prefix of prefixes) {
      if (!name.startsWith(prefix)) continue;
      const short = name.slice(prefix.length);
      if (Math.abs(short.length - key.length) > limit) continue;
      const distance = editDistance(short, key, limit);
      if (distance > limit) continue;
      near.push({ name: short, distance });
      break;
    }
  }
  near.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  const middle = filter.mask.isList === true ? namesWithMiddle(filter.kindName, key) : [];
  return [...middle, ...near.map(({ name }) => name)];
}

/** Edits (insert, delete, replace, swap of neighbours) between two words; anything above `limit` is `limit + 1`. */
function editDistance(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j - 1] ?? 0) + (same ? 0 : 1), (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
      least = Math.min(least, cost);
    }
    if (least > limit) return limit + 1;
    before = last;
    last = row;
  }
  return last[b.length] ?? limit + 1;
}
