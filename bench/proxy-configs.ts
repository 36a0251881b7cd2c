import type { Series } from '../src/knowledge/versions.js';

/** `default`: a process a login, as Dovecot comes; `hp`: its high-performance mode, two login processes that stay. */
export type LoginMode = 'default' | 'hp';

/** Ports of one proxy or backend. */
export interface MailPorts {
  readonly imap: number;
  readonly pop3: number;
  readonly imaps: number;
  readonly pop3s: number;
}

/** Users of this domain have TLS to their backend. */
export const TLS_DOMAIN = 'tls.example';

/** A login proxy in front of one backend; `@DIR@` is its folder, with cert.pem and key.pem in it. */
export function dovecotProxyConfig(
  series: Series,
  mode: LoginMode,
  listen: MailPorts,
  backend: MailPorts,
): string {
  return `${series === '2.3' ? proxyOf23(backend) : proxyOf24(backend)}
base_dir = @DIR@/run
state_dir = @DIR@/state
log_path = @DIR@/log
protocols = imap pop3
listen = 127.0.0.1
default_client_limit = 30000
default_process_limit = 200
mail_max_userip_connections = 0
ssl = yes
${loginService('imap', series, mode, listen.imap, listen.imaps)}
${loginService('pop3', series, mode, listen.pop3, listen.pop3s)}
${['auth', 'anvil', 'log'].map((name) => `service ${name} {\n  client_limit = 30000\n}`).join('\n')}
`;
}

function loginService(
  protocol: 'imap' | 'pop3',
  series: Series,
  mode: LoginMode,
  port: number,
  tlsPort: number,
): string {
  const count = series === '2.3' ? 'service_count' : 'service_restart_request_count';
  const unlimited = series === '2.3' ? '0' : 'unlimited';
  const processes =
    mode === 'hp'
      ? [`${count} = ${unlimited}`, 'process_min_avail = 2', 'process_limit = 2', 'client_limit = 9500']
      : [`${count} = 1`, 'process_limit = 1000', 'client_limit = 1'];
  return `service ${protocol}-login {
  inet_listener ${protocol} {
    port = ${port}
  }
  inet_listener ${protocol}s {
    port = ${tlsPort}
    ssl = yes
  }
  vsz_limit = 2G
  ${processes.join('\n  ')}
}`;
}

function proxyOf23({ imap, pop3, imaps, pop3s }: MailPorts): string {
  const target = 'nopassword=y proxy=y host=127.0.0.1';
  return `disable_plaintext_auth = no
ssl_cert = <@DIR@/cert.pem
ssl_key = <@DIR@/key.pem
ssl_client_require_valid_cert = no
passdb {
  driver = static
  username_filter = *@${TLS_DOMAIN}
  args = ${target} ssl=any-cert port=%{if;%s;eq;pop3;${pop3s};${imaps}}
}
passdb {
  driver = static
  args = ${target} port=%{if;%s;eq;pop3;${pop3};${imap}}
}`;
}

function proxyOf24({ imap, pop3, imaps, pop3s }: MailPorts): string {
  const fields = (lines: readonly string[]) =>
    ['fields {', '    nopassword = yes', '    proxy = yes', '    host = 127.0.0.1', ...lines, '  }'].join(
      '\n',
    );
  const port = (ofImap: number, ofPop3: number) =>
    `    port = %{protocol | regexp('^pop3$', '${ofPop3}') | regexp('^imap$', '${ofImap}')}`;
  return `dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
auth_allow_cleartext = yes
ssl_server_cert_file = @DIR@/cert.pem
ssl_server_key_file = @DIR@/key.pem
passdb encrypted {
  driver = static
  username_filter = *@${TLS_DOMAIN}
  ${fields(['    ssl = any-cert', port(imaps, pop3s)])}
}
passdb static {
  ${fields([port(imap, pop3)])}
}`;
}

/** nginx's mail proxy with two workers; `authPort` answers where users are. */
export function nginxMailConfig(listen: MailPorts, authPort: number): string {
  const server = (protocol: 'imap' | 'pop3', port: number, options: string) =>
    `  server {\n    listen 127.0.0.1:${port}${options};\n    protocol ${protocol};\n  }`;
  return `load_module /usr/lib/nginx/modules/ngx_mail_module.so;
daemon off;
worker_processes 2;
worker_rlimit_nofile 60000;
pid @DIR@/nginx.pid;
error_log @DIR@/log info;
events {
  worker_connections 30000;
}
mail {
  auth_http 127.0.0.1:${authPort}/auth;
  server_name localhost;
  proxy_pass_error_message on;
  imap_capabilities IMAP4rev1 SASL-IR ID IDLE;
  ssl_certificate @DIR@/cert.pem;
  ssl_certificate_key @DIR@/key.pem;
  ssl_protocols TLSv1.2 TLSv1.3;
${[
  server('imap', listen.imap, ''),
  server('pop3', listen.pop3, ''),
  server('imap', listen.imaps, ' ssl'),
  server('pop3', listen.pop3s, ' ssl'),
].join('\n')}
}
`;
}
