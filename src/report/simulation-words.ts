import { type ByteString, toUtf8 } from '../../grammar/bytes.js';
import type { ChainStep, FieldOrigin } from '../auth/answer.js';
import type { LogEntry } from '../auth/driver.js';
import { REFUSED_BY_FIELD } from '../auth/walk-trace.js';
import type { Origin } from '../config/origin.js';
import type { Destination } from '../proxy/destination.js';
import type { Simulation } from '../simulate/simulation.js';
import { displayText } from './display-text.js';

/** Bytes of unknown origin as text that is safe to print. */
export function shown(text: ByteString): string {
  return displayText(toUtf8(text));
}

/** `FILE:LINE` of the file that was really read. */
export function placeText(at: Origin): string {
  return `${displayText(at.source.realPath)}:${at.line}`;
}

/** Fields whose values are passwords. */
const SECRET_FIELDS = new Set(['pass', 'password', 'userdb_pass']);

/** Hides passwords in what a report shows. */
export class Masking {
  readonly #show: boolean;
  readonly #secrets: readonly ByteString[];

  constructor(simulation: Simulation, showSecrets: boolean) {
    this.#show = showSecrets;
    const { password } = simulation.question;
    const passes = simulation.answer.fields.flatMap(({ name, value }) =>
      name === 'pass' && value !== null ? [value] : [],
    );
    this.#secrets = [password ?? '', ...passes].filter((secret) => secret !== '');
  }

  field(name: ByteString, value: ByteString | null): ByteString | null {
    return value !== null && value !== '' && !this.#show && SECRET_FIELDS.has(name) ? '***' : value;
  }

  /** A query or a log line: the client's password may stand in it (`%w`, auth_verbose_passwords). */
  text(text: ByteString): ByteString {
    if (this.#show) return text;
    // A short password is part of too many words; it is hidden where it stands alone.
    return this.#secrets.reduce(
      (line, secret) =>
        secret.length >= 4
          ? line.replaceAll(secret, '***')
          : line.replaceAll(`'${secret}'`, "'***'").replaceAll(`password: ${secret})`, 'password: ***)'),
      text,
    );
  }
}

/** `steps`: where the row of the field was found. */
export function originText(from: FieldOrigin, steps: readonly ChainStep[] = []): string {
  switch (from.kind) {
    case 'row': {
      const at = rowAt(from, steps);
      return at === null ? rowText(from) : `${rowText(from)} at ${at.file}:${at.line}`;
    }
    case 'template':
      return from.at === null ? from.setting : `${from.setting} at ${placeText(from.at)}`;
    case 'client':
      return 'forwarded by the client';
    case 'auth':
      return from.reason;
  }
}

/** The line that a row was read from; null where the database is no text. */
export function rowAt(
  from: FieldOrigin,
  steps: readonly ChainStep[],
): { readonly file: string; readonly line: number } | null {
  if (from.kind !== 'row') return null;
  const step = steps.find(({ passdb }) => passdb === from.passdb);
  return step?.queries.find(({ at }) => at !== undefined)?.at ?? null;
}

function rowText({ passdb, column }: Extract<FieldOrigin, { kind: 'row' }>): string {
  if (passdb.driver === 'sql') return `column ${shown(column)}`;
  // What a static passdb gives stands in its args.
  if (passdb.driver === 'static' && passdb.args.origin !== null)
    return `args at ${placeText(passdb.args.origin)}`;
  return `${shown(passdb.driver)} entry`;
}

export function originAt(from: FieldOrigin): Origin | null {
  switch (from.kind) {
    case 'template':
      return from.at;
    case 'row':
      return from.passdb.driver === 'static' ? (from.passdb.args.origin ?? from.passdb.at) : from.passdb.at;
    default:
      return null;
  }
}

export function tlsText(destination: Destination): string {
  if (destination.tls === 'none') return 'no TLS';
  const kind = destination.tls === 'starttls' ? 'STARTTLS' : 'implicit TLS';
  return destination.verifyCertificate ? `${kind}, certificate verified` : `${kind}, any certificate`;
}

function hostText(host: ByteString): string {
  return host.includes(':') ? `[${shown(host)}]` : shown(host);
}

/** What became of the user, in a few words. */
export function verdictText(simulation: Simulation): string {
  const { answer, decision, outcome } = simulation;
  switch (outcome) {
    case 'ok_proxy': {
      if (decision?.kind !== 'proxy') return 'proxied';
      const { destination } = decision;
      const where = `${hostText(destination.host)}:${destination.port}`;
      return `proxied to ${where} as ${shown(destination.user)} (${tlsText(destination)})`;
    }
    case 'ok_local':
      return 'logs in on this server, no proxying';
    case 'ok_referral':
      return decision?.kind === 'referral' ? `referred to ${hostText(decision.host)}` : 'referred elsewhere';
    case 'fail_password':
      return 'refused: password mismatch';
    case 'fail_unknown_user':
      return answer.code === 'authz_fail' ? 'refused: the login user is unknown' : 'refused: unknown user';
    case 'fail_disabled':
      return answer.code === 'pass_expired' ? 'refused: password expired' : 'refused: user disabled';
    case 'fail_policy':
      return `refused: ${policyText(simulation)}`;
    case 'fail_config':
      return `refused: ${decision?.kind === 'failed' ? failureText(decision.log) : shown(answer.reason ?? 'no passdb can answer')}`;
    case 'tempfail':
      return `temporary failure: ${temporaryText(simulation)}`;
    case 'loop':
      return decision?.kind === 'failed'
        ? `refused: ${failureText(decision.log)}`
        : `loop: ${answer.crash ?? ''}`;
  }
}

/** Fields that no login process can use, by what its log says, with the rule of `check` that tells more. */
const FAILURE_RULES: readonly (readonly [words: RegExp, rule: string])[] = [
  [/Proxying loops to itself/, 'DV413'],
  [/host (?:field )?not given/, 'DV403'],
  [/Invalid hostip/, 'DV426'],
  [/Unsupported SASL mechanism/, 'DV408'],
  [/host and hostip are both IPs/, 'DV416'],
];

function failureText(log: ByteString): string {
  const rule = FAILURE_RULES.find(([words]) => words.test(log))?.[1];
  return rule === undefined ? shown(log) : `${shown(log)} [${rule}]`;
}

function policyText({ answer, decision }: Simulation): string {
  if (decision?.kind === 'nologin') return shown(decision.reason);
  if (answer.reason !== null) return shown(answer.reason);
  const refusing = answer.steps.find((step) => step.reason.includes(REFUSED_BY_FIELD));
  if (refusing !== undefined)
    return shown(refusing.log.find((entry) => entry.level !== 'debug')?.text ?? refusing.reason);
  if (answer.passdbResult === 'ok') return 'the password is right, but no rule made the login succeed';
  return 'not allowed';
}

function temporaryText({ answer, decision }: Simulation): string {
  const [down] = answer.unreachable;
  if (down !== undefined) return `${down.host} did not answer (${down.reason})`;
  if (decision?.kind === 'failed') return shown(decision.log);
  if (answer.crash !== null) return answer.crash;
  const [remark] = answer.remarks ?? [];
  if (remark !== undefined) return displayText(remark);
  const failing = answer.steps.findLast((step) => step.result === 'internal_failure');
  const error =
    (failing === undefined ? undefined : tellingLog(failing).at(-1)) ??
    answer.log.findLast((entry) => entry.level === 'error');
  return error === undefined ? shown(answer.reason ?? '') || 'internal failure' : cut(shown(error.text));
}

/** The first line shows no more than a sentence; the step has the whole. */
function cut(text: string): string {
  return text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)}...` : text;
}

const LONGEST_REASON = 140;

/** The lines that explain a step: errors, why it failed; where Dovecot says nothing, what went wrong all the same. */
export function tellingLog(step: ChainStep): readonly LogEntry[] {
  const lines = step.log.filter(
    (entry) => entry.level === 'error' || (entry.level !== 'debug' && step.result !== 'ok'),
  );
  if (lines.length > 0 || step.result !== 'internal_failure') return lines;
  return step.log.filter((entry) => /^(?:Failed|Error)/.test(entry.text));
}

const RESULTS = {
  ok: 'ok',
  password_mismatch: 'password mismatch',
  user_unknown: 'unknown user',
  user_disabled: 'user disabled',
  pass_expired: 'password expired',
  internal_failure: 'internal failure',
  scheme_not_available: 'scheme not available',
  next: 'noauthenticate',
} as const;

/** Result, rule, and why the walk went on or stopped. */
export function stepText(step: ChainStep): string {
  if (step.action === 'skipped') return `skipped: ${step.reason}`;
  if (step.action === 'not_reached') return `not reached: ${step.reason}`;
  const result = step.result === null ? '' : RESULTS[step.result];
  const assumed = step.passwordAssumed ? ' (password taken as right)' : '';
  const rule = step.rule;
  const applied =
    rule === null || rule.value === null || rule.setting === 'noauthenticate'
      ? ''
      : `, ${rule.setting} = ${rule.value}`;
  // That a rule ends the walk is said by the rule itself.
  const reason = step.reason.replace(/(?:; |^)\S+ = \S+ ends the walk$/, '');
  const why = reason === '' ? '' : ` (${reason})`;
  return `${result}${assumed}${applied}: ${step.next === 'continue' ? 'goes on' : 'stops'}${why}`;
}
