import type { ByteString } from '../../grammar/bytes.js';
import type { Place, Source } from '../../grammar/source.js';
import type { ChangeCode } from './change-codes.js';

/**
 * How sure a change is. `exact`: 2.4 does the same. `equivalent`: the same for what this configuration uses, or with a
 * small difference that the reason names. `decide`: an administrator has to say; the default is what was written.
 */
export type ChangeKind = 'exact' | 'equivalent' | 'decide';

export interface Question {
  /** What `--answer KEY=CHOICE` names: the code alone, or `CODE/subject` where one code asks several times. */
  readonly key: string;
  readonly text: string;
  readonly choices: readonly { readonly name: string; readonly meaning: string }[];
  readonly default: string;
}

/** A change as the translation of one statement makes it; where the new text stands is known when all is written. */
export interface ChangeDraft {
  readonly code: ChangeCode;
  readonly kind: ChangeKind;
  /** One or two sentences for an administrator. */
  readonly reason: string;
  /** The 2.3 text; null: 2.3 did it by default, nothing was written. */
  readonly old: Place | null;
  readonly question?: Question;
}

/** One change of a finished migration. Texts are as written, secrets included: reporters mask them. */
export interface Change extends Omit<ChangeDraft, 'old'> {
  readonly old: (Place & { readonly text: ByteString }) | null;
  /** null: nothing stands in its place. `file` is the path in the new tree, lines count from 1. */
  readonly new: { readonly file: string; readonly line: number; readonly text: ByteString } | null;
}

/** The statements of a new file. Quotes and line ends are the writer's (`write-statements.ts`). */
export type NewStatement = NewSetting | NewSection | NewInclude | NewComment | NewBlank | NewGroup;

interface NewLine {
  /** White space before it, as in the old file; left out: one step deeper than the section around it. */
  readonly indent?: ByteString;
  readonly changes?: readonly ChangeDraft[];
}

export interface NewSetting extends NewLine {
  readonly kind: 'setting';
  readonly key: ByteString;
  /** The value itself; the writer quotes it where the language needs it. */
  readonly value: ByteString;
  /** `raw`: the value is written as it is (`<path`, `$SET:name`). */
  readonly form?: 'raw';
  /** An unchanged statement as it stands in the old file, from its key to its end; it is written so. */
  readonly verbatim?: ByteString;
  /** Comment behind the value, with its `#`. */
  readonly remark?: ByteString;
}

export interface NewSection extends NewLine {
  readonly kind: 'section';
  readonly key: ByteString;
  /** null: a filter without a name such as `ssl_server {`. */
  readonly name: ByteString | null;
  readonly body: readonly NewStatement[];
  readonly remark?: ByteString;
  /** Comment behind the closing brace. */
  readonly endRemark?: ByteString;
}

interface NewInclude extends NewLine {
  readonly kind: 'include';
  readonly pattern: ByteString;
  readonly optional: boolean;
  /** Paths, as Dovecot names them, of the files that it reads, for `--single-file`. */
  readonly files: readonly string[];
  readonly remark?: ByteString;
}

export interface NewComment extends NewLine {
  readonly kind: 'comment';
  /** One line, from its `#`. */
  readonly text: ByteString;
}

interface NewBlank extends NewLine {
  readonly kind: 'blank';
}

/** Statements that stand in the place of one old statement: their lines together are the new text of the changes. */
interface NewGroup extends NewLine {
  readonly kind: 'group';
  readonly statements: readonly NewStatement[];
}

/** What a string of 2.3 with variables becomes. */
export interface TranslatedString {
  readonly text: ByteString;
  readonly changes: readonly ChangeDraft[];
}

/** Where a string stands: which variables it may hold follows from the 2.3 setting. */
export interface StringContext {
  /** 2.3 path: `login_log_format_elements`, `mail_location`, `plugin/quota_rule`, `passdb/args`, `sql.conf.ext:user_query`. */
  readonly setting: string;
  readonly place: Place;
}

/** A file of the new tree that stands in the place of an old one. */
export interface NewFile {
  /** The 2.3 file: its path, mode and owner are those of the new one. */
  readonly source: Source;
  readonly statements: readonly NewStatement[];
}
