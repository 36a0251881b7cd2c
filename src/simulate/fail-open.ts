import { toUtf8 } from '../../grammar/bytes.js';
import type { AuthAnswer, ChainStep } from '../auth/answer.js';
import { passdbLogName } from '../auth/passdb-lists.js';
import type { LoginDecision } from '../proxy/login-decision.js';
import type { Note } from './simulation.js';

/**
 * Whether a login succeeds that nobody has checked. `wrong`: the walk of the same question with a wrong password, or
 * of a look-up as it is. null: a password counts here.
 */
export function failOpenNote(
  wrong: AuthAnswer,
  decision: LoginDecision | null,
  lookup: boolean,
): Note | null {
  if (wrong.result !== 'ok') return null;
  const culprit = wrong.steps.find((step) => step.action === 'lookup' && letsIn(step));
  if (culprit !== undefined) return acceptedByRule(culprit, lookup);
  if (lookup) return null;
  if (decision?.kind !== 'proxy')
    return decision?.kind === 'local' || decision === null
      ? {
          code: 'fail_open',
          rule: 'DV422',
          message: 'any password is accepted here, and nothing behind it checks one',
        }
      : { code: 'any_password', message: 'any password is accepted here' };
  const { destination } = decision;
  const own = wrong.fields.some((field) => field.name === 'pass' && field.from.kind !== 'auth');
  if (destination.noAuth || own)
    return {
      code: 'fail_open',
      message: `any password is accepted here, and the backend gets ${own ? "the passdb's own password" : 'none'}: nobody checks the client's`,
    };
  return { code: 'any_password', message: 'any password is accepted here: the backend has to check it' };
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
