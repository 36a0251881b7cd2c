import type { AuthAnswer, ChainStep } from '../auth/answer.js';
import type { LookupOutcome, RowField } from '../auth/driver.js';
import { POLICY_ALLOWS } from '../auth/policy.js';
import type { WalkQuestion, WalkReply } from '../auth/questions.js';
import type { AuthRequest } from '../auth/request.js';
import { walk } from '../auth/walk.js';
import type { WalkEnvironment } from '../auth/walk-state.js';
import type { Config } from '../config/config.js';
import type { AuthSettings, PassdbBlock } from '../config/effective.js';
import { authSettings, blockKey, isSameBlock } from './chains.js';
import { fieldsOf, type PassdbField, passdbFields } from './passdb-fields.js';

/** A login with a wrong password that a walk through the chain accepts. */
export interface FailOpening {
  /** Whose look-up lets it in. */
  readonly passdb: PassdbBlock;
  /** A rule for failures, a rule for failures of the database, or a passdb that takes any password. */
  readonly by: 'failure-rule' | 'internal-rule' | 'nopassword';
  /** Every look-up of that walk in its order. */
  readonly steps: readonly ChainStep[];
}

/** What a passdb may find for a client with a wrong password. */
type Finding = 'found' | 'unknown' | 'internal';
const FINDINGS: readonly Finding[] = ['found', 'unknown', 'internal'];

/** Passdbs of one chain that are tried with every combination of what they may find: at most 3^6 walks. */
const MOST_PASSDBS = 6;

const KNOWN = new WeakMap<Config, FailOpening[]>();

/**
 * Walks each chain as the auth process does, with a wrong password and every combination of what the passdbs may find,
 * and returns the walks that end in a login, one for each passdb and way. Users who are proxied count as refused: their
 * backend checks the password. Longer chains are not walked.
 */
export function failOpenings(config: Config): readonly FailOpening[] {
  const known = KNOWN.get(config);
  if (known !== undefined) return known;
  const fields = passdbFields(config);
  const found = new Map<string, FailOpening>();
  for (const settings of new Set(authSettings(config))) {
    const users = settings.passdbs.filter((passdb) => !passdb.master);
    if (users.length > MOST_PASSDBS || !users.some((one) => mayOpen(one, fieldsOf(one, fields)))) continue;
    for (const findings of combinations(users.length)) {
      const byBlock = new Map(users.map((passdb, index) => [blockKey(passdb), findings[index] ?? 'unknown']));
      const outcomeOf = (passdb: PassdbBlock) =>
        outcome(passdb, byBlock.get(blockKey(passdb)) ?? 'unknown', fieldsOf(passdb, fields));
      const opening = openingOf(walked(settings, outcomeOf));
      if (opening !== null && !found.has(`${blockKey(opening.passdb)} ${opening.by}`))
        found.set(`${blockKey(opening.passdb)} ${opening.by}`, opening);
    }
  }
  const openings = [...found.values()];
  KNOWN.set(config, openings);
  return openings;
}

/**
 * Whether anything of a passdb could let a wrong password in that no backend checks: most chains have nothing of the
 * kind and need no walk.
 */
function mayOpen(passdb: PassdbBlock, fields: readonly PassdbField[]): boolean {
  const { resultFailure, resultInternalfail } = passdb;
  if (resultFailure.value.endsWith('-ok') || resultInternalfail.value.endsWith('-ok')) return true;
  if (fields.some(({ name }) => name === 'proxy' || name === 'proxy_maybe')) return false;
  const takesAny = fields.some(({ name }) => name === 'nopassword' || name === 'noauthenticate');
  return takesAny || !hasPassword(passdb, fields);
}

/** Whether such a rule of a passdb lets anybody in, whatever the passdbs around it say; chains that are too long are taken for open. */
export function isOpenBy(config: Config, passdb: PassdbBlock, by: FailOpening['by']): boolean {
  const isWalked = authSettings(config).every(
    ({ passdbs }) => passdbs.filter(({ master }) => !master).length <= MOST_PASSDBS,
  );
  return (
    !isWalked ||
    passdb.master ||
    failOpenings(config).some((one) => one.by === by && isSameBlock(one.passdb, passdb))
  );
}

function* combinations(length: number): Generator<Finding[]> {
  if (length === 0) return;
  const count = FINDINGS.length ** length;
  for (let number = 0; number < count; number++)
    yield Array.from(
      { length },
      (_, place) => FINDINGS[Math.floor(number / FINDINGS.length ** place) % FINDINGS.length] ?? 'unknown',
    );
}

/** What limits or moves a user: such a passdb is taken for one that does not know him. */
const LIMITS = /^(?:allow_nets|allow_real_nets|nologin|fail|login_user|delay_until)$/;
/** Drivers that compare the password themselves. */
const OWN_CHECK = new Set(['pam', 'imap', 'ldap', 'oauth2', 'checkpassword', 'bsdauth']);

function outcome(passdb: PassdbBlock, finding: Finding, fields: readonly PassdbField[]): LookupOutcome {
  if (finding === 'internal') return { kind: 'internal' };
  if (finding === 'unknown' || fields.some(({ name }) => LIMITS.test(name))) return { kind: 'unknown' };
  const row: RowField[] = fields.flatMap(({ name, canBeNull, open, suffix }): RowField[] => {
    if (name === 'proxy' || name === 'proxy_maybe')
      return [
        ['proxy', 'y'],
        ['host', '192.0.2.1'],
      ];
    const isSure = !canBeNull && !open && suffix === '';
    return (name === 'nopassword' || name === 'noauthenticate') && isSure ? [[name, 'y']] : [];
  });
  const password: RowField[] = hasPassword(passdb, fields) ? [['password', '{PLAIN}another']] : [];
  // In 2.3 the order decides which of the two counts (auth-chain.md trap 12): here nopassword comes first.
  return {
    kind: 'found',
    fields: [...row, ...(row.some(([name]) => name === 'nopassword') ? [] : password)],
    defaultScheme: 'PLAIN',
    ...(OWN_CHECK.has(passdb.driver) && !row.some(([name]) => name === 'nopassword')
      ? { verified: 'mismatch' as const }
      : {}),
  };
}

/** A static passdb without a password, or a query that returns NULL, has none to compare. */
function hasPassword({ driver }: PassdbBlock, fields: readonly PassdbField[]): boolean {
  const own = fields.filter(({ name }) => name === 'password' || name === 'password_noscheme');
  if (own.length === 0) return driver !== 'static';
  return own.some(({ literals, open }) => open || literals.length > 0);
}

const ENVIRONMENT: WalkEnvironment = {
  driverFacts: () => ({ blocking: false, canLookupCredentials: true, cached: false }),
  system: {
    hostname: '',
    pid: 0,
    uid: 0,
    gid: 0,
    now: () => 0,
    randomBytes: (count) => new Uint8Array(count),
  },
  detailed: false,
};

function walked(settings: AuthSettings, outcomeOf: (passdb: PassdbBlock) => LookupOutcome): AuthAnswer {
  const walking = walk(wrongLogin(settings), settings, ENVIRONMENT);
  let step = walking.next();
  while (step.done !== true) step = walking.next(reply(step.value, outcomeOf));
  return step.value;
}

function reply(question: WalkQuestion, outcomeOf: (passdb: PassdbBlock) => LookupOutcome): WalkReply {
  switch (question.kind) {
    case 'lookup':
      return { kind: 'lookup', outcome: outcomeOf(question.passdb) };
    case 'cache':
      return { kind: 'cache', entry: null };
    case 'verify':
      return { kind: 'verify', verdict: { kind: 'mismatch' } };
    case 'decode':
      return { kind: 'decode', message: null };
    case 'credentials':
      return { kind: 'credentials', credentials: { kind: 'unavailable', level: 'info', message: '' } };
    case 'prove':
      return { kind: 'prove', proved: false, log: null };
    case 'resolve':
      return { kind: 'resolve', reply: { kind: 'not-asked' } };
    case 'policy':
      return { kind: 'policy', verdict: POLICY_ALLOWS };
    case 'policy-report':
      return { kind: 'policy-report' };
    case 'looked-up':
      return { kind: 'looked-up' };
  }
}

/** A name that every restriction of names accepts, with a password that is nobody's. */
function wrongLogin({ usernameChars }: AuthSettings): AuthRequest {
  const nowhere = { localIp: '', localPort: 0, remoteIp: '', remotePort: 0 };
  const reallyNowhere = { realLocalIp: '', realLocalPort: 0, realRemoteIp: '', realRemotePort: 0 };
  return {
    user: usernameChars === '' || usernameChars.includes('@') ? 'user@example.com' : 'user',
    authorizationId: '',
    password: 'wrong',
    mode: 'verify',
    mechanism: 'PLAIN',
    protocol: 'imap',
    ...nowhere,
    ...reallyNowhere,
    localName: '',
    clientId: '',
    session: '',
    secured: 'TLS',
    validClientCertificate: false,
    forward: [],
    login: true,
  };
}

function openingOf({ result, fields, steps, crash }: AuthAnswer): FailOpening | null {
  if (result !== 'ok' || crash !== null || fields.some(({ name }) => name === 'proxy')) return null;
  const asked = steps.filter(({ action }) => action === 'lookup');
  const byRule = asked.find(
    (step) => step.result !== 'ok' && step.result !== 'next' && step.rule?.value?.endsWith('-ok') === true,
  );
  if (byRule !== undefined)
    return {
      passdb: byRule.passdb,
      by: byRule.result === 'internal_failure' ? 'internal-rule' : 'failure-rule',
      steps: asked,
    };
  const unchecked = asked.find((step) => step.result === 'ok');
  return unchecked === undefined ? null : { passdb: unchecked.passdb, by: 'nopassword', steps: asked };
}
