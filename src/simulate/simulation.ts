import type { ByteString } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import type { AuthRequest } from '../auth/request.js';
import type { UserdbAnswer } from '../auth/userdb-answer.js';
import type { LoginSettings } from '../config/effective.js';
import type { DovecotVersion } from '../knowledge/versions.js';
import type { LoginDecision } from '../proxy/login-decision.js';
import type { Question } from './question.js';

/** How a question ends (cli.md). */
export const OUTCOMES = [
  'ok_local',
  'ok_proxy',
  'ok_referral',
  'fail_password',
  'fail_unknown_user',
  'fail_disabled',
  'fail_policy',
  'fail_config',
  'tempfail',
  'loop',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** Something to know about an answer. */
export interface Note {
  readonly code:
    | 'lenient'
    | 'password_assumed'
    | 'any_password'
    | 'fail_open'
    | 'host_not_resolved'
    | 'unreachable'
    | 'not_asked'
    | 'crash'
    | 'flag'
    | 'warning';
  readonly message: string;
  /** The rule of `check` that finds it in the configuration. */
  readonly rule?: string;
}

/** One question with its answer, and what the login process would do with it. */
export interface Simulation {
  readonly version: DovecotVersion;
  readonly question: Question;
  readonly request: AuthRequest;
  readonly answer: AuthAnswer;
  /** What a mechanism tells its client before the login fails (the JSON of OAUTHBEARER and XOAUTH2). */
  readonly told?: ByteString;
  /** null: the auth process did not let the user in. */
  readonly decision: LoginDecision | null;
  readonly outcome: Outcome;
  /** What the login process works with; absent: it has nothing to do. */
  readonly login?: LoginSettings;
  /** What the userdbs say of a user that is not proxied; absent: none was asked. */
  readonly userdb?: UserdbAnswer;
  readonly notes: readonly Note[];
}

export function isOk(outcome: Outcome): boolean {
  return outcome === 'ok_local' || outcome === 'ok_proxy' || outcome === 'ok_referral';
}
