import type { ByteString } from '../../grammar/bytes.js';
import { nameTable } from '../../grammar/name-table.js';
import { settingRows } from '../knowledge/generated/settings-2.4.1.js';
import type { SettingType } from '../knowledge/tables-2.4.js';

let types: Map<ByteString, SettingType> | undefined;

/** The kind of a 2.4 setting by its full name; undefined: 2.4 has none of that name. */
export function newType(name: ByteString): SettingType | undefined {
  types ??= new Map(settingRows.map(([key, type]) => [key, type]));
  return types.get(name);
}

/** Sections of 2.3 whose settings have a prefix in 2.4. */
const PREFIXES: Readonly<Record<string, string>> = nameTable({
  namespace: 'namespace_',
  mailbox: 'mailbox_',
  service: 'service_',
  unix_listener: 'unix_listener_',
  fifo_listener: 'fifo_listener_',
  inet_listener: 'inet_listener_',
  metric: 'metric_',
  event_exporter: 'event_exporter_',
});

/** The full 2.4 name of a key inside a section of 2.3: `process_limit` in `service` is `service_process_limit`. */
export function fullName(section: ByteString | undefined, key: ByteString): ByteString {
  const prefix = section === undefined ? undefined : PREFIXES[section];
  return prefix !== undefined && newType(prefix + key) !== undefined ? prefix + key : key;
}
