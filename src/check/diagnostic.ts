import type { ByteString } from '../../grammar/bytes.js';
import type { Place } from '../../grammar/source.js';
import type { DovecotStage } from '../config/problem.js';

export type Severity = 'error' | 'warning' | 'info';

/** One finding. Wording is the rule's, layout the reporter's. */
export interface Diagnostic {
  /** `DV301`. */
  readonly code: string;
  /** The rule's name: `skip-value-of-userdb`. */
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  /** null: belongs to the configuration as a whole. */
  readonly place: Place | null;
  readonly dovecot: { readonly message: ByteString; readonly stage: DovecotStage } | null;
  readonly related: readonly { readonly message: string; readonly place: Place }[];
  /** What to do, one sentence; '' where the message says it already. */
  readonly help: string;
  readonly fixes: readonly Fix[];
}

export interface Fix {
  readonly title: string;
  /** Keeps the meaning, or is what Dovecot did anyway: may be applied without asking. */
  readonly safe: boolean;
  readonly edits: readonly { readonly place: Place; readonly text: ByteString }[];
}
