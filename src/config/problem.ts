import type { ByteString } from '../../grammar/bytes.js';
import type { Place } from '../../grammar/source.js';

/** Which rule of `check` a problem of loading belongs to; the settings layer names the kind, `check` gives it a code. */
export type ConfigProblemKind =
  | 'syntax'
  | 'ambiguous-hash'
  | 'lost-continuation'
  | 'unclosed-section'
  | 'unknown-setting'
  | 'unknown-section'
  | 'wrong-place'
  | 'invalid-boolean'
  | 'invalid-enum'
  | 'invalid-number'
  | 'invalid-time'
  | 'invalid-size'
  | 'invalid-port'
  | 'invalid-list'
  | 'invalid-section-name'
  | 'duplicate-section'
  | 'missing-required'
  | 'version-line'
  | 'filter-nesting'
  | 'include-missing'
  | 'include-unreadable'
  | 'include-loop'
  | 'unknown-variable'
  | 'variable-syntax'
  | 'obsolete-setting'
  | 'shadowed-global'
  | 'failed-check'
  | 'ext-unreadable'
  | 'ext-syntax'
  | 'ext-unknown-setting'
  | 'ext-invalid-value'
  | 'ext-missing-required'
  | 'main-unreadable';

/** Which of Dovecot's programs says `message`: at `doveconf`, when the auth process starts, at `dovecot` start, or later. */
export type DovecotStage = 'doveconf' | 'auth-start' | 'start' | 'runtime';

/** One finding of reading a configuration. All of them are kept, in the order in which Dovecot would meet them. */
export interface ConfigProblem {
  readonly kind: ConfigProblemKind;
  readonly severity: 'error' | 'warning';
  /** null: belongs to no place (e.g. `dovecot_storage_version setting must be set`). */
  readonly place: Place | null;
  /** Word for word what Dovecot says, without the `doveconf: Fatal: ` prefix; null where it says nothing. */
  readonly dovecot: { readonly message: ByteString; readonly stage: DovecotStage } | null;
  /** Dovecot says it as an error and goes on all the same: it does not refuse the configuration. */
  readonly survived?: true;
  /** What Dovecot's last, fatal line names as the reason where it is not `dovecot.message` once more. */
  readonly fatal?: ByteString;
  /** Dovecot's program ends with it and prints nothing. */
  readonly ends?: true;
  /** One sentence for an administrator. */
  readonly message: string;
  /** Names that could have been meant, best first. */
  readonly suggestions?: readonly string[];
  /** The setting, section or value the problem is about, for rules that look closer. */
  readonly subject?: {
    readonly name: ByteString;
    readonly value?: ByteString;
    readonly section?: ByteString;
  };
  readonly related?: readonly { readonly message: string; readonly place: Place }[];
}
