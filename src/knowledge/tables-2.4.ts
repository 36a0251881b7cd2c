/** Structural kind of a 2.4 setting, as Dovecot's own tables name it. */
export type SettingType =
  | 'bool'
  | 'uintmax'
  | 'uint'
  | 'uint_oct'
  | 'time'
  | 'time_msecs'
  | 'size'
  | 'in_port'
  | 'str'
  | 'str_novars'
  | 'enum'
  | 'file'
  | 'strlist'
  | 'boollist'
  | 'alias'
  | 'filter'
  | 'list_filter';

/** name, type, default as doveconf shows it (enum: all values), hidden, name field (or aliased name), required setting. */
export type SettingRow = readonly [
  name: string,
  type: SettingType,
  text: string,
  hidden?: 0 | 1,
  nameField?: string,
  required?: string,
];

/** name, has a check, settings (index, or index with a default of its own). */
export type StructRow = readonly [
  name: string,
  hasCheck: 0 | 1,
  members: readonly (number | readonly [index: number, text: string])[],
];

/** A text; names of sections; elements of a list by turns with their values, and whether they were assigned as a whole. */
export type BuiltInValueRow =
  | readonly [setting: string, text: string]
  | readonly [setting: string, names: readonly string[]]
  | readonly [setting: string, elements: readonly string[], replaced: 0 | 1];

/** Flags of a built-in filter: it is a named list filter's; it holds defaults (else it is of a built-in group); its required setting is there. */
export const OF_LIST = 1;
export const OF_DEFAULTS = 2;
export const REQUIRED_SEEN = 4;

/**
 * A filter that Dovecot has built in: number of its parent among the filters, its name, flags, and its values; `served`:
 * as servers read them, where that differs from doveconf's reading.
 */
export type BuiltInFilterRow = readonly [
  parent: number,
  name: string,
  flags: number,
  values: readonly BuiltInValueRow[],
  served?: readonly BuiltInValueRow[],
];
