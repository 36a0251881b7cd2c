import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import { PLUGIN_SETTINGS_2_3 } from '../../knowledge/external-settings-2.3.js';
import type { ConfigProblemKind } from '../problem.js';
import { similarNames } from '../similar-names.js';
import type { SectionTable } from './settings-table.js';

export interface Explanation {
  readonly kind: ConfigProblemKind;
  readonly message: string;
  readonly suggestions: readonly string[];
}

/** Why a name is unknown where it stands: a slip of the pen, or a name of another place. */
export function explainUnknown(
  root: SectionTable,
  key: ByteString,
  sections: readonly ByteString[],
  isSection: boolean,
): Explanation {
  const name = toUtf8(key);
  const what = isSection ? 'section' : 'setting';
  const table = tableOf(root, sections);
  const here = sections.length === 0 ? 'here' : `inside ${sections.map(toUtf8).join(' { ')} { }`;
  const places = table === null ? [] : placesOf(root, name).filter((place) => place !== table.path);
  const [first] = places;
  if (first !== undefined) {
    const where = first === '' ? 'a global setting' : `a setting of ${first.split('/').join(' { ')} { }`;
    const more = places.length > 1 ? ` (also known in ${places.slice(1, 4).map(placeText).join(', ')})` : '';
    return {
      kind: 'wrong-place',
      message: `${name} is unknown ${here}: it is ${where}${more}`,
      suggestions: places.slice(0, 3).map((place) => (place === '' ? name : `${place}/${name}`)),
    };
  }
  const suggestions = table === null ? [] : similarNames(name, table.settings.keys());
  const hint = suggestions[0] === undefined ? '' : `; did you mean ${suggestions[0]}?`;
  return {
    kind: isSection ? 'unknown-section' : 'unknown-setting',
    message: `unknown ${what} ${name} ${here}${hint}`,
    suggestions,
  };
}

function placeText(place: string): string {
  return place === '' ? 'the global settings' : `${place.split('/').join(' { ')} { }`;
}

/** The table of nested sections given by their keywords; null where they are unknown themselves. */
function tableOf(root: SectionTable, sections: readonly ByteString[]): SectionTable | null {
  let table = root;
  for (const key of sections) {
    const definition = table.settings.get(key);
    if (definition?.kind !== 'list') return null;
    table = definition.section;
  }
  return table;
}

const placesByTable = new WeakMap<SectionTable, Map<string, string[]>>();

/** Sections that know a name, by path; '' is the global one. */
function placesOf(root: SectionTable, name: string): readonly string[] {
  let places = placesByTable.get(root);
  if (places === undefined) {
    places = new Map();
    collectPlaces(root, places);
    placesByTable.set(root, places);
    for (const plugin of PLUGIN_SETTINGS_2_3.split(' ')) addPlace(places, plugin, 'plugin');
  }
  return places.get(name) ?? [];
}

function collectPlaces(table: SectionTable, into: Map<string, string[]>): void {
  for (const [name, definition] of table.settings) {
    addPlace(into, name, table.path);
    if (definition.kind === 'list' && !table.aliases.has(name)) collectPlaces(definition.section, into);
  }
}

function addPlace(into: Map<string, string[]>, name: string, place: string): void {
  const known = into.get(name);
  if (known === undefined) into.set(name, [place]);
  else if (!known.includes(place)) known.push(place);
}
