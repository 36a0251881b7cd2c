import { type DovecotVersion, type Series, seriesOf } from './versions.js';

/** What a configuration must have for a flaw to matter; `mail`, `login`: every server. */
export type AffectedFeature =
  | 'mail'
  | 'login'
  | 'imap-login'
  | 'submission-login'
  | 'doveadm-password'
  | 'same-passdb-twice'
  | 'cached-system-users'
  | 'cached-otp'
  | 'sql-any-name'
  | 'ldap-any-name'
  | 'scram-plus'
  | 'safe-filter'
  | 'acl-sharing';

/** A security fix of a release after 2.3.19.1 or 2.4.1. */
export interface SecurityFix {
  readonly cve: string;
  /** The first release with the fix: NEWS of Dovecot; CVE-2022-30550: its CVE record. */
  readonly fixedIn: string;
  /** The series whose releases before `fixedIn` lack it. */
  readonly series: Series;
  readonly feature: AffectedFeature;
  /** What somebody can do. */
  readonly effect: string;
  /** What helps without the fix; '' = nothing in the configuration. */
  readonly workaround: string;
}

// Dovecot NEWS up to v2.4.4 and the release notes of v2.4.5; the 2.3 series ended with 2.3.21.1.
export const SECURITY_FIXES: readonly SecurityFix[] = [
  {
    cve: 'CVE-2022-30550',
    fixedIn: '2.3.20',
    series: '2.3',
    feature: 'same-passdb-twice',
    effect:
      'two passdbs with the same driver and args share username_filter and mechanisms: users may get in as master users',
    workaround: 'Give the two passdbs different args.',
  },
  {
    cve: 'CVE-2024-23184',
    fixedIn: '2.3.21.1',
    series: '2.3',
    feature: 'mail',
    effect: 'a mail with very many addresses costs much CPU time',
    workaround: '',
  },
  {
    cve: 'CVE-2024-23185',
    fixedIn: '2.3.21.1',
    series: '2.3',
    feature: 'mail',
    effect: 'a mail with huge headers costs much memory',
    workaround: '',
  },
  {
    cve: 'CVE-2025-30189',
    fixedIn: '2.4.2',
    series: '2.4',
    feature: 'cached-system-users',
    effect:
      'all users of this driver share one entry of the auth cache: whoever logs in gets the account of another user',
    workaround: 'Write "auth_cache_size = 0", or "use_cache = no" in this block.',
  },
  {
    cve: 'CVE-2025-59028',
    fixedIn: '2.4.3',
    series: '2.4',
    feature: 'login',
    effect: 'a client that sends bad base64 ends the logins of others',
    workaround: '',
  },
  {
    cve: 'CVE-2026-24031',
    fixedIn: '2.4.3',
    series: '2.4',
    feature: 'sql-any-name',
    effect: 'names are not escaped in SQL queries: anybody can log in as anybody',
    workaround: 'Remove "auth_username_chars =", so that quotes are not allowed in names.',
  },
  {
    cve: 'CVE-2026-27860',
    fixedIn: '2.4.3',
    series: '2.4',
    feature: 'ldap-any-name',
    effect: 'names are not escaped in LDAP filters: a name can ask for another user',
    workaround: 'Remove "auth_username_chars =", so that parentheses are not allowed in names.',
  },
  {
    cve: 'CVE-2026-27855',
    fixedIn: '2.4.3',
    series: '2.4',
    feature: 'cached-otp',
    effect: 'a one-time password that was seen on the wire works again',
    workaround: 'Write "auth_cache_size = 0", or take otp out of auth_mechanisms.',
  },
  {
    cve: 'CVE-2026-27856',
    fixedIn: '2.4.3',
    series: '2.4',
    feature: 'doveadm-password',
    effect: 'doveadm_password can be guessed by measuring time',
    workaround: 'Let only trusted hosts reach the doveadm port.',
  },
  {
    cve: 'CVE-2026-27857',
    fixedIn: '2.4.3',
    series: '2.4',
    feature: 'imap-login',
    effect: 'a client can make imap-login use much memory before it logs in',
    workaround: '',
  },
  {
    cve: 'CVE-2026-27859',
    fixedIn: '2.4.3',
    series: '2.4',
    feature: 'mail',
    effect: 'a mail with very many MIME parameters costs much CPU time',
    workaround: '',
  },
  {
    cve: 'CVE-2026-27851',
    fixedIn: '2.4.4',
    series: '2.4',
    feature: 'safe-filter',
    effect: 'the filter "safe" switches escaping off for the variables behind it as well',
    workaround: 'Take "| safe" out of queries and filters.',
  },
  {
    cve: 'CVE-2026-33603',
    fixedIn: '2.4.4',
    series: '2.4',
    feature: 'scram-plus',
    effect: 'channel binding can be faked by somebody with a certificate that the client trusts',
    workaround: 'Do not rely on the -PLUS mechanisms.',
  },
  {
    cve: 'CVE-2026-40020',
    fixedIn: '2.4.4',
    series: '2.4',
    feature: 'acl-sharing',
    effect: 'a user can put shared folders into the lists of all others',
    workaround: 'Switch the imap_acl plugin off.',
  },
  {
    cve: 'CVE-2026-33263',
    fixedIn: '2.4.5',
    series: '2.4',
    feature: 'submission-login',
    effect: 'submission-login crashes when a user has mail_max_userip_connections connections',
    workaround: '',
  },
];

/** Whether a version is older than the release with the fix. */
export function lacksFix(version: DovecotVersion, { series, fixedIn }: SecurityFix): boolean {
  if (seriesOf(version) !== series) return false;
  const own = version.split('.').map(Number);
  const fixed = fixedIn.split('.').map(Number);
  for (let part = 0; part < Math.max(own.length, fixed.length); part++) {
    const difference = (own[part] ?? 0) - (fixed[part] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
