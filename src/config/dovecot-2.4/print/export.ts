import type { ByteString } from '../../../../grammar/bytes.js';
import { changedDefaults } from '../../../knowledge/default-history-2.4.js';
import type { Origin } from '../../origin.js';
import type { Filter, ListElement, StoredValue } from '../filter.js';
import type { SettingDefinition, SettingsTable } from '../settings-table.js';

/** Which settings of a filter are shown. Dovecot 2.4.1 config-request.c. */
export type ExportScope =
  | 'all-with-hidden'
  | 'all'
  | 'set-or-default-or-group'
  | 'set-or-default'
  | 'set'
  | 'changed';

/** One setting of a filter as it is to be shown. */
export type Exported =
  | {
      readonly kind: 'text';
      readonly name: ByteString;
      readonly value: ByteString;
      /** It is written in lines up to this one. */
      readonly marker?: ByteString | undefined;
      readonly origin: Origin | null;
    }
  | {
      readonly kind: 'list';
      readonly name: ByteString;
      readonly isBoolean: boolean;
      readonly replaced: boolean;
      readonly elements: readonly ListElement[];
      readonly origin: Origin | null;
    };

/** The default at the time of `configVersion`, where a later version up to the table's changed it. */
function oldDefault(filter: Filter, name: ByteString, configVersion: ByteString): ByteString | undefined {
  if (configVersion === '') return undefined;
  const changed = changedDefaults(filter.table.version, configVersion);
  if (changed.length === 0) return undefined;
  const path = `${pathOf(filter)}${name}`;
  const changes = changed.filter(([setting]) => setting === name || setting === path);
  return (changes.find(([setting]) => setting === path) ?? changes[0])?.[1];
}

function pathOf(filter: Filter): string {
  const outer = filter.parent === null ? '' : pathOf(filter.parent);
  return filter.mask.name === undefined ? outer : `${outer}${filter.mask.name}/`;
}

const severalByTable = new WeakMap<SettingsTable, Map<ByteString, readonly ByteString[]>>();

/** Settings that several structs have with defaults of their own: all of them, Dovecot's first one first. */
function severalDefaults(table: SettingsTable): ReadonlyMap<ByteString, readonly ByteString[]> {
  let several = severalByTable.get(table);
  if (several === undefined) {
    several = new Map();
    for (const struct of table.structs)
      for (const { name, text, structs } of struct.members)
        if (table.findSetting(name)?.text !== text) {
          const texts = structs.map(
            (index) => table.structs[index]?.members.find((member) => member.name === name)?.text ?? '',
          );
          several.set(name, [...new Set(texts)]);
        }
    severalByTable.set(table, several);
  }
  return several;
}

function isDefaultText(table: SettingsTable, definition: SettingDefinition, text: ByteString): boolean {
  const several = severalDefaults(table).get(definition.name);
  return several === undefined ? definition.text === text : several.every((one) => one === text);
}

/** Everything of a filter that the scope shows, by name. `configVersion`: what dovecot_config_version says. */
export function exportFilter(filter: Filter, scope: ExportScope, configVersion: ByteString): Exported[] {
  const everything = filter.isRoot && (scope === 'all' || scope === 'all-with-hidden');
  const names = everything ? filter.table.settings.map(({ name }) => name) : [...filter.values.keys()];
  const exported: Exported[] = [];
  for (const name of names) {
    const definition = filter.table.findSetting(name);
    const stored = filter.values.get(name);
    if (definition === undefined || !isShown(definition, stored, scope)) continue;
    const entry = exportSetting(filter, definition, stored, scope, configVersion);
    if (entry !== null) exported.push(entry);
  }
  return exported.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function isShown(
  definition: SettingDefinition,
  stored: StoredValue | undefined,
  scope: ExportScope,
): boolean {
  switch (scope) {
    case 'all-with-hidden':
      return true;
    case 'all':
      return !definition.hidden || stored?.explicit === true;
    case 'set-or-default-or-group':
      return stored !== undefined;
    case 'set-or-default':
      return stored !== undefined && stored.ofGroup !== true;
    case 'set':
    case 'changed':
      return stored?.explicit === true;
  }
}

function exportSetting(
  filter: Filter,
  definition: SettingDefinition,
  stored: StoredValue | undefined,
  scope: ExportScope,
  configVersion: ByteString,
): Exported | null {
  const { name, type } = definition;
  const origin = stored?.origin ?? null;
  switch (type) {
    case 'filter':
    case 'list_filter':
    case 'alias':
      return null;
    case 'boollist':
    case 'strlist': {
      const list = stored?.kind === 'list' ? stored : null;
      const replaced = list?.replaced ?? false;
      return {
        kind: 'list',
        name,
        isBoolean: type === 'boollist',
        replaced,
        elements: list?.elements ?? [],
        origin,
      };
    }
    default: {
      const text = stored?.kind === 'text' ? stored.text : null;
      if (stored?.explicit === true && text !== null) {
        if (scope === 'changed' && isDefaultText(filter.table, definition, text)) return null;
        const marker = stored.kind === 'text' ? markerOf(definition, stored.marker, text) : undefined;
        const value = marker === undefined ? shownFile(definition, text) : text.replace(/^\n/, '');
        return { kind: 'text', name, value, marker, origin };
      }
      const old = oldDefault(filter, name, configVersion);
      return { kind: 'text', name, value: shownFile(definition, old ?? text ?? definition.text), origin };
    }
  }
}

/** 2.4.5: text of a file that is not on one line is shown in lines, too. */
function markerOf(
  { type }: SettingDefinition,
  written: ByteString | undefined,
  text: ByteString,
): ByteString | undefined {
  if (written !== undefined || type !== 'file' || !text.startsWith('\n') || !text.includes('\n', 1))
    return written;
  for (let n = 0; ; n++) {
    const marker = n === 0 ? 'END' : `END_${n}`;
    if (!text.slice(1).split('\n').includes(marker)) return marker;
  }
}

/** A file's path alone, or its `inline:` text. */
function shownFile(definition: SettingDefinition, text: ByteString): ByteString {
  if (definition.type !== 'file') return text;
  return text.startsWith('\n') ? `inline:${text.slice(1)}` : (text.split('\n', 1)[0] ?? '');
}
