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

export type KeyValueRow = readonly [key: string, value: string];

export type StructRow = readonly [
  name: string,
  hasCheck: 0 | 1,
  members: readonly (number | readonly [index: number, text: string])[],
  defaults: readonly KeyValueRow[],
];

export type ServiceRow = readonly [
  name: string,
  singleProcess: 0 | 1,
  values: readonly KeyValueRow[],
  below: readonly KeyValueRow[],
];
