import type { ByteString } from '../../../grammar/bytes.js';
import type { ChangeDraft, ChangeKind, NewStatement } from '../change.js';
import type { ChangeCode } from '../change-codes.js';
import { draft, type OldSetting } from '../old-setting.js';
import { resolveValue } from '../references.js';
import { translateSimple } from '../settings/simple-settings.js';
import type { Translation } from '../translation.js';

/** The value of a plugin setting with 2.4 variables. */
export function pluginText(old: OldSetting, t: Translation, text?: ByteString) {
  const resolved = resolveValue(old, t, true);
  const translated = t.string(text ?? resolved.text, old);
  return { text: translated.text, changes: [...resolved.changes, ...translated.changes] };
}

/** A plugin setting as a global one of another name. */
export function moved(
  old: OldSetting,
  t: Translation,
  key: ByteString,
  code: ChangeCode,
  reason = `2.4 calls the plugin setting ${old.key} ${key}.`,
  kind: ChangeKind = 'exact',
): readonly NewStatement[] {
  return translateSimple(old, t, key, [draft(code, kind, reason, old)]);
}

/** A block in the place of a plugin setting. */
export function block(
  key: ByteString,
  name: ByteString | null,
  body: readonly NewStatement[],
  old: OldSetting,
  changes: readonly ChangeDraft[],
): NewStatement {
  return {
    kind: 'section',
    key,
    name,
    body,
    changes,
    ...(old.remark === '' ? {} : { remark: old.remark }),
  };
}

/** What another setting of the same group said already: nothing stands here. */
export function said(old: OldSetting, code: ChangeCode, where: string): readonly NewStatement[] {
  const change = draft(code, 'exact', `It is part of ${where}.`, old);
  return [{ kind: 'comment', text: `# 2.3 only: ${old.key} is part of ${where}`, changes: [change] }];
}
