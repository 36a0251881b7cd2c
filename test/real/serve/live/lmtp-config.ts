import type { Series } from '../../../../src/knowledge/versions.js';
import type { NETWORKS } from './case.js';
import { type Listeners, type LiveSetup, network, services } from './live-config.js';

const LISTENERS: readonly Listeners[] = [{ service: 'lmtp', clear: 'lmtp', tls: 'lmtps' }];

/** Each conversation keeps a process of the real proxy busy. */
const PROCESSES = 400;

/** Settings of the networks that clients come from, the same in both versions. */
const OF_NETWORKS: Readonly<Partial<Record<keyof typeof NETWORKS, string>>> = {
  encrypted: '  ssl = required\n',
  private: '  ssl = no\n  recipient_delimiter = -+\n',
  lenient: `  lmtp_client_workarounds = whitespace-before-path mailbox-for-path
  lmtp_hdr_delivery_address = original
  lmtp_verbose_replies = yes
  lmtp_rcpt_check_quota = yes
  lmtp_user_concurrency_limit = 1
  login_greeting = Lenient.
  recipient_delimiter =
`,
  bare: '  lmtp_add_received_header = no\n  lmtp_hdr_delivery_address = none\n',
  headed: '  lmtp_hdr_delivery_address = none\n',
};

const COMMON = `base_dir = @DIR@/run
state_dir = @DIR@/state
log_path = @DIR@/log
log_timestamp =
listen = 127.0.0.1
hostname = proxy.example.com
login_greeting = Proxy ready.
login_trusted_networks = ${network('trusted')}
lmtp_proxy = yes
recipient_delimiter = +
auth_failure_delay = 0
auth_verbose = yes
ssl = yes
mail_temp_dir = /tmp
`;

function remotes(): string {
  return Object.entries(OF_NETWORKS)
    .map(([name, text]) => `remote ${network(name as keyof typeof NETWORKS)} {\n${text}}\n`)
    .join('');
}

function config(series: Series, ports: ReadonlyMap<string, number>, more = ''): string {
  const ours = `${services(LISTENERS, ports)}service lmtp {\n  process_limit = ${PROCESSES}\n}\n${remotes()}${more}`;
  return series === '2.3'
    ? `${COMMON}protocols = lmtp
ssl_cert = <@DIR@/proxy.pem
ssl_key = <@DIR@/proxy.key
ssl_client_ca_file = @DIR@/ca.pem
passdb {
  driver = passwd-file
  args = @DIR@/users/none
  username_filter = tempfail*
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u @DIR@/users
}
userdb {
  driver = passwd-file
  args = username_format=%u @DIR@/users
}
${ours}`
    : `dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
${COMMON}protocols {
  lmtp = yes
}
ssl_server_cert_file = @DIR@/proxy.pem
ssl_server_key_file = @DIR@/proxy.key
ssl_client_ca_file = @DIR@/ca.pem
passdb broken {
  driver = passwd-file
  passwd_file_path = @DIR@/users/none
  username_filter = tempfail*
}
passdb passwd-file {
  passwd_file_path = @DIR@/users
  default_password_scheme = PLAIN
}
userdb passwd-file {
  passwd_file_path = @DIR@/users
}
${ours}`;
}

/** Settings by the network that clients come from, which 2.4 does not look at. */
export const LMTP_SETUP: LiveSetup = { listeners: LISTENERS, config };

/** The settings of a network, for everybody. */
function setupOf(network: keyof typeof NETWORKS): LiveSetup {
  return {
    listeners: LISTENERS,
    config: (series, ports) => config(series, ports, `${OF_NETWORKS[network] ?? ''}`.replace(/^ {2}/gm, '')),
  };
}

export const LENIENT_LMTP_SETUP = setupOf('lenient');
export const BARE_LMTP_SETUP = setupOf('bare');
