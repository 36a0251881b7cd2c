import type { Migration } from '../migrate.js';

/** One question that the two configurations answer differently. */
export interface ProofDifference {
  readonly question: string;
  readonly changes: readonly { readonly name: string; readonly before: string; readonly after: string }[];
}

/** Questions that were asked of both configurations. */
export interface ProofRun {
  readonly asked: number;
  readonly differing: readonly ProofDifference[];
}

/** What `--verify` found out about a migration. */
export interface Proof {
  /** What `check` says of the result: errors that the old configuration does not have. */
  readonly errors: readonly string[];
  /** Errors of kinds that the old configuration has, too. */
  readonly inherited: number;
  readonly warnings: number;
  /** The chain with databases that answer as told. */
  readonly scenarios: ProofRun;
  /** Users by the real databases, or fixtures; null: none was asked. */
  readonly users: ProofRun | null;
  readonly open: readonly string[];
}

export function isProved({ errors, scenarios, users }: Proof): boolean {
  return errors.length === 0 && scenarios.differing.length === 0 && (users?.differing.length ?? 0) === 0;
}

/** What no question of the proof touches, as far as this configuration is concerned. */
export function openPoints(
  { changes }: Migration,
  facts: { readonly usersAsked: boolean; readonly drivers: readonly string[]; readonly localMail: boolean },
): string[] {
  const codes = new Set(changes.map(({ code }) => code));
  const decisions = changes.filter(({ kind }) => kind === 'decide').length;
  const points: string[] = [];
  if (decisions > 0)
    points.push(
      `${decisions === 1 ? 'one change leaves' : `${decisions} changes leave`} a decision to you: the defaults were taken`,
    );
  if (!facts.usersAsked)
    points.push(
      'what the databases hold: no user was asked (--users FILE, --all-users, --fixture PATH ask both configurations)',
    );
  else points.push('users who were not asked');
  if (codes.has('DV780')) points.push('stored passwords that do not fit their schemes (DV780)');
  if (codes.has('DV781')) points.push('rows with nopassword beside a password (DV781)');
  if (facts.drivers.includes('ldap')) points.push('entries that lack an attribute, and names of LDAP errors');
  if (facts.drivers.includes('lua')) points.push('what Lua scripts do with the functions of 2.4');
  if (facts.drivers.includes('oauth2')) points.push('what OAuth2 servers answer');
  if (codes.has('DV776')) points.push('passdbs and userdbs whose driver 2.4 does not have');
  if (facts.localMail) points.push('how mails are stored and found, and what plugins do');
  points.push('certificates, sockets and permissions of the machine that 2.4 will run on');
  return points;
}
