import type { ByteString } from '../../grammar/bytes.js';
import type { Span } from '../../grammar/source.js';
import type { Series } from '../knowledge/versions.js';
import { inspect23 } from './dovecot-2.3/inspect.js';
import { inspect24 } from './dovecot-2.4/inspect.js';

/** A variable that a template uses, nested ones and arguments included. */
export interface TemplateVariable {
  /** Long name in the template's own language (`user` for 2.3 `%u`); the letter where there is none (`!`). */
  readonly name: ByteString;
  /** As it was written: `u`, `user`, `passdb:host`. */
  readonly written: ByteString;
  readonly span: Span;
  /** `passdb` of `passdb:host`, else null. */
  readonly prefix: ByteString | null;
  /** The auth process has it, always: its own table, `passdb:`, `userdb:`, or a prefix that Dovecot answers itself. */
  readonly known: boolean;
  /** The same in this language, where the name is one of the other series: `%{remote_ip}` for `%{rip}` in 2.4. */
  readonly suggestion: ByteString | null;
}

export type TemplateProblemKind =
  /** 2.4 refuses the text; `message` is Dovecot's. */
  | 'syntax'
  /** 2.4.1 dies while it parses. */
  | 'crash'
  /** 2.3 reads past the end of the text. */
  | 'unclosed'
  /** 2.3 silently drops a variable that the end of the text cuts short. */
  | 'cut-short'
  /** A byte inside `%{}` that 2.4 skips silently. */
  | 'ignored-byte'
  /** A text of exactly `y` that 2.4.1 drops. */
  | 'lost-text'
  /** 2.3 syntax in a 2.4 text: it stays as it is written. */
  | 'old-syntax'
  /** 2.4 syntax in a 2.3 text: an unknown variable. */
  | 'new-syntax'
  /** A step that is no filter of 2.4; `message` is Dovecot's. */
  | 'unknown-function'
  /** A filter of 2.4 at the place of a variable; `message` is Dovecot's. */
  | 'filter-without-value'
  /** A function of 2.3 whose arguments never work; `message` is Dovecot's. */
  | 'bad-function';

export interface TemplateProblem {
  readonly kind: TemplateProblemKind;
  readonly message: ByteString;
  readonly span: Span;
  /** What to write instead of the span, where that is certain. */
  readonly suggestion: ByteString | null;
}

export interface TemplateInspection {
  readonly variables: readonly TemplateVariable[];
  readonly problems: readonly TemplateProblem[];
}

/** What a template uses and what is wrong with it, without a request. */
export function inspectTemplate(series: Series, template: ByteString): TemplateInspection {
  if (!template.includes('%')) return { variables: [], problems: [] };
  return series === '2.3' ? inspect23(template) : inspect24(template);
}
