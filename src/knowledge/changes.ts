import { changeRows } from './generated/changes-2.3-to-2.4.js';

type ChangeKind =
  | 'same_name_changed_type'
  | 'same_name_changed_default'
  | 'same_name_changed_type_and_default'
  | 'renamed'
  | 'renamed_inverted'
  | 'renamed_file'
  | 'split'
  | 'split_file'
  | 'replaced'
  | 'converted'
  | 'moved'
  | 'syntax'
  | 'removed'
  | 'removed_or_renamed';

export type ChangeRow = readonly [old: string, change: ChangeKind, names: string, note?: string];

/** What became of a 2.3 setting in 2.4. */
export interface SettingChange {
  /** `mail_location`, `passdb/args`, `plugin/quota`, `dovecot-sql.conf.ext:connect`. */
  readonly old: string;
  readonly kind: ChangeKind;
  readonly names: readonly string[];
  readonly note: string | null;
}

let byName: Map<string, SettingChange> | undefined;

/** The change of a 2.3 name; undefined: the name is the same in 2.4, or was none in 2.3. */
export function changeOf(old: string): SettingChange | undefined {
  byName ??= new Map(
    changeRows.map(([name, kind, names, note]) => [
      name,
      { old: name, kind, names: names === '' ? [] : names.split(' '), note: note ?? null },
    ]),
  );
  return byName.get(old);
}

let byNewName: Map<string, string> | undefined;

/** The 2.3 setting behind a name that only 2.4 has; undefined where there is none. */
export function formerNameOf(name: string): string | undefined {
  if (byNewName === undefined) {
    byNewName = new Map();
    for (const [old, kind, names] of changeRows) {
      if (kind.startsWith('same_name') || old.startsWith('plugin/')) continue;
      for (const now of names.split(' ')) if (now !== '' && !byNewName.has(now)) byNewName.set(now, old);
    }
  }
  return byNewName.get(name);
}
