import type { ByteString } from '../../grammar/bytes.js';
import { changeOf } from '../knowledge/changes.js';
import type { ChangeDraft } from './change.js';
import { newType } from './new-settings.js';
import { draft, type OldSetting } from './old-setting.js';
import type { Translation } from './translation.js';

export interface ResolvedValue {
  readonly text: ByteString;
  /** `raw`: references are left in the text (`$SET:name`, `$ENV:NAME`). */
  readonly form?: 'raw';
  readonly changes: readonly ChangeDraft[];
}

/**
 * The value without 2.3's `$name`: a setting that 2.4 has under the same name is referred to by `$SET:name`, of any
 * other the value at this point stands in its place.
 */
export function resolveValue(old: OldSetting, t: Translation, inlineAll = false): ResolvedValue {
  const { value } = old;
  if (value.form !== 'variable') return { text: value.text, changes: [] };
  let raw = false;
  let changed = false;
  const words = value.text.split(/[ \t]+/).map((word) => {
    if (!word.startsWith('$')) return word;
    if (word.startsWith('$ENV:')) {
      raw = true;
      return word;
    }
    const name = word.slice(1);
    const text = t.known(name);
    if (text === null) return word;
    changed = true;
    if (!inlineAll && isReferable(name)) {
      raw = true;
      return `$SET:${name}`;
    }
    return text;
  });
  const text = words.join(' ');
  const changes = changed
    ? [draft('DV726', 'exact', `2.4 writes $SET:name where 2.3 writes $name.`, old)]
    : [];
  return { text, changes, ...(raw ? { form: 'raw' as const } : {}) };
}

/** Whether `$SET:name` of 2.4 is what `$name` of 2.3 was. */
function isReferable(name: ByteString): boolean {
  const type = newType(name);
  if (type === undefined || type === 'boollist' || type === 'strlist' || type === 'file') return false;
  const change = changeOf(name);
  return change === undefined || change.kind === 'same_name_changed_default';
}
