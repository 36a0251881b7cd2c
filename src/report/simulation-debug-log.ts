import type { ByteString } from '../../grammar/bytes.js';
import type { ChainStep } from '../auth/answer.js';
import type { LogEntry } from '../auth/driver.js';
import { seriesOf } from '../knowledge/versions.js';
import type { Simulation } from '../simulate/simulation.js';

const PERFORMING = 'Performing passdb lookup';

/**
 * The log of the auth process as it is with auth_debug: what was asked, the lines of the walk, the queries, the end of
 * each look-up, and the answer. A query may hold a password: the caller masks it. observed 2.3.19.1, 2.4.1
 */
export function debugLog(simulation: Simulation): readonly ByteString[] {
  const { answer } = simulation;
  const lines = [clientIn(simulation)];
  const begins = new Map<LogEntry, ChainStep>();
  const ends = new Map<LogEntry, ChainStep>();
  for (const step of answer.steps) {
    const begun = beginOf(step);
    // What the request says of itself comes behind the end of the look-up.
    const last = step.log.findLast(({ scope }) => scope !== 'request');
    if (begun !== undefined) begins.set(begun, step);
    if (last !== undefined) ends.set(last, step);
  }
  let finished = '';
  for (const entry of answer.log) {
    lines.push(entry.line ?? entry.text);
    const begun = begins.get(entry);
    if (begun !== undefined) lines.push(...queryLines(begun, entry));
    const step = ends.get(entry);
    const begin = step === undefined ? undefined : beginOf(step);
    if (step === undefined || begin === undefined) continue;
    finished = prefixed(begin, step.userAfter, step.userBefore, 'Finished passdb lookup');
    lines.push(finished);
  }
  const end = requestFinished(finished);
  return [
    ...lines,
    ...(end === null || simulation.request.mode === 'lookup' ? [] : [end]),
    clientOut(simulation),
  ];
}

function beginOf({ log }: ChainStep): LogEntry | undefined {
  return log.find(({ text }) => text === PERFORMING);
}

/** 2.3 `auth: Debug: auth(USER,IP): ...`, 2.4 `auth(USER,IP,sasl:plain): Debug: ...`. */
function requestFinished(finished: ByteString): ByteString | null {
  const words = 'Auth request finished';
  const [, old] = /^auth: Debug: [^(]+(\(.*\)): Finished/.exec(finished) ?? [];
  if (old !== undefined) return `auth: Debug: auth${old}: ${words}`;
  const [, head] = /^(auth\(.*?\)(?:<.*?>)?: Debug: ).*Finished/.exec(finished) ?? [];
  return head === undefined ? null : head + words;
}

/** Dovecot 2.3.19.1 passdb-sql.c sql_lookup_pass: `query: TEXT`. */
function queryLines(step: ChainStep, begun: LogEntry): ByteString[] {
  if (step.passdb.driver !== 'sql') return [];
  return step.queries.map(({ text }) => prefixed(begun, step.userBefore, step.userBefore, `query: ${text}`));
}

function prefixed(begun: LogEntry, user: ByteString, before: ByteString, text: ByteString): ByteString {
  const line = begun.line ?? begun.text;
  return line.slice(0, -PERFORMING.length).replace(`(${before}`, () => `(${user}`) + text;
}

/** Dovecot auth-client-connection.c: parameters in the order in which login processes send them. */
function clientIn({ request, question, version }: Simulation): ByteString {
  const fields: readonly (readonly [name: string, value: ByteString | number])[] = [
    [seriesOf(version) === '2.3' ? 'service' : 'protocol', request.protocol],
    ['session', request.session],
    ['lip', request.localIp],
    ['rip', request.remoteIp],
    ['lport', request.localPort],
    ['rport', request.remotePort],
    ['local_name', request.localName],
    ['real_rip', question.realRemoteIp],
    ['real_lip', question.realLocalIp],
  ];
  const given = fields.filter(([, value]) => value !== '' && value !== 0);
  const secured = request.secured === '' ? [] : ['secured'];
  const tail = given.map(([name, value]) => `${name}=${value}`);
  if (request.mode === 'lookup')
    return ['auth: Debug: master in: PASS', '1', request.user, ...tail].join('\t');
  return [
    'auth: Debug: client in: AUTH',
    '1',
    request.mechanism,
    ...tail.slice(0, 1),
    ...secured,
    ...tail.slice(1),
    'resp=<hidden>',
  ].join('\t');
}

/** Dovecot auth-request-handler.c */
function clientOut({ answer, request, version }: Simulation): ByteString {
  const words = { ok: 'OK', fail: 'FAIL', tempfail: 'FAIL' } as const;
  const fields = answer.fields.map(({ name, value }) => {
    if (name === 'pass') return 'pass=<hidden>';
    return value === null ? name : `${name}=${value}`;
  });
  const code = answer.code === null ? [] : [`code=${answer.code}`];
  const head = request.mode === 'lookup' ? 'auth: Debug: passdb out: ' : `auth: Debug: client passdb out: `;
  const word =
    request.mode === 'lookup' && seriesOf(version) === '2.3' && answer.result === 'ok'
      ? 'PASS'
      : words[answer.result];
  return [`${head}${word}`, '1', `user=${answer.user}`, ...code, ...fields].join('\t');
}
