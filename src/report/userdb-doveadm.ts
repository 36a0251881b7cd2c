import type { ByteString } from '../../grammar/bytes.js';
import type { UserdbAnswer } from '../auth/userdb-answer.js';
import type { Series } from '../knowledge/versions.js';
import type { DoveadmReport } from './simulation-doveadm.js';

/** sysexits.h as doveadm uses them. */
const EX_NOUSER = 67;
const EX_TEMPFAIL = 75;
const EX_NOPERM = 77;

/** What `doveadm auth login` prints behind its passdb part, for a user that is not proxied. */
export function loginUserdbReport(answer: UserdbAnswer, series: Series, given: ByteString): DoveadmReport {
  if (answer.result !== 'found') {
    const command = series === '2.3' ? '' : `cmd auth login: user ${given}: `;
    const reason = 'Internal error occurred. Refer to server log for more information.';
    const message = answer.reason ?? reason;
    return {
      stdout: '',
      stderr: `Error: ${command}userdb lookup failed: ${message}\n`,
      exitCode: EX_NOPERM,
    };
  }
  const lines = answer.fields.map(({ name, value }) => (value === null ? name : `${name}=${value}`));
  // An empty list is one empty field on 2.3's line. observed [proxy-01.12]
  if (series === '2.3' && answer.fields[0]?.name === 'auth_mech') lines.unshift('');
  const all = series === '2.3' ? [answer.user, ...lines] : lines;
  const head = series === '2.3' ? '' : `userdb user: ${answer.user}\n`;
  const stdout = `${head}userdb extra fields:\n${all.map((line) => `  ${line}\n`).join('')}`;
  return { stdout, stderr: '', exitCode: 0 };
}

/** `doveadm user -u NAME` (auth-chain.md section 10). */
export function userReport(answer: UserdbAnswer, series: Series, given: ByteString): DoveadmReport {
  const { result } = answer;
  if (result === 'unknown')
    return { stdout: `userdb lookup: user ${given} doesn't exist\n`, stderr: '', exitCode: EX_NOUSER };
  if (result === 'internal_failure') {
    const command = series === '2.3' ? '' : 'cmd user: ';
    const reason = answer.reason === null ? '' : `: ${answer.reason}`;
    return {
      stdout: '',
      stderr: `Error: ${command}userdb lookup failed for ${given}${reason}\n`,
      exitCode: EX_TEMPFAIL,
    };
  }
  const lines = [
    ['user', answer.user] as const,
    ...answer.fields.map(({ name, value }) => [name, value] as const),
  ];
  const text = lines.map(([name, value]) =>
    value === null ? `  ${name.padEnd(10)}\n` : `  ${name.padEnd(10)}: ${value}\n`,
  );
  if (series === '2.3' && answer.fields.length === 0) text.push(`${' '.repeat(12)}\n`);
  return { stdout: `userdb: ${given}\n${text.join('')}`, stderr: '', exitCode: 0 };
}
