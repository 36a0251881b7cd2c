import type { Place } from '../../grammar/source.js';
import type { Config } from '../config/config.js';
import type { PassdbBlock } from '../config/effective.js';
import { seriesOf } from '../knowledge/versions.js';
import { allPassdbs, blockKey, oncePerConfig } from './chains.js';
import { extFileOf } from './ext-files.js';
import { passwordQueries } from './passdb-queries.js';
import { possibleValues, union } from './sql/values.js';
import { placeIn, plainValueText, type ValueText, valueText } from './value-text.js';

/** Who sets a field: a column of the query, `args` of a static passdb, default_fields / override_fields, `fields { }`, 2.3 `pass_attrs`. */
type FieldSetter = 'column' | 'args' | 'template' | 'attribute';

/** One place of the configuration that sets an extra field of a passdb. */
export interface PassdbField {
  readonly passdb: PassdbBlock;
  /** Without `:default`, `:remove` or `:protected`. */
  readonly name: string;
  readonly suffix: string;
  readonly setter: FieldSetter;
  /** Of the name. */
  readonly namePlace: Place;
  /** Values that the text shows; `place` is where each stands. */
  readonly literals: readonly { readonly text: string; readonly place: Place }[];
  readonly canBeNull: boolean;
  readonly open: boolean;
}

interface FieldName {
  readonly name: string;
  readonly suffix: string;
}

interface Found {
  readonly fields: PassdbField[];
  /** By what is written: thousands of passdbs set the same few fields. */
  readonly names: Map<string, FieldName>;
}

/** Every field that some passdb may set, as far as the configuration shows it. */
export const passdbFields = oncePerConfig<readonly PassdbField[]>((config) => {
  const fields = columnFields(config);
  const found: Found = { fields, names: new Map() };
  for (const passdb of allPassdbs(config)) {
    addStaticArgs(passdb, config, found);
    if (passdb.driver === 'ldap') fields.push(...passAttrs(passdb, config));
    addTemplates(passdb, found);
  }
  return fields;
});

const byName = oncePerConfig((config) => groupedBy(passdbFields(config), ({ name }) => name));

/** The fields of some names: by name, then in the order of all. */
export function fieldsNamed(config: Config, ...names: readonly string[]): readonly PassdbField[] {
  const groups = names.flatMap((name) => {
    const group = byName(config).get(name);
    return group === undefined ? [] : [group];
  });
  const [only] = groups;
  return only !== undefined && groups.length === 1 ? only : groups.flat();
}

/** Every name that some field has. */
export function fieldNames(config: Config): readonly string[] {
  return [...byName(config).keys()];
}

/** Passdbs that may set one of these fields, each once. */
export function passdbsWith(config: Config, ...names: readonly string[]): ReadonlySet<PassdbBlock> {
  return new Set(fieldsNamed(config, ...names).map(({ passdb }) => passdb));
}

interface ByBlock {
  readonly byBlock: ReadonlyMap<PassdbBlock, readonly PassdbField[]>;
  /** By blockKey(): blocks are made anew at each question. Made when it is asked for. */
  byKey: ReadonlyMap<string, readonly PassdbField[]> | null;
}

const BY_BLOCK = new WeakMap<readonly PassdbField[], ByBlock>();
const NO_FIELDS: readonly PassdbField[] = [];

/** The fields of one passdb. */
export function fieldsOf(passdb: PassdbBlock, fields: readonly PassdbField[]): readonly PassdbField[] {
  let known = BY_BLOCK.get(fields);
  if (known === undefined) {
    known = { byBlock: groupedBy(fields, (field) => field.passdb), byKey: null };
    BY_BLOCK.set(fields, known);
  }
  const own = known.byBlock.get(passdb);
  if (own !== undefined) return own;
  known.byKey ??= groupedBy(fields, (field) => blockKey(field.passdb));
  return known.byKey.get(blockKey(passdb)) ?? NO_FIELDS;
}

function groupedBy<K>(
  fields: readonly PassdbField[],
  keyOf: (field: PassdbField) => K,
): Map<K, PassdbField[]> {
  const groups = new Map<K, PassdbField[]>();
  for (const field of fields) {
    const key = keyOf(field);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [field]);
    else group.push(field);
  }
  return groups;
}

function columnFields(config: Config): PassdbField[] {
  return passwordQueries(config).flatMap(({ block, value, select }) => {
    if (select === null || block.kind !== 'passdb') return [];
    return select.columns.flatMap((column, position) => {
      if (column.name === null) return [];
      const rows = [column.expression, ...select.unionRows.map((row) => row[position] ?? [])];
      const values = union(rows.map(possibleValues));
      return [
        {
          passdb: block,
          ...splitSuffix(column.name),
          setter: 'column' as const,
          namePlace: placeIn(value, column.nameSpan),
          literals: values.literals.map(({ text, span }) => ({ text, place: placeIn(value, span) })),
          canBeNull: values.canBeNull,
          open: values.open,
        },
      ];
    });
  });
}

function addStaticArgs(passdb: PassdbBlock, config: Config, found: Found): void {
  const { text, origin } = passdb.args;
  if (seriesOf(config.version) !== '2.3' || passdb.driver !== 'static' || origin === null) return;
  addPairs(passdb, 'args', plainValueText(origin, text) ?? valueText(origin), found);
}

/** `attr=field`, `attr=field=template`, `=field=template`. Dovecot 2.3.19.1 db-ldap.c: db_ldap_set_attrs */
function passAttrs(passdb: PassdbBlock, config: Config): PassdbField[] {
  const origin = extFileOf(passdb, config)?.values.get('pass_attrs')?.origin ?? null;
  if (origin === null) return [];
  const value = valueText(origin);
  const entries = value.text.matchAll(/(?<=^|,)([ \t]*([^=,]*)=)([^=,]+)(?:=([^,]*))?/g);
  return [...entries].flatMap((match) => {
    const [, lead = '', attribute = '', name = '', template] = match;
    if (attribute.startsWith('@') || name.trim() === '' || /[%@!]/.test(name)) return [];
    const start = match.index + lead.length;
    const from = start + name.length + 1;
    const text = template?.trimEnd() ?? '';
    const open = attribute !== '' || text.includes('%');
    const place = placeIn(value, { start: from, end: Math.max(from, from + text.length) });
    return [
      {
        passdb,
        ...splitSuffix(name.trimEnd()),
        setter: 'attribute' as const,
        namePlace: placeIn(value, { start, end: start + name.trimEnd().length }),
        literals: open ? [] : [{ text, place }],
        // An entry may lack the attribute: the field is left out then.
        canBeNull: attribute !== '',
        open,
      },
    ];
  });
}

function addTemplates(passdb: PassdbBlock, found: Found): void {
  if (passdb.defaultFields.length + passdb.overrideFields.length > 0) {
    // 2.3: one setting holds many `k=v`; its fields share one origin.
    const origins = new Set([...passdb.defaultFields, ...passdb.overrideFields].map((field) => field.origin));
    for (const origin of origins) if (origin !== null) addPairs(passdb, 'template', valueText(origin), found);
  }
  for (const { name, value, origin } of passdb.fields) {
    if (origin === null) continue;
    const text = valueText(origin);
    const lead = text.text.length - text.text.trimStart().length;
    const place = placeIn(text, { start: lead, end: Math.max(lead, text.text.trimEnd().length) });
    const open = value.includes('%{');
    found.fields.push({
      passdb,
      setter: 'template',
      ...splitSuffix(name),
      namePlace: origin,
      literals: open ? [] : [{ text: value, place }],
      canBeNull: false,
      open,
    });
  }
}

/** `a=1 b c=%u`: split at spaces (auth-chain.md section 3). */
function addPairs(passdb: PassdbBlock, setter: FieldSetter, value: ValueText, found: Found): void {
  const list = new WordList(value);
  const words = value.text.match(WORDS) ?? [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const equals = word.indexOf('=');
    const written = equals === -1 ? word : word.slice(0, equals);
    let name = found.names.get(written);
    if (name === undefined) {
      name = splitSuffix(written);
      found.names.set(written, name);
    }
    found.fields.push(new PairField(passdb, setter, name, list, index, word, equals));
  }
}

const WORDS = /\S+/g;

/** Where the words of a list stand is found when one of them is asked. */
class WordList {
  readonly #value: ValueText;
  #starts: readonly number[] | undefined;

  constructor(value: ValueText) {
    this.#value = value;
  }

  /** A part of the word with this number. */
  place(index: number, from: number, to: number): Place {
    this.#starts ??= Array.from(this.#value.text.matchAll(WORDS), (word) => word.index);
    const start = this.#starts[index] ?? 0;
    return placeIn(this.#value, { start: start + from, end: start + to });
  }
}

/** A word `name=value` or `name` of a list, which is its own literal. Few are ever asked where they stand. */
class PairField implements PassdbField {
  readonly passdb: PassdbBlock;
  readonly setter: FieldSetter;
  readonly name: string;
  readonly suffix: string;
  readonly canBeNull = false;
  readonly #list: WordList;
  readonly #index: number;
  readonly #word: string;
  /** Where its `=` is; -1: nowhere. */
  readonly #equals: number;
  #literals: PassdbField['literals'] | undefined;

  constructor(
    passdb: PassdbBlock,
    setter: FieldSetter,
    { name, suffix }: FieldName,
    list: WordList,
    index: number,
    word: string,
    equals: number,
  ) {
    this.passdb = passdb;
    this.setter = setter;
    this.name = name;
    this.suffix = suffix;
    this.#list = list;
    this.#index = index;
    this.#word = word;
    this.#equals = equals;
  }

  get open(): boolean {
    return this.#equals !== -1 && this.#word.includes('%', this.#equals);
  }

  get namePlace(): Place {
    return this.#list.place(this.#index, 0, this.#equals === -1 ? this.#word.length : this.#equals);
  }

  get literals(): PassdbField['literals'] {
    this.#literals ??= this.open ? [] : [this];
    return this.#literals;
  }

  /** Behind the `=`; '' where there is none. */
  get text(): string {
    return this.#equals === -1 ? '' : this.#word.slice(this.#equals + 1);
  }

  get place(): Place {
    return this.#list.place(this.#index, this.#equals + 1, this.#word.length);
  }
}

function splitSuffix(name: string): FieldName {
  if (!name.includes(':')) return { name, suffix: '' };
  const match = /^(.*):(default|remove|protected)$/.exec(name);
  return match === null ? { name, suffix: '' } : { name: match[1] ?? name, suffix: match[2] ?? '' };
}
