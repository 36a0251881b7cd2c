import type { ByteString } from '../../../grammar/bytes.js';
import { changeOf, type SettingChange } from '../../knowledge/changes.js';
import type { ConfigProblem, ConfigProblemKind } from '../problem.js';
import { editDistance } from '../similar-names.js';
import type { Filter } from './filter.js';
import type { SettingDefinition, SettingsTable } from './settings-table.js';
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
  if (name === undefined) return filter.table.findSettingOfKey(key);
  return (
    filter.table.findSettingOfKey(`${name.replaceAll('/', '_')}_${key}`) ??
    filter.table.findSettingOfKey(`${filter.kindName}_${key}`) ??
    filter.table.findSettingOfKey(key)
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

interface Candidate {
  readonly name: ByteString;
  /** Which letters occur: words that differ in too many of them need no closer look. */
  readonly letters: number;
}

const candidatesOf = new Map<ByteString, Candidate[]>();

function lettersOf(word: ByteString): number {
  let letters = 0;
  for (let i = 0; i < word.length; i++) letters |= 1 << (word.charCodeAt(i) & 31);
  return letters;
}

function bitsOf(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Settings with a prefix, named without it. */
function candidates(table: SettingsTable, prefix: ByteString): Candidate[] {
  const key = `${table.version} ${prefix}`;
  let list = candidatesOf.get(key);
  if (list === undefined) {
    list = table.settings
      .filter(({ name, type }) => type !== 'alias' && name.startsWith(prefix))
      .map(({ name }) => ({
        name: name.slice(prefix.length),
        letters: lettersOf(name.slice(prefix.length)),
      }));
    candidatesOf.set(key, list);
  }
  return list;
}

/** Names of 2.4 that look like `key`, the nearest first. */
function alternatives(filter: Filter, key: ByteString): string[] {
  const near = new Map<string, number>();
  const limit = key.length < 5 ? 1 : key.length < 9 ? 2 : 3;
  const letters = lettersOf(key);
  for (const prefix of filter.mask.name === undefined ? [''] : [`${filter.kindName}_`, '']) {
    for (const candidate of candidates(filter.table, prefix)) {
      if (Math.abs(candidate.name.length - key.length) > limit) continue;
      if (bitsOf(candidate.letters ^ letters) > 2 * limit) continue;
      const distance = editDistance(candidate.name, key, limit);
      if (distance <= Math.min(limit, near.get(candidate.name) ?? limit)) near.set(candidate.name, distance);
    }
  }
  const sorted = [...near].sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
  const middle = filter.mask.isList === true ? namesWithMiddle(filter, key) : [];
  return [...middle, ...sorted.map(([name]) => name)];
}
