import type { ByteString } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import { type Series, seriesOf } from '../knowledge/versions.js';
import type { Destination } from './destination.js';
import { type IpAddress, ipPort, parseIp, sameIp } from './ip-address.js';
import type { LoginContext, LoginDecision } from './login-decision.js';
import { defaultPort } from './ports.js';
import { type ProxyFields, parseProxyFields } from './proxy-fields.js';

/** Mechanisms of the client library that a proxy logs in with. Dovecot lib-sasl/dsasl-client.c dsasl_clients_init */
const CLIENT_MECHANISMS: Readonly<Record<Series, readonly ByteString[]>> = {
  '2.3': ['EXTERNAL', 'LOGIN', 'PLAIN', 'OAUTHBEARER', 'XOAUTH2'],
  '2.4': [
    'ANONYMOUS',
    'EXTERNAL',
    'LOGIN',
    'PLAIN',
    'OAUTHBEARER',
    'XOAUTH2',
    'SCRAM-SHA-1',
    'SCRAM-SHA-1-PLUS',
    'SCRAM-SHA-256',
    'SCRAM-SHA-256-PLUS',
  ],
};

/** Mechanisms by which the server never learns the password; in 2.4 a token is none. Dovecot 2.4.1 mech-oauth2.c */
function hidesPassword(mechanism: ByteString, series: Series): boolean {
  if (series === '2.4' && /^(XOAUTH2|OAUTHBEARER)$/.test(mechanism)) return true;
  return /^(CRAM-MD5|DIGEST-MD5|APOP|NTLM|GSSAPI|GSS-SPNEGO|EXTERNAL|ANONYMOUS|SCRAM-.*|OTP)$/.test(
    mechanism,
  );
}

interface Problem {
  readonly cause: 'loop' | 'config' | 'temporary';
  readonly failureClass: 'internal' | 'remote_config';
  readonly log: ByteString;
  readonly crash: string | null;
}

/** Login processes of 2.3 die when a check fails before the connection. Dovecot 2.3.19.1 login-proxy.c login_proxy_free */
const LOGIN_CRASH = 'the login process dies with signal 11, and all sessions in it';
const AUTH_CRASH = 'the auth process panics on the empty host';

/** What a login process does with a successful answer of the auth process; one decision for simulate and serve. */
export function decideLogin(answer: AuthAnswer, context: LoginContext): LoginDecision {
  const series = seriesOf(context.version);
  const parsed = parseProxyFields(answer.fields, context);
  if (parsed.kind === 'invalid') {
    const crash = answer.fields.some((field) => field.name === 'host' && (field.value ?? '') === '')
      ? AUTH_CRASH
      : null;
    return { kind: 'failed', cause: 'temporary', failureClass: 'internal', log: parsed.log, crash };
  }
  const { fields, warnings } = parsed;
  const noted = warnings.length === 0 ? {} : { warnings };
  if (!fields.proxy) return { ...decideWithoutProxy(answer, fields, context), ...noted };

  const password = fields.pass ?? context.clientPassword;
  const problem = findProblem(answer, fields, password, context, series);
  if (problem !== null) return { kind: 'failed', ...problem, ...noted };
  return { kind: 'proxy', destination: destinationOf(answer, fields, password, context, series), warnings };
}

function decideWithoutProxy(answer: AuthAnswer, fields: ProxyFields, context: LoginContext): LoginDecision {
  // A host without proxy and nologin is no referral in practice: the login stays local. observed 2.3.19.1 and 2.4.1
  if (!fields.nologin) return { kind: 'local' };
  if (fields.host === null) {
    return { kind: 'nologin', reason: fields.reason ?? 'Login disabled for this user' };
  }
  return {
    kind: 'referral',
    user: fields.destuser ?? answer.user,
    host: fields.host,
    // 0: TLS from the start, in a protocol that has no port for it (2.4).
    port: fields.port === defaultPort(context) || fields.port === 0 ? null : fields.port,
    reason: fields.reason ?? 'Try this server instead.',
  };
}

function findProblem(
  answer: AuthAnswer,
  fields: ProxyFields,
  password: ByteString | null,
  context: LoginContext,
  series: Series,
): Problem | null {
  const prefix = `proxy(${answer.user}): `;
  const passwordMissing = password === null && hidesPassword(context.mechanism ?? '', series);
  const hostMissing = fields.host === null || fields.host === '';
  if (series === '2.4') {
    const temporary = (log: ByteString): Problem => ({
      cause: 'temporary',
      failureClass: 'internal',
      log,
      crash: null,
    });
    if (passwordMissing) return temporary('proxy: pass field is missing');
    if (hostMissing) return temporary('proxy: host field not given');
  }
  const config = (log: ByteString, crash: string | null = LOGIN_CRASH): Problem => ({
    cause: 'config',
    failureClass: 'internal',
    log: prefix + log,
    crash: series === '2.3' ? crash : null,
  });
  if (passwordMissing) return config('password not given');
  if (hostMissing) return config('host not given', fields.host === '' ? AUTH_CRASH : LOGIN_CRASH);

  const ip = destinationIp(fields);
  if (ip === 'invalid') return config(`Invalid hostip ${fields.hostIp}`);
  if (fields.mechanism !== null) {
    if (!CLIENT_MECHANISMS[series].includes(fields.mechanism.toUpperCase()))
      return config(`Unsupported SASL mechanism ${fields.mechanism}`);
  } else if (series === '2.4' && fields.master === '' && ip !== null) {
    const mismatch = addressMismatch(fields, ip);
    if (mismatch !== null) return config(mismatch);
  }
  if (loopsToItself(answer, fields, ip, context, series)) {
    return { ...config('Proxying loops to itself'), cause: 'loop' };
  }
  if (context.proxyTtl <= 1) {
    const where = `${answer.user},${ipPort(ip?.text ?? fields.host ?? '', fields.port)}`;
    return {
      cause: 'loop',
      failureClass: 'remote_config',
      log: `proxy(${where}): Aborting due to remote server: TTL reached zero - proxies appear to be looping?`,
      crash: null,
    };
  }
  return null;
}

/** Address to connect to; null while the name is not resolved, `invalid` for a hostip that is none. */
function destinationIp(fields: ProxyFields): IpAddress | 'invalid' | null {
  if (fields.hostIp !== null && fields.hostIp !== '') return parseIp(fields.hostIp) ?? 'invalid';
  return parseIp(fields.host ?? '');
}

/** 2.4 looks at addresses only without `proxy_mech` and `master`. Dovecot 2.4.1 client-common-auth.c proxy_check_start */
function addressMismatch(fields: ProxyFields, ip: IpAddress): ByteString | null {
  const source = fields.sourceIp === null ? null : parseIp(fields.sourceIp);
  if (source !== null && source.family !== ip.family)
    return `Source IP (${source.text}) address family does not match destination`;
  const host = parseIp(fields.host ?? '');
  if (host !== null && !sameIp(host, ip)) return "host and hostip are both IPs, but they don't match";
  return null;
}

/** Dovecot login-proxy.c login_proxy_is_ourself; LMTP compares the user name before changes. */
function loopsToItself(
  answer: AuthAnswer,
  fields: ProxyFields,
  ip: IpAddress | null,
  context: LoginContext,
  series: Series,
): boolean {
  if (fields.port !== context.localPort) return false;
  const local = parseIp(context.localIp);
  // 2.3 compares the host field and only if it is an address; 2.4 the address that is dialled.
  const target = series === '2.3' ? parseIp(fields.host ?? '') : ip;
  if (local === null || target === null || !sameIp(local, target)) return false;
  const login = context.protocol === 'lmtp' ? answer.originalUser : answer.user;
  return (fields.destuser ?? answer.user) === login;
}

function destinationOf(
  answer: AuthAnswer,
  fields: ProxyFields,
  password: ByteString | null,
  context: LoginContext,
  series: Series,
): Destination {
  const ip = destinationIp(fields);
  return {
    protocol: context.protocol,
    host: fields.host ?? '',
    ip: ip === null || ip === 'invalid' ? null : ip.text,
    port: fields.port,
    portReason: fields.portReason,
    tls: fields.starttls ? 'starttls' : fields.tls ? 'implicit' : 'none',
    verifyCertificate: !fields.anyCertificate,
    user: fields.destuser ?? answer.user,
    master: fields.master,
    password,
    mechanism: fields.mechanism?.toUpperCase() ?? (fields.master === '' ? null : 'PLAIN'),
    timeoutMs: fields.timeoutMs === 0 ? context.proxyTimeoutMs : fields.timeoutMs,
    sourceIp: sourceIp(fields, series),
    noPipelining: fields.noPipelining,
    notTrusted: fields.notTrusted,
    noAuth: fields.noAuth,
    redirectReauth: fields.redirectReauth,
    refreshSeconds: fields.refreshSeconds,
    immediateFailureAfterSeconds: fields.immediateFailureAfterSeconds,
    forward: fields.forward,
  };
}

/** In 2.3 a source_ip that cannot be parsed, or an empty one, means no binding, not even to login_source_ips. */
function sourceIp(fields: ProxyFields, series: Series): string | null {
  if (fields.sourceIp === null) return null;
  const address = parseIp(fields.sourceIp);
  if (address !== null) return address.text;
  return series === '2.3' ? '' : null;
}
