import type { ByteString } from '../../grammar/bytes.js';
import { nameTable } from '../../grammar/name-table.js';
import type { Series } from '../knowledge/versions.js';
import type { LoginClient } from './login-client.js';
import { sanitize } from './sanitize.js';

const MAX_USER = 80;
const MAX_MECHANISM = 64;
const MAX_LOCAL_NAME = 256;

type LoginVariable = (client: LoginClient) => ByteString | undefined;

function userPart(
  of: (client: LoginClient) => ByteString | null,
  part: 'user' | 'username' | 'domain',
): LoginVariable {
  return (client) => {
    const { series } = client;
    const user = of(client);
    if (user === null) return undefined;
    const at = user.indexOf('@');
    if (part === 'username') return sanitize(at === -1 ? user : user.slice(0, at), MAX_USER, series);
    if (part === 'domain') return at === -1 ? undefined : sanitize(user.slice(at + 1), MAX_USER, series);
    return sanitize(user, MAX_USER, series);
  };
}

const ofUser = (client: LoginClient) => client.user;
const ofOriginal = (client: LoginClient) => client.originalUser ?? client.user;
const ofAuth = (client: LoginClient) => client.authUser ?? client.originalUser ?? client.user;

/** By 2.4's names. Dovecot 2.4.1 client-common.c login_var_expand_empty_tab */
const VARIABLES: Readonly<Record<string, LoginVariable>> = nameTable({
  user: userPart(ofUser, 'user'),
  protocol: (client) => client.protocol,
  // Login processes are not told any.
  home: () => undefined,
  local_ip: (client) => client.localIp,
  remote_ip: (client) => client.remoteIp,
  mechanism: ({ mechanism, series }) =>
    mechanism === '' ? undefined : sanitize(mechanism, MAX_MECHANISM, series),
  local_port: (client) => String(client.localPort),
  remote_port: (client) => String(client.remotePort),
  secured: (client) => client.securedText,
  ssl_security: (client) => client.tlsSecurity,
  // A proxied login has no mail process.
  mail_pid: () => '',
  session: (client) => client.session(),
  real_local_ip: (client) => client.real.realLocalIp,
  // 2.4.1 puts the local address there. Dovecot 2.4.1 client-common.c get_var_expand_params
  real_remote_ip: (client) => client.real.realLocalIp,
  real_local_port: (client) => String(client.real.realLocalPort),
  real_remote_port: (client) => String(client.real.realRemotePort),
  original_user: userPart(ofOriginal, 'user'),
  auth_user: userPart(ofAuth, 'user'),
  listener: (client) => client.listenerName,
  local_name: ({ localName, series }) =>
    localName === '' ? undefined : sanitize(localName, MAX_LOCAL_NAME, series),
  // The hello of a client is not at hand.
  ssl_ja3: () => undefined,
  ssl_ja3_hash: () => undefined,
});

/** What 2.3 has besides, or otherwise. */
const VARIABLES_23: Readonly<Record<string, LoginVariable>> = nameTable({
  username: userPart(ofUser, 'username'),
  domain: userPart(ofUser, 'domain'),
  pid: (client) => String(client.environment.pid),
  real_remote_ip: (client) => client.real.realRemoteIp,
  original_username: userPart(ofOriginal, 'username'),
  original_domain: userPart(ofOriginal, 'domain'),
  auth_username: userPart(ofAuth, 'username'),
  auth_domain: userPart(ofAuth, 'domain'),
});

/** 2.3's letters and long names. Dovecot 2.3.19.1 client-common.c login_var_expand_empty_tab */
const NAMES_23: Readonly<Record<string, string>> = nameTable({
  ...{ u: 'user', user: 'user', n: 'username', username: 'username', d: 'domain', domain: 'domain' },
  ...{ s: 'protocol', service: 'protocol', h: 'home', home: 'home', p: 'pid', pid: 'pid' },
  ...{ l: 'local_ip', lip: 'local_ip', local_ip: 'local_ip' },
  ...{ r: 'remote_ip', rip: 'remote_ip', remote_ip: 'remote_ip' },
  ...{ a: 'local_port', lport: 'local_port', local_port: 'local_port' },
  ...{ b: 'remote_port', rport: 'remote_port', remote_port: 'remote_port' },
  ...{ m: 'mechanism', mech: 'mechanism', mechanism: 'mechanism' },
  ...{ c: 'secured', secured: 'secured', k: 'ssl_security', ssl_security: 'ssl_security' },
  ...{ e: 'mail_pid', mail_pid: 'mail_pid', session: 'session' },
  ...{ real_lip: 'real_local_ip', real_local_ip: 'real_local_ip' },
  ...{ real_rip: 'real_remote_ip', real_remote_ip: 'real_remote_ip' },
  ...{ real_lport: 'real_local_port', real_local_port: 'real_local_port' },
  ...{ real_rport: 'real_remote_port', real_remote_port: 'real_remote_port' },
  ...{ orig_user: 'original_user', original_user: 'original_user' },
  ...{ orig_username: 'original_username', original_username: 'original_username' },
  ...{ orig_domain: 'original_domain', original_domain: 'original_domain' },
  ...{ auth_user: 'auth_user', auth_username: 'auth_username', auth_domain: 'auth_domain' },
  ...{ listener: 'listener', local_name: 'local_name' },
});

/** Names that a login process of the series knows. */
export const LOGIN_VARIABLE_NAMES: Readonly<Record<Series, readonly ByteString[]>> = {
  '2.3': Object.keys(NAMES_23),
  '2.4': Object.keys(VARIABLES),
};

/** The value of a variable for this client; undefined: it has none, or there is none of that name. */
export function loginVariable(client: LoginClient, name: ByteString): ByteString | undefined {
  if (client.series === '2.4') return VARIABLES[name]?.(client);
  const known = NAMES_23[name] ?? '';
  return (VARIABLES_23[known] ?? VARIABLES[known])?.(client);
}
