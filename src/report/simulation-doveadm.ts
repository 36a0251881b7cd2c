import type { ByteString } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import { type Series, seriesOf } from '../knowledge/versions.js';
import type { Simulation } from '../simulate/simulation.js';

/** What doveadm prints and answers; the texts are bytes. */
export interface DoveadmReport {
  readonly stdout: ByteString;
  readonly stderr: ByteString;
  readonly exitCode: number;
}

type DoveadmQuestion = Pick<Simulation, 'version' | 'request' | 'answer' | 'told'> & {
  readonly question: Pick<Simulation['question'], 'user'>;
};

/** sysexits.h as doveadm uses them. */
const EX_NOUSER = 67;
const EX_TEMPFAIL = 75;
const EX_NOPERM = 77;

/** `doveadm auth test`, or `auth lookup` for a look-up, of that version, byte for byte (auth-chain.md section 10). */
export function doveadmReport(simulation: DoveadmQuestion): DoveadmReport {
  const series = seriesOf(simulation.version);
  const user = Buffer.from(simulation.question.user, 'utf8').toString('latin1');
  return simulation.request.mode === 'lookup'
    ? lookupReport(simulation.answer, user, series)
    : testReport(simulation, user, series);
}

/** Mechanisms that `doveadm auth test -A` speaks. Dovecot 2.4.1 lib-sasl/dsasl-client.c */
const CLIENT_MECHANISMS: ReadonlySet<string> = new Set([
  'ANONYMOUS',
  'EXTERNAL',
  'PLAIN',
  'LOGIN',
  'OAUTHBEARER',
  'XOAUTH2',
  'SCRAM-SHA-1',
  'SCRAM-SHA-1-PLUS',
  'SCRAM-SHA-256',
  'SCRAM-SHA-256-PLUS',
]);

/** What `doveadm auth test` says where it cannot even ask; null: it can. `enabled`: auth_mechanisms. observed both */
export function doveadmRefusal(
  series: Series,
  user: ByteString,
  mechanism: string,
  enabled: readonly string[],
): DoveadmReport | null {
  const name = mechanism.toUpperCase();
  const isEnabled = enabled.some((each) => each.toUpperCase() === name);
  const fatal = (text: string, stdout = ''): DoveadmReport => ({
    stdout,
    stderr: `Fatal: ${text}\n`,
    exitCode: EX_TEMPFAIL,
  });
  if (series === '2.3')
    return isEnabled
      ? null
      : fatal("Couldn't connect to auth socket", `passdb: ${user} auth failed\nextra fields:\n  temp\n`);
  if (!CLIENT_MECHANISMS.has(name)) return fatal(`SASL mechanism '${mechanism}' not supported by client`);
  return isEnabled ? null : fatal(`SASL mechanism '${name}' not supported by server`);
}

function testReport(
  { answer, request, told }: DoveadmQuestion,
  user: ByteString,
  series: Series,
): DoveadmReport {
  const status = told === undefined ? null : /"status":"([^"]*)"/.exec(told)?.[1];
  if (typeof status === 'string')
    // The client does not acknowledge it. observed 2.4.1
    return {
      stdout: '',
      stderr:
        `Error: cmd auth test: user ${user}: internal auth failure: Failed to authenticate: ${status}\n` +
        `Error: cmd auth test: user ${user}: request cancelled\n`,
      exitCode: EX_TEMPFAIL,
    };
  // Without a certificate there is no name to speak of. observed 2.4.1
  if (request.mechanism === 'EXTERNAL' && answer.user === '')
    return { stdout: `passdb: ${user} auth failed\n`, stderr: '', exitCode: EX_NOPERM };
  const lines = fieldLines(answer, series);
  const fields = `extra fields:\n${lines.map((line) => `  ${line}\n`).join('')}`;
  if (answer.result === 'ok')
    return { stdout: `passdb: ${user} auth succeeded\n${fields}`, stderr: '', exitCode: 0 };
  // A field of a row may say it too. Dovecot 2.4.1 doveadm-auth.c: auth_callback
  if (series === '2.4' && lines.includes('code=temp_fail'))
    return {
      stdout: fields,
      stderr: `Error: cmd auth test: user ${user}: internal auth failure\n`,
      exitCode: EX_TEMPFAIL,
    };
  return { stdout: `passdb: ${user} auth failed\n${fields}`, stderr: '', exitCode: EX_NOPERM };
}

/** The fields as they stand on the answer line of the auth protocol. */
function fieldLines(answer: AuthAnswer, series: Series): ByteString[] {
  const lines: ByteString[] = [`user=${answer.user}`];
  const failed = answer.result !== 'ok';
  // Dovecot 2.3.19.1 auth-request-handler.c: auth_request_handler_reply_failure_finish
  if (failed && series === '2.3' && answer.fields.some((field) => field.name === 'nodelay'))
    lines.push('nodelay');
  if (answer.code !== null) lines.push(`code=${answer.code}`);
  if (answer.emptyField) lines.push('');
  for (const { name, value } of answer.fields) lines.push(value === null ? name : `${name}=${value}`);
  return lines;
}

function lookupReport(answer: AuthAnswer, user: ByteString, series: Series): DoveadmReport {
  if (answer.result === 'fail')
    return { stdout: `passdb lookup: user ${user} doesn't exist\n`, stderr: '', exitCode: EX_NOUSER };
  if (answer.result === 'tempfail') {
    const command = series === '2.3' ? '' : 'cmd auth lookup: ';
    // A failure with a reason is said by doveadm itself, one without by the library below it. observed both
    const stderr =
      answer.reason === null
        ? `Error: auth-master: passdb lookup(${user}): Auth PASS lookup failed\n` +
          `Error: ${command}passdb lookup failed for ${user}\n`
        : `Error: ${command}passdb lookup failed for ${user}: ${answer.reason}\n`;
    return { stdout: '', stderr, exitCode: EX_TEMPFAIL };
  }
  const lines = [`${'user'.padEnd(10)}: ${answer.user}`];
  if (answer.emptyField) lines.push(' '.repeat(10));
  for (const { name, value } of answer.fields)
    lines.push(value === null ? name.padEnd(10) : `${name.padEnd(10)}: ${value}`);
  return {
    stdout: `passdb: ${user}\n${lines.map((line) => `  ${line}\n`).join('')}`,
    stderr: '',
    exitCode: 0,
  };
}
