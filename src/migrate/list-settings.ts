import type { ByteString } from '../../grammar/bytes.js';
import type { ChangeDraft, NewStatement } from './change.js';
import { draft, type OldSetting, section, setting, unchanged } from './old-setting.js';
import type { Translation } from './translation.js';
import { writtenKey } from './value-text.js';

/** An element of a 2.3 list that 2.4 writes in another way, or not at all. */
export interface ListWord {
  /** null: 2.4 has no such element. */
  readonly word: ByteString | null;
  readonly change?: ChangeDraft;
}

export interface ListOptions {
  /** What the reader of the setting splits its value at. */
  readonly separators?: RegExp;
  readonly word?: (word: ByteString) => ListWord;
  /** 2.4 name, where it is another one. */
  readonly key?: ByteString;
  readonly changes?: readonly ChangeDraft[];
}

const BLANKS = /[ \t]+/;

/** What an element of a list on one line may not hold unquoted (config-language.md section 2.4). */
const NOT_BARE = /[\s,"'#]|^<|^\$(?:SET|ENV):|\\$/;

/**
 * A list of 2.3 as a boolean list of 2.4. `key = $key x` adds to the value around it, which is a block in 2.4; where the
 * global value changes behind a filter, the whole list stands there, as 2.3 took the value known at that point.
 */
export function translateList(old: OldSetting, t: Translation, options: ListOptions = {}): NewStatement[] {
  const key = options.key ?? old.key;
  const changes = [...(options.changes ?? [])];
  let adds = false;
  const words: ByteString[] = [];
  for (const word of splitList(old.value.text, options.separators ?? BLANKS)) {
    if (old.value.form !== 'variable' || !word.startsWith('$')) words.push(word);
    else if (word === `$${old.key}`) {
      if (isCopied(old, t)) words.push(...splitList(t.known(old.key) ?? '', options.separators ?? BLANKS));
      else adds = true;
    } else words.push(...splitList(t.known(word.slice(1)) ?? word, options.separators ?? BLANKS));
  }
  const kept: ByteString[] = [];
  for (const word of words) {
    const { word: now, change } = options.word?.(word) ?? { word };
    if (change !== undefined) changes.push(change);
    if (now !== null && !kept.includes(now)) kept.push(now);
  }
  if (adds) {
    const reason = `2.4 adds to a list in a block, ${old.key} { name = yes }.`;
    const body = kept.map((word) => setting(writtenKey(word), 'yes'));
    if (body.length === 0) return commentOf(old, changes, reason);
    return [withRemark(section(key, null, body, [draft('DV725', 'exact', reason, old), ...changes]), old)];
  }
  if (old.value.form === 'variable' && words.join(' ') !== old.value.text)
    changes.unshift(draft('DV726', 'exact', 'The value at this point stands in the place of $name.', old));
  return [listStatement(key, kept, old, changes)];
}

/** A whole list: on one line, or as a block where an element needs quotes. */
function listStatement(
  key: ByteString,
  words: readonly ByteString[],
  old: OldSetting,
  changes: readonly ChangeDraft[],
): NewStatement {
  if (words.some((word) => NOT_BARE.test(word)))
    return section(
      key,
      null,
      words.map((word) => setting(writtenKey(word), 'yes')),
      [draft('DV725', 'exact', '2.4 writes an element with special characters in a block.', old), ...changes],
    );
  const value = words.join(' ');
  const isSame = value === old.value.text && key === old.key && old.value.form === 'text';
  return isSame && changes.length === 0 ? unchanged(old) : setting(key, value, old, changes);
}

export function splitList(text: ByteString, separators: RegExp): ByteString[] {
  return text.split(separators).filter((word) => word !== '');
}

function isCopied(old: OldSetting, t: Translation): boolean {
  return old.frames.length > 0 && t.isAssignedLater(old.key, old.order);
}

function commentOf(old: OldSetting, changes: readonly ChangeDraft[], reason: string): NewStatement[] {
  const text = old.source.text.slice(old.node.keySpan.start, old.node.span.end).trim().split('\n');
  return text.map((line, at) => ({
    kind: 'comment',
    text: `#${line}`,
    ...(at === 0
      ? { changes: [draft('DV725', 'exact', `It adds nothing. ${reason}`, old), ...changes] }
      : {}),
  }));
}

function withRemark(statement: NewStatement, old: OldSetting): NewStatement {
  return old.remark === '' || statement.kind !== 'section' ? statement : { ...statement, remark: old.remark };
}
