import type { ByteString } from '../../../grammar/bytes.js';
import { rows241 } from '../../knowledge/rows-2.4.1.js';
import { rows245 } from '../../knowledge/rows-2.4.5.js';
import type { BuiltInFilterRow, SettingRow, SettingType, StructRow } from '../../knowledge/tables-2.4.js';
import type { Version24 } from '../../knowledge/versions.js';

/** One setting of 2.4. Names are global and unique; several structs of Dovecot may read the same one. */
export interface SettingDefinition {
  readonly name: ByteString;
  readonly type: SettingType;
  /** Default as doveconf shows it; of an enum the first value. */
  readonly text: ByteString;
  /** As Dovecot keeps it: an enum with all its values, the default first. */
  readonly rawText: ByteString;
  readonly values: readonly ByteString[];
  readonly hidden: boolean;
  /** Of a named list filter: the setting that holds the section's name. */
  readonly nameField: ByteString | null;
  /** Of a named filter: the setting that must be inside. */
  readonly required: ByteString | null;
  readonly aliasOf: ByteString | null;
  /** Indexes into `structs`, in Dovecot's order. */
  readonly structs: readonly number[];
}

/** A table of Dovecot's own: what one of its parts reads together, and checks together. */
export interface StructDefinition {
  readonly name: ByteString;
  readonly hasCheck: boolean;
  readonly members: readonly SettingDefinition[];
  /** Defaults of those that have another one here. */
  readonly ownDefaults: ReadonlyMap<ByteString, ByteString>;
}

const GENERATED = { '2.4.1': rows241, '2.4.5': rows245 } as const;

/** What a generated module holds of one version. */
export interface TableRows {
  readonly settingRows: readonly SettingRow[];
  readonly settingStructs: readonly (number | readonly number[])[];
  readonly structRows: readonly StructRow[];
  readonly singleProcessServices: readonly string[];
  readonly builtInFilters: readonly BuiltInFilterRow[];
}

/** The settings that one version knows. A run looks at few of them: what stands for one is made when it is asked for. */
export class SettingsTable {
  readonly version: Version24;
  readonly structs: readonly StructDefinition[];
  /** Built-in services whose `process_limit` must be 1. */
  readonly singleProcessServices: readonly string[];
  readonly builtInFilters: readonly BuiltInFilterRow[];
  readonly #rows: readonly SettingRow[];
  readonly #indexes = new Map<ByteString, number>();
  readonly #definitions: (SettingDefinition | undefined)[] = [];
  readonly #structsOf: TableRows['settingStructs'];
  readonly #authStruct: number;
  readonly #filterNames = new Set<ByteString>();
  readonly #prefixCache = new Map<ByteString, ByteString | null>();
  #structsByName: ReadonlyMap<ByteString, StructDefinition> | undefined;
  #iteration: readonly SettingDefinition[] | undefined;

  constructor(version: Version24, { settingRows, structRows, ...rest }: TableRows) {
    this.version = version;
    this.#rows = settingRows;
    for (let index = 0; index < settingRows.length; index++) {
      const row = settingRows[index];
      if (row === undefined) continue;
      this.#indexes.set(row[0], index);
      if (row[1] === 'filter') this.#filterNames.add(row[0]);
    }
    this.#structsOf = rest.settingStructs;
    this.structs = structRows.map((row) => new Struct(row, (index) => this.#settingAt(index)));
    this.singleProcessServices = rest.singleProcessServices;
    this.builtInFilters = rest.builtInFilters;
    this.#authStruct = structRows.findIndex(([name]) => name === 'auth');
  }

  /** Every setting in the order in which Dovecot learns of them. */
  get settings(): readonly SettingDefinition[] {
    return this.#rows.flatMap((_, index) => this.#settingAt(index) ?? []);
  }

  #settingAt(index: number): SettingDefinition | undefined {
    const known = this.#definitions[index];
    const row = this.#rows[index];
    if (known !== undefined || row === undefined) return known;
    const structs = this.#structsOf[index] ?? [];
    const definition = definitionOf(row, typeof structs === 'number' ? [structs] : structs);
    this.#definitions[index] = definition;
    return definition;
  }

  findSetting(name: ByteString): SettingDefinition | undefined {
    const index = this.#indexes.get(name);
    return index === undefined ? undefined : this.#settingAt(index);
  }

  /** The setting a key such as `list/key` begins with. */
  findSettingOfKey(key: ByteString): SettingDefinition | undefined {
    const slash = key.indexOf('/');
    return this.findSetting(slash === -1 ? key : key.slice(0, slash));
  }

  findStruct(name: ByteString): StructDefinition | undefined {
    this.#structsByName ??= new Map(this.structs.map((struct) => [struct.name, struct]));
    return this.#structsByName.get(name);
  }

  /** Settings that auth reads from the global level only: refused inside local and remote. */
  isAuthSetting(definition: SettingDefinition): boolean {
    return definition.structs.includes(this.#authStruct);
  }

  /** The struct that Dovecot names first for a setting: the one it met last (Dovecot 2.4.1 config-parser.c). */
  leadingStruct(definition: SettingDefinition): StructDefinition | undefined {
    return this.structs[definition.structs[definition.structs.length - 1] ?? -1];
  }

  /** Whether `F_key` may stand for `key` inside `F { }`: named filters themselves never do. */
  isPrefixable(key: ByteString): boolean {
    const definition = this.findSettingOfKey(key);
    return definition !== undefined && definition.type !== 'filter';
  }

  /** The longest named filter whose name begins a key: `ssl_server` of `ssl_server_cert_file`; null if none does. */
  filterOfKey(key: ByteString): ByteString | null {
    const slash = key.indexOf('/');
    const name = slash === -1 ? key : key.slice(0, slash);
    let prefix = this.#prefixCache.get(name);
    if (prefix === undefined) {
      prefix = this.#longestFilter(name);
      if (this.findSetting(name) === undefined) return prefix;
      this.#prefixCache.set(name, prefix);
    }
    return prefix;
  }

  #longestFilter(name: ByteString): ByteString | null {
    for (let end = name.lastIndexOf('_'); end > 0; end = name.lastIndexOf('_', end - 1)) {
      const filter = name.slice(0, end);
      if (this.#filterNames.has(filter)) return filter;
    }
    return null;
  }

  /** All settings in the order in which Dovecot walks its hash table of keys; hints list names in this order. */
  settingsInHashOrder(): readonly SettingDefinition[] {
    if (this.#iteration === undefined) {
      const buckets: SettingDefinition[][] = Array.from({ length: BUCKETS }, () => []);
      for (const definition of this.settings) buckets[hashOf(definition.name) % BUCKETS]?.push(definition);
      this.#iteration = buckets.flat();
    }
    return this.#iteration;
  }
}

const tables = new Map<Version24, SettingsTable>();

/** The table of a version, built at the first use. */
export function settingsTable(version: Version24): SettingsTable {
  let table = tables.get(version);
  if (table === undefined) {
    table = new SettingsTable(version, GENERATED[version]());
    tables.set(version, table);
  }
  return table;
}

class Struct implements StructDefinition {
  readonly name: ByteString;
  readonly hasCheck: boolean;
  readonly #row: StructRow;
  readonly #settingAt: (index: number) => SettingDefinition | undefined;
  #members: readonly SettingDefinition[] | undefined;
  #ownDefaults: ReadonlyMap<ByteString, ByteString> | undefined;

  constructor(row: StructRow, settingAt: (index: number) => SettingDefinition | undefined) {
    this.name = row[0];
    this.hasCheck = row[1] === 1;
    this.#row = row;
    this.#settingAt = settingAt;
  }

  get members(): readonly SettingDefinition[] {
    this.#members ??= this.#row[2].flatMap((member) => {
      if (typeof member === 'number') return this.#settingAt(member) ?? [];
      const definition = this.#settingAt(member[0]);
      return definition === undefined ? [] : { ...definition, text: member[1], rawText: member[1] };
    });
    return this.#members;
  }

  get ownDefaults(): ReadonlyMap<ByteString, ByteString> {
    this.#ownDefaults ??= new Map(
      this.#row[2].flatMap((member) =>
        typeof member === 'number' ? [] : [[this.#settingAt(member[0])?.name ?? '', member[1]] as const],
      ),
    );
    return this.#ownDefaults;
  }
}

const NO_VALUES: readonly ByteString[] = [];

function definitionOf(row: SettingRow, structs: readonly number[]): SettingDefinition {
  const type = row[1];
  const rawText = row[2];
  const values = type === 'enum' ? rawText.split(':') : NO_VALUES;
  return {
    name: row[0],
    type,
    text: type === 'enum' ? (values[0] ?? '') : rawText,
    rawText,
    values,
    hidden: row[3] === 1,
    nameField: type === 'list_filter' ? (row[4] ?? null) : null,
    required: row[5] ?? null,
    aliasOf: type === 'alias' ? (row[4] ?? null) : null,
    structs,
  };
}

/** Hash of Dovecot 2.4.1 hash.c `str_hash`. */
function hashOf(text: ByteString): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) {
    hash = ((hash << 4) + text.charCodeAt(i)) >>> 0;
    const high = hash & 0xf0000000;
    if (high !== 0) {
      hash = (hash ^ (high >>> 24)) >>> 0;
      hash = (hash ^ high) >>> 0;
    }
  }
  return hash;
}

/** Size of Dovecot's table of keys: the prime it takes for 500. */
const BUCKETS = 521;
