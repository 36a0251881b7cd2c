import type { Series } from '../../../../src/knowledge/versions.js';
import type { ServedProtocol } from '../../../../src/proxy/login-protocols.js';
import { NETWORKS } from './case.js';

/** Names of the listeners, those with TLS at once in `tls`. */
export interface Listeners {
  readonly service: string;
  readonly clear: ServedProtocol;
  readonly tls: string | null;
}

/** What a real proxy and dvproxy are started with. */
export interface LiveSetup {
  readonly listeners: readonly Listeners[];
  /** One configuration for both: `@DIR@` is the folder of its files, `denied` and `users` among them. */
  config(series: Series, ports: ReadonlyMap<string, number>): string;
}

const LISTENERS: readonly Listeners[] = [
  { service: 'imap-login', clear: 'imap', tls: 'imaps' },
  { service: 'pop3-login', clear: 'pop3', tls: 'pop3s' },
  { service: 'submission-login', clear: 'submission', tls: 'submissions' },
  { service: 'managesieve-login', clear: 'sieve', tls: null },
];

const MECHANISMS = ['plain', 'login', 'cram-md5', 'digest-md5', 'scram-sha-1', 'scram-sha-256', 'anonymous'];

export function services(listeners: readonly Listeners[], ports: ReadonlyMap<string, number>): string {
  const listener = (name: string, more: string) =>
    `  inet_listener ${name} {\n    port = ${ports.get(name)}\n${more}  }\n`;
  return listeners
    .map(
      ({ service, clear, tls }) =>
        `service ${service} {\n${listener(clear, '')}${tls === null ? '' : listener(tls, '    ssl = yes\n')}}\n`,
    )
    .join('');
}

export const network = (name: keyof typeof NETWORKS): string => `127.${NETWORKS[name]}.0.0/16`;

const COMMON = `base_dir = @DIR@/run
state_dir = @DIR@/state
log_path = @DIR@/log
log_timestamp =
listen = 127.0.0.1
hostname = proxy.example.com
login_greeting = Proxy ready.
login_trusted_networks = ${network('trusted')}
login_proxy_max_reconnects = 1
auth_failure_delay = 0
auth_verbose = yes
ssl = yes
submission_relay_host = 127.0.0.1
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
`;

function liveConfig(series: Series, ports: ReadonlyMap<string, number>): string {
  return series === '2.3'
    ? `${COMMON}protocols = imap pop3 submission sieve
disable_plaintext_auth = no
auth_mechanisms = ${MECHANISMS.join(' ')}
auth_realms = example.com
ssl_cert = <@DIR@/proxy.pem
ssl_key = <@DIR@/proxy.key
ssl_ca = <@DIR@/ca.pem
ssl_require_crl = no
passdb {
  driver = passwd-file
  deny = yes
  args = username_format=%u @DIR@/denied
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u @DIR@/users
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}
remote ${network('private')} {
  disable_plaintext_auth = yes
}
remote ${network('encrypted')} {
  ssl = required
}
${services(LISTENERS, ports)}`
    : `dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
${COMMON}protocols {
  imap = yes
  pop3 = yes
  submission = yes
  sieve = yes
}
auth_allow_cleartext = yes
auth_mechanisms = ${MECHANISMS.join(' ')}
auth_realms = example.com
ssl_server_cert_file = @DIR@/proxy.pem
ssl_server_key_file = @DIR@/proxy.key
ssl_client_ca_file = @DIR@/ca.pem
passdb denied {
  driver = passwd-file
  passwd_file_path = @DIR@/denied
  deny = yes
}
passdb passwd-file {
  passwd_file_path = @DIR@/users
  default_password_scheme = PLAIN
}
userdb static {
  fields {
    uid = 65534
    gid = 65534
    home = /nonexistent
  }
}
remote ${network('private')} {
  auth_allow_cleartext = no
}
remote ${network('encrypted')} {
  ssl = required
  auth_allow_cleartext = no
}
${services(LISTENERS, ports)}`;
}

/** IMAP, POP3, Submission and ManageSieve. */
export const LOGIN_SETUP: LiveSetup = { listeners: LISTENERS, config: liveConfig };
