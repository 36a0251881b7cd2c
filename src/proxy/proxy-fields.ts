import type { ByteString } from '../../grammar/bytes.js';
import type { AnswerField } from '../auth/answer.js';
import { type Series, seriesOf } from '../knowledge/versions.js';
import { parseInterval, parseUint } from './interval.js';
import { parseIp } from './ip-address.js';
import type { LoginContext } from './login-decision.js';
import { defaultPort, defaultTlsPort } from './ports.js';

/** The answer's fields as a login process understands them. */
export interface ProxyFields {
  proxy: boolean;
  nologin: boolean;
  reason: ByteString | null;
  host: ByteString | null;
  hostIp: ByteString | null;
  sourceIp: ByteString | null;
  /** 0 = not given. */
  port: number;
  portReason: string;
  destuser: ByteString | null;
  pass: ByteString | null;
  master: ByteString;
  mechanism: ByteString | null;
  timeoutMs: number;
  refreshSeconds: number;
  immediateFailureAfterSeconds: number;
  tls: boolean;
  starttls: boolean;
  anyCertificate: boolean;
  noPipelining: boolean;
  notTrusted: boolean;
  noAuth: boolean;
  redirectReauth: boolean;
  forward: [ByteString, ByteString | null][];
}

export type ParsedFields =
  | { readonly kind: 'ok'; readonly fields: ProxyFields; readonly warnings: readonly ByteString[] }
  /** 2.4 gives up at the first value it cannot use. */
  | { readonly kind: 'invalid'; readonly log: ByteString };

/** Seconds that a host may have been failing. Dovecot login-proxy.h LOGIN_PROXY_DEFAULT_HOST_IMMEDIATE_FAILURE_AFTER_SECS */
const DEFAULT_IMMEDIATE_FAILURE_AFTER = 30;

function emptyFields(): ProxyFields {
  return {
    proxy: false,
    nologin: false,
    reason: null,
    host: null,
    hostIp: null,
    sourceIp: null,
    port: 0,
    portReason: '',
    destuser: null,
    pass: null,
    master: '',
    mechanism: null,
    timeoutMs: 0,
    refreshSeconds: 0,
    immediateFailureAfterSeconds: DEFAULT_IMMEDIATE_FAILURE_AFTER,
    tls: false,
    starttls: false,
    anyCertificate: false,
    noPipelining: false,
    notTrusted: false,
    noAuth: false,
    redirectReauth: false,
    forward: [],
  };
}

/** Why a value cannot be used, in the words of the version; null where it was taken. */
type Complaint = ByteString | null;

function invalidPort(series: Series, value: ByteString): ByteString {
  return series === '2.3'
    ? `Auth service returned invalid port number: ${value}`
    : `Auth service returned invalid port value '${value}': Not a valid port number`;
}

function setPort(fields: ProxyFields, value: ByteString, series: Series): Complaint {
  const port = parseUint(value);
  if (port === null || port === 0 || port > 65535) return invalidPort(series, value);
  fields.port = port;
  fields.portReason = 'the port field';
  return null;
}

/** Dovecot's text for a time that is none; 2.3 puts the blame on the auth service. */
function invalidTime(series: Series, name: ByteString, value: ByteString, error: ByteString): ByteString {
  return `${series === '2.3' ? 'BUG: ' : ''}Auth service returned invalid ${name} value '${value}': ${error}`;
}

function setTimeout(fields: ProxyFields, value: ByteString, series: Series): Complaint {
  // A plain number means seconds here, unlike in settings. Dovecot 2.4.1 auth-proxy.c, 2.3.19.1 client-common-auth.c
  const seconds = parseUint(value);
  if (seconds !== null) {
    fields.timeoutMs = (seconds * 1000) % 2 ** 32;
    return null;
  }
  const interval = parseInterval(value, 'milliseconds');
  if (interval.kind === 'error') return invalidTime(series, 'proxy_timeout', value, interval.message);
  fields.timeoutMs = interval.value;
  return null;
}

function setImmediateFailure(fields: ProxyFields, value: ByteString, series: Series): Complaint {
  const interval = parseInterval(value, 'seconds');
  if (interval.kind === 'error')
    return invalidTime(series, 'proxy_host_immediate_failure_after', value, interval.message);
  fields.immediateFailureAfterSeconds = interval.value;
  return null;
}

function setRefresh(fields: ProxyFields, value: ByteString, series: Series): Complaint {
  const seconds = parseUint(value);
  if (seconds === null)
    return `${series === '2.3' ? 'BUG: ' : ''}Auth service returned invalid proxy_refresh value: ${value}`;
  fields.refreshSeconds = seconds;
  return null;
}

/** 2.4 checks addresses while parsing; 2.3 keeps the text and looks at it when connecting. */
function setAddress(
  fields: ProxyFields,
  key: 'hostIp' | 'sourceIp',
  name: ByteString,
  value: ByteString,
  series: Series,
): Complaint {
  if (series === '2.3') {
    fields[key] = value;
    return null;
  }
  if (value === '') return null;
  if (parseIp(value) === null)
    return `Auth service returned invalid ${name} value '${value}': Not a valid IP address`;
  fields[key] = value;
  return null;
}

function setField(
  fields: ProxyFields,
  name: ByteString,
  given: ByteString | null,
  series: Series,
  context: Pick<LoginContext, 'protocol' | 'localPort'>,
): Complaint {
  const value = given ?? '';
  switch (name) {
    // Flags count by presence, whatever their value. observed 2.3.19.1 and 2.4.1
    case 'proxy':
      fields.proxy = true;
      return null;
    case 'nologin':
      fields.nologin = true;
      return null;
    case 'proxy_nopipelining':
      fields.noPipelining = true;
      return null;
    case 'proxy_not_trusted':
      fields.notTrusted = true;
      return null;
    case 'proxy_noauth':
      fields.noAuth = true;
      return null;
    case 'proxy_redirect_reauth':
      fields.redirectReauth = series === '2.4';
      return null;
    case 'ssl':
      fields.tls = true;
      if (value === 'any-cert') fields.anyCertificate = true;
      // 2.3 decides on the port where it meets `ssl`: a port field behind it still wins. client-common-auth.c
      if (series === '2.3' && fields.port === 0) {
        fields.port = defaultTlsPort(context.protocol) ?? 0;
        fields.portReason = `the default TLS port of ${context.protocol} (ssl was set before any port)`;
      }
      return null;
    case 'starttls':
      fields.tls = true;
      fields.starttls = true;
      if (value === 'any-cert') fields.anyCertificate = true;
      return null;
    case 'reason':
      fields.reason = value;
      return null;
    case 'host':
      if (value === '' && series === '2.4') return `Auth service returned invalid host value '': Empty host`;
      fields.host = value;
      return null;
    case 'hostip':
      return setAddress(fields, 'hostIp', name, value, series);
    case 'source_ip':
      return setAddress(fields, 'sourceIp', name, value, series);
    case 'port':
      return setPort(fields, value, series);
    case 'destuser':
      fields.destuser = value;
      return null;
    case 'pass':
      fields.pass = value;
      return null;
    case 'master':
      if (value !== '') fields.master = value;
      return null;
    case 'proxy_mech':
      fields.mechanism = value;
      return null;
    case 'proxy_timeout':
      return setTimeout(fields, value, series);
    case 'proxy_host_immediate_failure_after':
      return setImmediateFailure(fields, value, series);
    case 'proxy_refresh':
      return setRefresh(fields, value, series);
    case 'protocol':
      if (context.protocol === 'lmtp' && fields.port === 0 && (value === 'lmtp' || value === 'smtp')) {
        fields.port = value === 'lmtp' ? 24 : 25;
        fields.portReason = `the default port of protocol=${value}`;
      }
      return null;
    default:
      if (name.startsWith('forward_')) fields.forward.push([name.slice('forward_'.length), given]);
      return null;
  }
}

/** Reads the fields in their order: the last one of a name wins, flags add up. */
export function parseProxyFields(answer: readonly AnswerField[], context: LoginContext): ParsedFields {
  const series = seriesOf(context.version);
  const fields = emptyFields();
  const warnings: ByteString[] = [];
  for (const field of answer) {
    const complaint = setField(fields, field.name, field.value, series, context);
    if (complaint === null) continue;
    if (series === '2.4') return { kind: 'invalid', log: complaint };
    warnings.push(complaint);
  }
  if (fields.port === 0) {
    const implicit = series === '2.4' && fields.tls && !fields.starttls;
    fields.port = implicit ? (defaultTlsPort(context.protocol) ?? 0) : defaultPort(context);
    fields.portReason = `the default ${implicit ? 'TLS ' : ''}port of ${context.protocol}`;
  }
  return { kind: 'ok', fields, warnings };
}
