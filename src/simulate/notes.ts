import { toUtf8 } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import { MECHANISM_NAMES } from '../auth/sasl/mechanisms.js';
import type { LoginDecision } from '../proxy/login-decision.js';
import type { Question } from './question.js';
import type { Note } from './simulation.js';

/** What one should know about an answer. */
export function notesOn(answer: AuthAnswer, decision: LoginDecision | null): Note[] {
  const notes: Note[] = [];
  if (answer.passwordAssumed)
    notes.push({
      code: 'password_assumed',
      message: 'no password was given: it was taken as right wherever one is checked',
    });
  const host = answer.fields.find((field) => field.name === 'host')?.value ?? '';
  if (decision?.kind === 'proxy' && decision.destination.ip === null)
    notes.push({
      code: 'host_not_resolved',
      message: `${toUtf8(host)} was not looked up in DNS: add --resolve to do so`,
    });
  const unreachable = answer.unreachable.map(
    ({ host: name, reason }) => `database ${name} did not answer: ${reason}`,
  );
  for (const message of new Set(unreachable)) notes.push({ code: 'unreachable', message });
  for (const step of answer.steps)
    for (const entry of step.log)
      if (entry.text.startsWith('dvproxy does not ask'))
        notes.push({ code: 'not_asked', message: toUtf8(entry.text) });
  if (answer.crash !== null)
    notes.push({
      code: 'crash',
      message: `real Dovecot gives no answer: ${answer.crash}`,
      ...(answer.crash.startsWith('login_user') ? { rule: 'DV327' } : {}),
    });
  for (const remark of answer.remarks ?? [])
    notes.push({ code: 'crash', message: `in real Dovecot ${remark}` });
  if (decision?.kind === 'proxy') notes.push(...flagNotes(answer));
  if (decision?.kind === 'failed' && decision.crash !== null)
    notes.push({ code: 'crash', message: `in real Dovecot ${decision.crash}` });
  for (const warning of decision?.warnings ?? []) notes.push({ code: 'warning', message: toUtf8(warning) });
  return notes;
}

/** A mechanism that a client could not use, or that dvproxy does not speak. */
export function mechanismNotes(question: Question, enabled: readonly string[]): Note[] {
  if (question.lookup) return [];
  const mechanism = question.mechanism.toUpperCase();
  const notes: Note[] = [];
  if (!enabled.some((name) => name.toUpperCase() === mechanism))
    notes.push({ code: 'warning', message: `${mechanism} is not in auth_mechanisms: no client can use it` });
  if (!MECHANISM_NAMES.includes(mechanism))
    notes.push({
      code: 'warning',
      message: `dvproxy does not speak ${mechanism}: the password is compared as PLAIN does`,
    });
  return notes;
}

/** Fields that count by presence, with a value that looks like off. proxy-protocol.md section 1.1 */
const FLAGS: Readonly<Record<string, string>> = {
  ssl: 'turns TLS on',
  starttls: 'turns STARTTLS on',
  proxy: 'proxies',
  nologin: 'forbids the login',
  proxy_nopipelining: 'turns pipelining off',
  proxy_not_trusted: 'hides the client from the backend',
};

function flagNotes(answer: AuthAnswer): Note[] {
  return answer.fields.flatMap((field): Note[] => {
    const effect = Object.hasOwn(FLAGS, field.name) ? FLAGS[field.name] : undefined;
    if (effect === undefined || field.value === null || !/^(?:no|n|false|off|0)$/i.test(field.value))
      return [];
    const text = `${field.name}=${toUtf8(field.value)} ${effect}: the field counts when it is there, whatever its value`;
    return [{ code: 'flag', message: text, rule: 'DV401' }];
  });
}
