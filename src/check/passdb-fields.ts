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

/** Every field that some passdb may set, as far as the configuration shows it. */
export const passdbFields = oncePerConfig<readonly PassdbField[]>((config) => {
  const fields = columnFields(config);
  for (const passdb of allPassdbs(config)) {
    addStaticArgs(passdb, config, fields);
    if (passdb.driver === 'ldap') fields.push(...passAttrs(passdb, config));
    addTemplates(passdb, fields);
  }
  return fields;
});

const byName = oncePerConfig((config) => groupedBy(passdbFields(config), ({ name }) => name));

/** The fields of some names: by name, then in the order of all. */
export function fieldsNamed(config: Config, ...names: readonly string[]): readonly PassdbField[] {
  return names.flatMap((name) => byName(config).get(name) ?? []);
}

/** Every name that some field has. */
export function fieldNames(config: Config): readonly string[] {
  return [...byName(config).keys()];
}

/** Passdbs that may set one of these fields, each once. */
export function passdbsWith(config: Config, ...names: readonly string[]): Iterable<PassdbBlock> {
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

function addStaticArgs(passdb: PassdbBlock, config: Config, found: PassdbField[]): void {
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

function addTemplates(passdb: PassdbBlock, found: PassdbField[]): void {
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
    found.push({
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
function addPairs(passdb: PassdbBlock, setter: FieldSetter, value: ValueText, found: PassdbField[]): void {
  const words = /\S+/g;
  for (let match = words.exec(value.text); match !== null; match = words.exec(value.text))
    found.push(new PairField(passdb, setter, value, match[0], match.index));
}

/** A word `name=value` or `name` of a list. Few are ever asked where they stand. */
class PairField implements PassdbField {
  readonly passdb: PassdbBlock;
  readonly setter: FieldSetter;
  readonly name: string;
  readonly suffix: string;
  readonly canBeNull = false;
  readonly open: boolean;
  readonly #value: ValueText;
  readonly #word: string;
  readonly #start: number;
  #literals: readonly PairValue[] | undefined;

  constructor(passdb: PassdbBlock, setter: FieldSetter, value: ValueText, word: string, start: number) {
    const equals = word.indexOf('=');
    const { name, suffix } = splitSuffix(equals === -1 ? word : word.slice(0, equals));
    this.passdb = passdb;
    this.setter = setter;
    this.name = name;
    this.suffix = suffix;
    this.open = equals !== -1 && word.includes('%', equals);
    this.#value = value;
    this.#word = word;
    this.#start = start;
  }

  get namePlace(): Place {
    const equals = this.#word.indexOf('=');
    return this.#place(0, equals === -1 ? this.#word.length : equals);
  }

  get literals(): PassdbField['literals'] {
    this.#literals ??= this.open ? [] : [new PairValue(this)];
    return this.#literals;
  }

  /** Behind the `=`; '' where there is none. */
  get valueText(): string {
    const equals = this.#word.indexOf('=');
    return equals === -1 ? '' : this.#word.slice(equals + 1);
  }

  get valuePlace(): Place {
    return this.#place(this.#word.indexOf('=') + 1, this.#word.length);
  }

  #place(from: number, to: number): Place {
    return placeIn(this.#value, { start: this.#start + from, end: this.#start + to });
  }
}

class PairValue {
  readonly text: string;
  readonly #field: PairField;

  constructor(field: PairField) {
    this.text = field.valueText;
    this.#field = field;
  }

  get place(): Place {
    return this.#field.valuePlace;
  }
}

function splitSuffix(name: string): { name: string; suffix: string } {
  if (!name.includes(':')) return { name, suffix: '' };
  const match = /^(.*):(default|remove|protected)$/.exec(name);
  return match === null ? { name, suffix: '' } : { name: match[1] ?? name, suffix: match[2] ?? '' };
}
