import type { ByteString } from '../../grammar/bytes.js';
import type { PassdbBlock, ResultRule } from '../config/effective.js';
import type { Origin } from '../config/origin.js';
import type { LogEntry, Query } from './driver.js';

/** Result of one passdb look-up (cli.md). */
export type PassdbResult =
  | 'ok'
  | 'password_mismatch'
  | 'user_unknown'
  | 'user_disabled'
  | 'pass_expired'
  | 'internal_failure'
  | 'scheme_not_available'
  | 'next';

/** A field of the answer. `value` null: present without a value (2.3 prints it bare). */
export interface AnswerField {
  readonly name: ByteString;
  readonly value: ByteString | null;
  /** Who set it last. */
  readonly from: FieldOrigin;
}

export type FieldOrigin =
  | { readonly kind: 'row'; readonly passdb: PassdbBlock; readonly column: ByteString }
  | {
      readonly kind: 'template';
      readonly passdb: PassdbBlock;
      readonly setting: string;
      readonly at: Origin | null;
    }
  | { readonly kind: 'client' }
  /** Added by the auth process itself: `proxy`, `pass`, `master`, `lip`, `hostip`, ... */
  | { readonly kind: 'auth'; readonly reason: string };

/** What one step did to one field. */
export interface FieldChange {
  readonly name: ByteString;
  readonly value: ByteString | null;
  readonly effect: 'set' | 'replaced' | 'removed' | 'kept' | 'rolled_back' | 'user' | 'password' | 'hidden';
  readonly from: FieldOrigin;
}

/** One passdb of the list as the walk met it. */
export interface ChainStep {
  readonly passdb: PassdbBlock;
  readonly action: 'lookup' | 'skipped' | 'not_reached';
  /** One sentence: why it was skipped, not reached, or what decided. */
  readonly reason: string;
  readonly userBefore: ByteString;
  readonly userAfter: ByteString;
  readonly result: PassdbResult | null;
  /** The rule that was applied, which setting it came from. */
  readonly rule: {
    readonly setting:
      | 'result_success'
      | 'result_failure'
      | 'result_internalfail'
      | 'noauthenticate'
      | 'deny'
      | 'always';
    readonly value: ResultRule | null;
    readonly origin: Origin | null;
  } | null;
  readonly next: 'stop' | 'continue' | null;
  readonly queries: readonly Query[];
  readonly fields: readonly FieldChange[];
  /** The password was not known and was taken as right here. */
  readonly passwordAssumed: boolean;
  readonly log: readonly LogEntry[];
}

/** What the auth process answers, and how it came to it. */
export interface AuthAnswer {
  readonly result: 'ok' | 'fail' | 'tempfail';
  /** Result of the look-up that ended the walk; null if none was made. */
  readonly passdbResult: PassdbResult | null;
  readonly code: 'temp_fail' | 'authz_fail' | 'user_disabled' | 'pass_expired' | null;
  /** Why an answer failed before any passdb was asked, as Dovecot words it. */
  readonly reason: string | null;
  /** Names at each stage. */
  readonly originalUser: ByteString;
  readonly user: ByteString;
  readonly masterUser: ByteString;
  /** Fields in Dovecot's order, behind `user=` and `code=`; includes original_user, auth_user, anonymous where sent. */
  readonly fields: readonly AnswerField[];
  /** Fields that were used but are never sent (allow_nets, userdb_*, ...). */
  readonly hiddenFields: readonly AnswerField[];
  readonly userdbFields: readonly AnswerField[];
  /** A passdb has given `userdb_` fields, be they NULL: what the prefetch userdb answers with. */
  readonly prefetch?: boolean;
  /** A `userdb_` field makes every userdb look-up behind this login a temporary failure. */
  readonly userdbTempfail?: boolean;
  readonly steps: readonly ChainStep[];
  readonly log: readonly LogEntry[];
  /** A password was needed, unknown, and taken as right at least once. */
  readonly passwordAssumed: boolean;
  readonly nodelay: boolean;
  /** Unix seconds of `delay_until`, or null. */
  readonly delayUntil: number | null;
  /**
   * 2.3: the list of fields is not empty but all of them are hidden, so the answer line holds an empty field
   * (auth-chain.md section 2.4).
   */
  readonly emptyField: boolean;
  /** Real Dovecot gives no answer here at all: what happens to it. null: it does. */
  readonly crash: string | null;
  /** What else happens in real Dovecot: a worker process that dies. */
  readonly remarks?: readonly string[];
  /** Databases that did not answer, for exit code 75 and a message that names the host. */
  readonly unreachable: readonly { readonly host: string; readonly reason: string }[];
}
