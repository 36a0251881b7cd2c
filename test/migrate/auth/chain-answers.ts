import type { ChainCase } from '../../auth/chain-cases.js';

/** What a client learns: the verdict and the fields. */
export interface ChainAnswer {
  readonly verdict: 'ok' | 'fail' | 'tempfail' | 'nouser';
  readonly fields: readonly string[];
}

/** Fields whose presence alone counts: 2.3 prints them without a value, 2.4 with what was set. */
const FLAGS = new Set(['proxy', 'proxy_maybe', 'proxy_always', 'nologin', 'nodelay', 'anonymous']);

/** The passdb part of what `doveadm auth test`, `auth login` or `auth lookup` says, in one form for both versions. */
export function answerOf(stdout: string, stderr: string, isLogin: boolean): ChainAnswer {
  const passdb = stdout.split(/^userdb /m)[0] ?? '';
  const fields = [...passdb.matchAll(/^ {2}(\S[^\n]*)$/gm)].map(([, line = '']) => fieldOf(line)).sort();
  // A login is followed by a question to the userdb, whose failure is no matter of the chain.
  const refused = !isLogin && /lookup failed|internal auth failure/.test(stderr);
  if (fields.includes('code=temp_fail') || refused) return { verdict: 'tempfail', fields };
  if (passdb.includes("doesn't exist")) return { verdict: 'nouser', fields };
  const isGranted =
    /auth succeeded|^passdb: [^\n]*\n(?! *extra)/m.test(passdb) && !passdb.includes('auth failed');
  return { verdict: isGranted ? 'ok' : 'fail', fields };
}

function fieldOf(line: string): string {
  // `auth lookup` prints `key       : value`.
  const padded = /^([^\s=]+) *: (.*)$/.exec(line);
  const equals = line.indexOf('=');
  const [name, value] =
    padded !== null
      ? [padded[1] ?? '', padded[2] ?? '']
      : equals === -1
        ? [line.trim(), '']
        : [line.slice(0, equals), line.slice(equals + 1)];
  return `${name}=${FLAGS.has(name) ? '' : value}`;
}

/** The recorded answer of 2.3. */
export function recordedAnswer({ stdout, stderr = '', request }: ChainCase): ChainAnswer {
  return answerOf(stdout, stderr, request.op === 'login');
}

/** Differences between 2.3 and what was migrated from it, and the change that tells of each beforehand. */
export const KNOWN_DIFFERENCES: ReadonlyMap<string, string> = new Map([
  ['fields-suffix-01.1', 'DV767'],
  ['default-override-03.2', 'DV764'],
  ['noauthenticate-03.1', 'DV789'],
  ['proxy-01.16', 'DV788'],
  ['proxy-01.17', 'DV788'],
  ['sql-01.5', 'DV781'],
  ['sql-01.11', 'DV780'],
  ['sql-01.12', 'DV780'],
  ['sql-01.13', 'DV780'],
  ['scheme-01.6', 'DV780'],
]);
