/** Extra fields of a passdb that steer the login or the proxy (proxy-protocol.md section 1.2, auth-chain.md section 2.6). */
export interface PassdbFieldFact {
  readonly name: string;
  /** `flag`: only presence counts, whatever the value. `tls`: presence switches on, `any-cert` is the one value with a meaning. */
  readonly kind: 'flag' | 'tls' | 'value';
  /** What is on when the field is there; for messages. */
  readonly effect: string;
}

export const PASSDB_FIELDS: readonly PassdbFieldFact[] = [
  { name: 'proxy', kind: 'flag', effect: 'the user is proxied' },
  { name: 'proxy_maybe', kind: 'flag', effect: 'the user is proxied' },
  { name: 'proxy_always', kind: 'flag', effect: 'proxy is sent to the login process' },
  { name: 'proxy_nopipelining', kind: 'flag', effect: 'pipelining is switched off' },
  { name: 'proxy_not_trusted', kind: 'flag', effect: 'ID and XCLIENT are not sent' },
  { name: 'proxy_noauth', kind: 'flag', effect: 'submission does not authenticate to the backend' },
  { name: 'proxy_redirect_reauth', kind: 'flag', effect: 'a redirect is looked up again' },
  { name: 'proxy_no_multiplex', kind: 'flag', effect: 'multiplexing is not offered' },
  { name: 'ssl', kind: 'tls', effect: 'TLS is on from the first byte, with a verified certificate' },
  { name: 'starttls', kind: 'tls', effect: 'STARTTLS is used, with a verified certificate' },
  { name: 'nopassword', kind: 'flag', effect: 'any password is accepted' },
  { name: 'nologin', kind: 'flag', effect: 'the login is refused' },
  { name: 'noauthenticate', kind: 'flag', effect: 'this passdb never authenticates anybody' },
  { name: 'nodelay', kind: 'flag', effect: 'failed logins are answered without delay' },
  { name: 'fail', kind: 'flag', effect: 'the login fails' },
  ...[
    'password',
    'password_noscheme',
    'user',
    'username',
    'domain',
    'login_user',
    'allow_nets',
    'allow_real_nets',
    'delay_until',
    'reason',
    'host',
    'hostip',
    'port',
    'destuser',
    'pass',
    'master',
    'proxy_mech',
    'proxy_timeout',
    'proxy_refresh',
    'proxy_host_immediate_failure_after',
    'source_ip',
    'protocol',
    'lip',
    'lport',
    'passdb_import',
    'original_user',
    'auth_user',
    'k5principals',
  ].map((name) => ({ name, kind: 'value' as const, effect: '' })),
];

const BY_NAME = new Map(PASSDB_FIELDS.map((field) => [field.name, field]));

export function passdbFieldFact(name: string): PassdbFieldFact | null {
  return BY_NAME.get(name) ?? null;
}
