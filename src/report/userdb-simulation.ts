import { toUtf8 } from '../../grammar/bytes.js';
import type { UserdbAnswer, UserdbStep } from '../auth/userdb-answer.js';
import { shown } from './simulation-words.js';

/** The userdb part of the document of one simulation. */
export function userdbJson(answer: UserdbAnswer) {
  return {
    result: answer.result,
    user: toUtf8(answer.user),
    reason: answer.reason === null ? null : toUtf8(answer.reason),
    fields: Object.fromEntries(
      answer.fields.map(({ name, value }) => [toUtf8(name), value === null ? null : toUtf8(value)]),
    ),
    steps: answer.steps.map((step) => ({
      index: step.userdb.index,
      name: toUtf8(step.userdb.name),
      driver: toUtf8(step.userdb.driver),
      action: step.action,
      reason: step.reason === '' ? null : step.reason,
      result: step.result,
      rule: step.rule === null ? null : { setting: step.rule.setting, value: step.rule.value },
      next: step.next,
    })),
    log: answer.log.map((entry) => toUtf8(entry.line ?? entry.text)),
  };
}

const RESULTS = {
  found: 'found',
  unknown: 'user unknown: Dovecot ends the login with an internal error',
  internal_failure: 'temporary failure: Dovecot ends the login with an internal error',
} as const;

/** Label and text of each line about the userdbs. */
export function userdbLines(answer: UserdbAnswer): readonly (readonly [label: string, text: string])[] {
  const fields = answer.fields.map(({ name, value }) => shown(value === null ? name : `${name}=${value}`));
  const asked = answer.steps.filter((step) => step.action === 'lookup').map(stepText);
  const lines: [string, string][] = [['userdb', `${asked.join(', ')}; ${RESULTS[answer.result]}`]];
  if (fields.length > 0) lines.push(['', fields.join(' ')]);
  for (const { level, text } of answer.log) if (level === 'error') lines.push(['error', shown(text)]);
  return lines;
}

function stepText({ userdb, result }: UserdbStep): string {
  const name = userdb.name === '' ? userdb.driver : userdb.name;
  return `${shown(name)}: ${(result ?? '').replace('_', ' ')}`;
}
