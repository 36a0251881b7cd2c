import { nameTable } from '../../grammar/name-table.js';
import type { AuthSettings, PassdbBlock } from '../config/effective.js';
import type { Origin } from '../config/origin.js';
import { seriesOf } from '../knowledge/versions.js';
import { passdbLists } from './passdb-lists.js';

/** One reason why Dovecot's auth process would not start with these settings. */
export interface StartupProblem {
  /** What it says after `auth: Fatal: `. */
  readonly message: string;
  readonly passdb: PassdbBlock | null;
  readonly at: Origin | null;
  /** At which point of the start: reading the mechanisms, making one passdb, the checks between, the mechanisms' needs. */
  readonly when: 'register' | 'driver' | 'last' | 'master' | 'capability';
}

type Capability = 'verify_plain' | 'lookup_credentials' | 'set_credentials' | 'nothing';

/** Dovecot 2.3.19.1 and 2.4.1 mech-*.c: what each mechanism needs of the passdbs. */
const MECHANISMS: Readonly<Record<string, Capability>> = nameTable({
  PLAIN: 'verify_plain',
  LOGIN: 'verify_plain',
  EXTERNAL: 'verify_plain',
  'CRAM-MD5': 'lookup_credentials',
  'DIGEST-MD5': 'lookup_credentials',
  'SCRAM-SHA-1': 'lookup_credentials',
  'SCRAM-SHA-256': 'lookup_credentials',
  APOP: 'lookup_credentials',
  OTP: 'set_credentials',
  ANONYMOUS: 'nothing',
  XOAUTH2: 'nothing',
  OAUTHBEARER: 'nothing',
  GSSAPI: 'nothing',
  'GSS-SPNEGO': 'nothing',
});

const MECHANISMS_24: Readonly<Record<string, Capability>> = nameTable({
  ...MECHANISMS,
  'SCRAM-SHA-1-PLUS': 'lookup_credentials',
  'SCRAM-SHA-256-PLUS': 'lookup_credentials',
});

const DRIVERS_BOTH = [
  'passwd-file',
  'static',
  'sql',
  'ldap',
  'pam',
  'passwd',
  'imap',
  'oauth2',
  'lua',
  'bsdauth',
];
const DRIVERS_23 = [...DRIVERS_BOTH, 'shadow', 'checkpassword', 'dict'];

/** Drivers that never hand out the stored password. */
const WITHOUT_CREDENTIALS = ['pam', 'imap', 'bsdauth', 'oauth2', 'checkpassword'];

/**
 * Every reason why the auth process refuses to start, in the order in which it would come to them. Settings of single
 * drivers (no file given, no query) are the drivers' own to check when they are opened.
 * Dovecot 2.3.19.1 and 2.4.1 main.c: main_preinit, auth.c: auth_preinit
 */
export function startupProblems(settings: AuthSettings): StartupProblem[] {
  const { passdbs, masterdbs } = passdbLists(settings);
  return [
    ...registerProblems(settings),
    ...passdbs.flatMap((passdb) => driverProblems(settings, passdb)),
    ...lastPassdbProblems(settings),
    ...masterdbs.flatMap((master) => [
      ...masterProblems(settings, master),
      ...driverProblems(settings, master),
    ]),
    ...capabilityProblems(settings),
  ];
}

function problem(
  when: StartupProblem['when'],
  message: string,
  passdb: PassdbBlock | null = null,
  at: Origin | null = passdb?.at ?? null,
): StartupProblem {
  return { when, message, passdb, at };
}

function capabilityOf(settings: AuthSettings, mechanism: string): Capability | undefined {
  return (seriesOf(settings.version) === '2.3' ? MECHANISMS : MECHANISMS_24)[mechanism];
}

/** Dovecot 2.3.19.1 and 2.4.1 mech.c: mech_register_init */
function registerProblems(settings: AuthSettings): StartupProblem[] {
  if (settings.mechanisms.length === 0)
    return [problem('register', 'No authentication mechanisms configured')];
  return settings.mechanisms.flatMap((name) => {
    const mechanism = name.toUpperCase();
    if (mechanism === 'ANONYMOUS' && settings.anonymousUsername === '')
      return [problem('register', 'ANONYMOUS listed in mechanisms, but anonymous_username not set')];
    if (capabilityOf(settings, mechanism) === undefined)
      return [problem('register', `Unknown authentication mechanism '${mechanism}'`)];
    return [];
  });
}

function goesOn(settings: AuthSettings, passdb: PassdbBlock): boolean {
  return seriesOf(settings.version) === '2.3'
    ? passdb.pass === true
    : passdb.resultSuccess.value === 'continue';
}

function goingOn(settings: AuthSettings): string {
  return seriesOf(settings.version) === '2.3' ? 'pass=yes' : 'result_success=continue';
}

function lastPassdbProblems(settings: AuthSettings): StartupProblem[] {
  const last = passdbLists(settings).passdbs.at(-1);
  if (last === undefined || !goesOn(settings, last)) return [];
  const at = last.resultSuccess.origin ?? last.at;
  return [problem('last', `Last passdb can't have ${goingOn(settings)}`, last, at)];
}

function masterProblems(settings: AuthSettings, master: PassdbBlock): StartupProblem[] {
  const problems: StartupProblem[] = [];
  if (master.deny) problems.push(problem('master', "Master passdb can't have deny=yes", master));
  if (goesOn(settings, master) && passdbLists(settings).passdbs.length === 0)
    problems.push(
      problem('master', `Master passdb can't have ${goingOn(settings)} if there are no passdbs`, master),
    );
  return problems;
}

function driverProblems(settings: AuthSettings, passdb: PassdbBlock): StartupProblem[] {
  const known = seriesOf(settings.version) === '2.3' ? DRIVERS_23 : DRIVERS_BOTH;
  if (!known.includes(passdb.driver))
    return [problem('driver', `Unknown passdb driver '${passdb.driver}'`, passdb)];
  if (passdb.driver === 'bsdauth')
    return [problem('driver', `Support not compiled in for passdb driver '${passdb.driver}'`, passdb)];
  const unset = unsetSource(settings, passdb);
  return unset === null ? [] : [problem('driver', unset, passdb)];
}

/** 2.3 drivers with a file of their own, and ldap of 2.4, say at start that it is not named. observed both */
function unsetSource(settings: AuthSettings, passdb: PassdbBlock): string | null {
  if (seriesOf(settings.version) === '2.4')
    return passdb.driver === 'ldap' && (passdb.setting('ldap_uris')?.text ?? '') === ''
      ? ': ldap_uris not set'
      : null;
  if (passdb.args.text !== '') return null;
  if (passdb.driver === 'ldap') return 'LDAP: Configuration file path not given';
  return passdb.driver === 'dict' ? 'dict: Configuration file path not given' : null;
}

/** The register is built by putting each mechanism in front. Dovecot auth.c: auth_mech_list_verify_passdb */
function capabilityProblems(settings: AuthSettings): StartupProblem[] {
  const { passdbs } = passdbLists(settings);
  for (const name of [...settings.mechanisms].reverse()) {
    const mechanism = name.toUpperCase();
    const needs = capabilityOf(settings, mechanism) ?? 'nothing';
    if (needs === 'nothing' || passdbs.some((passdb) => offers(passdb, needs))) continue;
    const message =
      passdbs.length === 0
        ? `No passdbs specified in configuration file. ${mechanism} mechanism needs one`
        : `${mechanism} mechanism can't be supported with given passdbs`;
    return [problem('capability', message)];
  }
  return [];
}

function offers(passdb: PassdbBlock, capability: Capability): boolean {
  switch (capability) {
    case 'nothing':
    case 'verify_plain':
      return true;
    case 'lookup_credentials':
      return !WITHOUT_CREDENTIALS.includes(passdb.driver);
    case 'set_credentials':
      return passdb.driver === 'sql';
  }
}
