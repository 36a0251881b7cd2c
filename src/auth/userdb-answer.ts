import type { ByteString } from '../../grammar/bytes.js';
import type { ResultRule, UserdbBlock } from '../config/effective.js';
import type { Origin } from '../config/origin.js';
import type { AnswerField, AuthAnswer } from './answer.js';
import type { LogEntry, Query } from './driver.js';
import type { AuthRequest } from './request.js';

export type UserdbResult = 'found' | 'unknown' | 'internal_failure';

/** One userdb as the walk met it. */
export interface UserdbStep {
  readonly userdb: UserdbBlock;
  readonly action: 'lookup' | 'skipped' | 'not_reached';
  readonly reason: string;
  readonly result: UserdbResult | null;
  readonly rule: {
    readonly setting: 'result_success' | 'result_failure' | 'result_internalfail';
    readonly value: ResultRule;
    readonly origin: Origin | null;
  } | null;
  readonly next: 'stop' | 'continue' | null;
  readonly queries: readonly Query[];
}

/** Who is looked up. */
export interface UserdbQuestion {
  readonly request: AuthRequest;
  /** The login that came before; null: a look-up of the name alone, as LMTP and `doveadm user` make it. */
  readonly login: AuthAnswer | null;
}

export interface UserdbAnswer {
  readonly result: UserdbResult;
  readonly user: ByteString;
  /** In Dovecot's order; behind a login with what the auth process adds (`auth_mech`, `auth_user`, ...). */
  readonly fields: readonly AnswerField[];
  /** Why it is a temporary failure, where a field says so. */
  readonly reason: ByteString | null;
  readonly steps: readonly UserdbStep[];
  readonly log: readonly LogEntry[];
}
