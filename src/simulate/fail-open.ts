import { toUtf8 } from '../../grammar/bytes.js';
import type { AuthAnswer, ChainStep } from '../auth/answer.js';
import { passdbLogName } from '../auth/passdb-lists.js';
import type { LoginDecision } from '../proxy/login-decision.js';
import type { Note } from './simulation.js';

/** A walk that let somebody in, and what the login process does then. */
export interface LetIn {
  readonly answer: AuthAnswer;
  readonly decision: LoginDecision;
}

/**
 * Whether a login succeeds that nobody has checked. `wrong`: the walk of the same question with a wrong password, or
 * of a look-up as it is; `right`: the walk with the right one. null: a password counts here.
 */
export function failOpenNote(wrong: LetIn, right: AuthAnswer, lookup: boolean): Note | null {
  const { answer, decision } = wrong;
  const culprit = answer.steps.find((step) => step.action === 'lookup' && letsIn(step));
  if (culprit !== undefined) return acceptedByRule(culprit, lookup);
  if (lookup) return null;
  const by = decidingPassdb(answer);
  const where = by === decidingPassdb(right) ? 'here' : `by passdb ${by}`;
  switch (decision.kind) {
    case 'local':
      return {
        code: 'fail_open',
        rule: 'DV422',
        message: `any password is accepted ${where}, and nothing behind it checks one`,
      };
    case 'proxy':
      return acceptedForBackend(answer, decision, where);
    case 'nologin':
    case 'referral':
    case 'failed':
      return { code: 'any_password', message: `any password is accepted ${where}` };
  }
}

function acceptedForBackend(
  answer: AuthAnswer,
  { destination }: Extract<LoginDecision, { kind: 'proxy' }>,
  where: string,
): Note {
  const own = answer.fields.some((field) => field.name === 'pass' && field.from.kind !== 'auth');
  if (!destination.noAuth && !own)
    return {
      code: 'any_password',
      message: `any password is accepted ${where}: the backend has to check it`,
    };
  const sent = own ? "the passdb's own password" : 'none';
  return {
    code: 'fail_open',
    message: `any password is accepted ${where}, and the backend gets ${sent}: nobody checks the client's`,
  };
}

function decidingPassdb({ steps }: AuthAnswer): string {
  const step = steps.findLast(({ action }) => action === 'lookup');
  return step === undefined ? '' : toUtf8(passdbLogName(step.passdb));
}

function acceptedByRule(step: ChainStep, lookup: boolean): Note {
  const rule = `${step.rule?.setting} = ${step.rule?.value}`;
  const what = lookup
    ? 'users that are in no database are accepted'
    : 'a wrong password is accepted as well, and so is an unknown user';
  const down = step.result === 'internal_failure';
  return {
    code: 'fail_open',
    rule: down ? 'DV304' : 'DV303',
    message: `${down ? 'everybody is accepted while the database is down' : what}: ${rule} of passdb ${toUtf8(passdbLogName(step.passdb))}`,
  };
}

/** A rule for failures that makes the login succeed. */
function letsIn(step: ChainStep): boolean {
  const value = step.rule?.value;
  return step.result !== 'ok' && step.result !== 'next' && (value === 'return-ok' || value === 'continue-ok');
}
