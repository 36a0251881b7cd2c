import type { ByteString } from '../../grammar/bytes.js';
import type { ConfValue, Setting } from '../../grammar/dovecot-conf/tree.js';
import type { Place, Source } from '../../grammar/source.js';
import type { ChangeDraft, ChangeKind, NewComment, NewSetting, NewStatement, Question } from './change.js';
import type { ChangeCode } from './change-codes.js';

/** A section of 2.3 around a statement. */
export interface Frame {
  readonly key: ByteString;
  readonly name: ByteString | null;
}

/** One `key = value` of 2.3 on its way. */
export interface OldSetting {
  readonly source: Source;
  readonly node: Setting;
  /** The last part of the key as written. */
  readonly key: ByteString;
  /** As the table of changes names it: `mail_location`, `namespace/location`, `plugin/quota`. */
  readonly path: string;
  readonly value: ConfValue;
  /** Comment behind it. */
  readonly remark: ByteString;
  /** Sections around it, outermost first. */
  readonly frames: readonly Frame[];
  /** Its place among all assignments, in the order of reading. */
  readonly order: number;
}

/** The statement without its indentation and line end. */
export function placeOf({ source, node }: OldSetting): Place {
  const behind = source.text.slice(node.keySpan.start, Math.max(node.value.span.end, node.keySpan.end));
  return { source, span: { start: node.keySpan.start, end: node.keySpan.start + behind.trimEnd().length } };
}

export function draft(
  code: ChangeCode,
  kind: ChangeKind,
  reason: string,
  old: OldSetting,
  question?: Question,
): ChangeDraft {
  return { code, kind, reason, old: placeOf(old), ...(question === undefined ? {} : { question }) };
}

/** The statement as it stands. */
export function unchanged(old: OldSetting): NewSetting {
  const { source, node } = old;
  const start = node.keySpan.end;
  const verbatim = old.key + source.text.slice(start, node.span.end).trimEnd();
  return { kind: 'setting', key: old.key, value: node.value.text, verbatim };
}

/** A setting in the place of an old one; the comment behind it goes along. */
export function setting(
  key: ByteString,
  value: ByteString,
  old?: OldSetting,
  changes: readonly ChangeDraft[] = [],
  form?: 'raw',
): NewSetting {
  return {
    kind: 'setting',
    key,
    value,
    ...(form === undefined ? {} : { form }),
    ...(old === undefined || old.remark === '' ? {} : { remark: old.remark }),
    ...(changes.length === 0 ? {} : { changes }),
  };
}

export function section(
  key: ByteString,
  name: ByteString | null,
  body: readonly NewStatement[],
  changes: readonly ChangeDraft[] = [],
): NewStatement {
  return { kind: 'section', key, name, body, ...(changes.length === 0 ? {} : { changes }) };
}

/** What has no place in 2.4 stays as a comment, with the reason above it. */
export function commentedOut(old: OldSetting, change: ChangeDraft): readonly NewComment[] {
  const { source, node } = old;
  const text = source.text.slice(node.keySpan.start, node.span.end).trimEnd();
  return [
    { kind: 'comment', text: `# 2.3 only: ${change.reason}`, changes: [change] },
    ...text.split('\n').map((line): NewComment => ({ kind: 'comment', text: `#${line.trimEnd()}` })),
  ];
}
