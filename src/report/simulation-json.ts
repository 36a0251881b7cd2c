import { toUtf8 } from '../../grammar/bytes.js';
import type { AnswerField, ChainStep } from '../auth/answer.js';
import { passdbLogName } from '../auth/passdb-lists.js';
import type { Origin } from '../config/origin.js';
import type { DovecotVersion } from '../knowledge/versions.js';
import type { Destination } from '../proxy/destination.js';
import type { LoginDecision } from '../proxy/login-decision.js';
import type { Simulation } from '../simulate/simulation.js';
import type { Trial } from '../simulate/trial.js';
import { Masking, originAt, originText, rowAt } from './simulation-words.js';
import { trialJson } from './trial-text.js';
import { userdbJson } from './userdb-simulation.js';

/** What `--format json` prints of one question. */
export type SimulationDocument = ReturnType<typeof simulationDocument>;

/** The document that cli.md fixes, as a value: printed alone, or a line each for many users. */
export function simulationDocument(simulation: Simulation, showSecrets: boolean) {
  const { answer, decision, question } = simulation;
  const masking = new Masking(simulation, showSecrets);
  return {
    schema: 1,
    dovecot: simulation.version,
    user: question.user,
    outcome: simulation.outcome,
    authenticated: answer.result === 'ok',
    result: answer.result,
    passdb_result: answer.passdbResult,
    code: answer.code,
    reason: answer.reason === null ? null : toUtf8(answer.reason),
    names: {
      original_user: toUtf8(answer.originalUser),
      user: toUtf8(answer.user),
      master_user: answer.masterUser === '' ? null : toUtf8(answer.masterUser),
    },
    password_assumed: answer.passwordAssumed,
    fields: fieldsJson(answer.fields, answer.user, masking),
    steps: answer.steps.map((step) => stepJson(step, masking)),
    destination: decision?.kind === 'proxy' ? destinationJson(decision.destination) : null,
    login: decision === null ? null : decisionJson(decision),
    ...(simulation.userdb === undefined ? {} : { userdb: userdbJson(simulation.userdb) }),
    notes: simulation.notes.map(({ code, message, rule }) => ({ code, message, ...(rule && { rule }) })),
    log: answer.log
      .filter(({ logged }) => logged !== false)
      .map((entry) => toUtf8(masking.text(entry.line ?? entry.text))),
  };
}

export function simulationJson(
  simulation: Simulation,
  showSecrets: boolean,
  trial: Trial | null = null,
): string {
  const document = simulationDocument(simulation, showSecrets);
  const connect = trial === null ? {} : { connect: trialJson(trial) };
  return `${JSON.stringify({ ...document, ...connect }, null, 2)}\n`;
}

/** Dovecot refuses the configuration: nothing was asked. */
export function refusalJson(user: string, version: DovecotVersion, words: string): string {
  const document = {
    schema: 1,
    dovecot: version,
    user,
    outcome: 'fail_config',
    authenticated: false,
    result: 'fail',
    fields: {},
    steps: [],
    destination: null,
    notes: [{ code: 'refused', message: words }],
    log: [],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function fieldsJson(fields: readonly AnswerField[], user: string, masking: Masking): Record<string, string> {
  const all: [string, string][] = [['user', toUtf8(user)]];
  for (const field of fields)
    all.push([toUtf8(field.name), toUtf8(masking.field(field.name, field.value) ?? '')]);
  return Object.fromEntries(all);
}

function stepJson(step: ChainStep, masking: Masking) {
  const { passdb } = step;
  return {
    index: passdb.index,
    name: toUtf8(passdbLogName(passdb)),
    driver: toUtf8(passdb.driver),
    at: atJson(passdb.at),
    action: step.action,
    reason: step.reason,
    result: step.result,
    rule: step.rule === null ? null : (step.rule.value ?? step.rule.setting),
    rule_setting: step.rule === null ? null : step.rule.setting,
    rule_at: step.rule === null ? null : atJson(step.rule.origin),
    next: step.next,
    password_assumed: step.passwordAssumed,
    user_before: toUtf8(step.userBefore),
    user_after: toUtf8(step.userAfter),
    queries: step.queries.map((query) => ({
      text: toUtf8(masking.text(query.text)),
      database: query.database,
      rows: query.rows,
    })),
    fields: step.fields.map((change) => ({
      name: toUtf8(change.name),
      value: nullable(masking.field(change.name, change.value)),
      effect: change.effect,
      from: originText(change.from, [step]),
      at: rowAt(change.from, [step]) ?? atJson(originAt(change.from)),
    })),
    log: step.log.map((entry) => toUtf8(masking.text(entry.line ?? entry.text))),
  };
}

function atJson(at: Origin | null): { file: string; line: number } | null {
  return at === null ? null : { file: at.source.realPath, line: at.line };
}

function nullable(text: string | null): string | null {
  return text === null ? null : toUtf8(text);
}

function destinationJson(destination: Destination) {
  return {
    protocol: destination.protocol,
    host: toUtf8(destination.host),
    ip: destination.ip,
    port: destination.port,
    port_reason: destination.portReason,
    tls: destination.tls,
    verify: destination.verifyCertificate,
    user: toUtf8(destination.user),
    master: destination.master === '' ? null : toUtf8(destination.master),
    mechanism: nullable(destination.mechanism),
    timeout_ms: destination.timeoutMs,
    source_ip: destination.sourceIp,
    no_pipelining: destination.noPipelining,
    not_trusted: destination.notTrusted,
    no_auth: destination.noAuth,
    forward: Object.fromEntries(
      destination.forward.map(([name, value]) => [toUtf8(name), nullable(value)] as const),
    ),
  };
}

function decisionJson(decision: LoginDecision) {
  switch (decision.kind) {
    case 'proxy':
    case 'local':
      return { kind: decision.kind };
    case 'nologin':
      return { kind: decision.kind, reason: toUtf8(decision.reason) };
    case 'referral':
      return {
        kind: decision.kind,
        host: toUtf8(decision.host),
        port: decision.port,
        user: toUtf8(decision.user),
        reason: toUtf8(decision.reason),
      };
    case 'failed':
      return { kind: decision.kind, cause: decision.cause, log: toUtf8(decision.log), crash: decision.crash };
  }
}
