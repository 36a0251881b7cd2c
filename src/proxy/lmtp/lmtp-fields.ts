import type { ByteString } from '../../../grammar/bytes.js';
import type { AuthAnswer } from '../../auth/answer.js';
import type { DovecotVersion } from '../../knowledge/versions.js';
import { type Series, seriesOf } from '../../knowledge/versions.js';
import { tabEscaped } from '../forward-fields.js';
import { parseInterval, parseUint } from '../interval.js';
import { type IpAddress, parseIp } from '../ip-address.js';

/** Time for the whole message. Dovecot lmtp-proxy.c LMTP_PROXY_DEFAULT_TIMEOUT_MSECS */
const DEFAULT_TIMEOUT_MS = 125_000;
/** Where the client came over a unix socket. Dovecot 2.4.1 lmtp-proxy.h LMTP_PROXY_DEFAULT_PORT */
const DEFAULT_PORT = 24;

/** A recipient's server as the LMTP process understands the fields. */
export interface LmtpDestination {
  readonly protocol: 'lmtp' | 'smtp';
  readonly host: ByteString;
  readonly hostIp: IpAddress | null;
  readonly sourceIp: IpAddress | null;
  readonly port: number;
  readonly tls: 'none' | 'starttls' | 'implicit';
  readonly anyCertificate: boolean;
  readonly timeoutMs: number;
}

interface Fields {
  proxy: boolean;
  nologin: boolean;
  host: ByteString | null;
  hostIp: IpAddress | null;
  sourceIp: IpAddress | null;
  /** 0 = not given. */
  port: number;
  protocol: 'lmtp' | 'smtp';
  timeoutMs: number;
  tls: boolean;
  starttls: boolean;
  anyCertificate: boolean;
  user: ByteString;
  destuser: ByteString | null;
  redirectReauth: boolean;
  forward: ByteString[];
}

export type LmtpFields =
  | {
      readonly kind: 'proxy';
      readonly destination: LmtpDestination;
      readonly user: ByteString;
      /** For XRCPTFORWARD, not encoded; null = none. */
      readonly forward: ByteString | null;
      readonly redirectReauth: boolean;
    }
  | { readonly kind: 'local' }
  | { readonly kind: 'nologin'; readonly referral: LmtpReferral | null }
  | { readonly kind: 'invalid'; readonly log: ByteString };

/** 2.4: another server that the client should ask. */
interface LmtpReferral {
  readonly user: ByteString;
  readonly host: ByteString;
  readonly port: number;
}

export interface LmtpFieldContext {
  readonly version: DovecotVersion;
  readonly localPort: number;
}

function setNumber(series: Series, fields: Fields, name: 'port' | 'proxy_timeout', value: ByteString) {
  if (name === 'port') {
    const port = parseUint(value);
    if (port === null || port === 0 || port > 65535)
      return series === '2.3'
        ? `Invalid port number ${value}`
        : invalid(name, value, 'Not a valid port number');
    fields.port = port;
    return null;
  }
  const seconds = parseUint(value);
  if (seconds !== null) {
    fields.timeoutMs = (seconds * 1000) % 2 ** 32;
    return null;
  }
  if (series === '2.3') return `Invalid proxy_timeout value ${value}`;
  const interval = parseInterval(value, 'milliseconds');
  if (interval.kind === 'error') return invalid(name, value, interval.message);
  fields.timeoutMs = interval.value;
  return null;
}

function invalid(name: ByteString, value: ByteString, reason: ByteString): ByteString {
  return `Invalid ${name} value '${value}': ${reason}`;
}

function setAddress(series: Series, fields: Fields, name: 'hostip' | 'source_ip', value: ByteString) {
  if (series === '2.4' && value === '') return null;
  const ip = parseIp(value);
  if (ip === null)
    return series === '2.3' ? `Invalid ${name} ${value}` : invalid(name, value, 'Not a valid IP address');
  if (name === 'hostip') fields.hostIp = ip;
  else fields.sourceIp = ip;
  return null;
}

/** Why the value cannot be used; null where it was taken. Dovecot lmtp-proxy.c lmtp_proxy_rcpt_parse_fields */
function setField(series: Series, fields: Fields, name: ByteString, value: ByteString): ByteString | null {
  switch (name) {
    case 'proxy':
      fields.proxy = true;
      return null;
    case 'nologin':
      fields.nologin = series === '2.4';
      return null;
    case 'host':
      if (value === '' && series === '2.4') return invalid(name, value, 'Empty host');
      fields.host = value;
      return null;
    case 'hostip':
    case 'source_ip':
      return setAddress(series, fields, name, value);
    case 'port':
    case 'proxy_timeout':
      return setNumber(series, fields, name, value);
    case 'protocol':
      if (value !== 'lmtp' && value !== 'smtp') return `Unknown protocol ${value}`;
      fields.protocol = value;
      if (fields.port === 0) fields.port = value === 'lmtp' ? DEFAULT_PORT : 25;
      return null;
    case 'ssl':
    case 'starttls':
      fields.tls = true;
      if (name === 'starttls') fields.starttls = true;
      if (value === 'any-cert') fields.anyCertificate = true;
      return null;
    case 'user':
      fields.user = value;
      return null;
    case 'destuser':
      // 2.3: the last of user and destuser; 2.4: destuser always.
      if (series === '2.3') fields.user = value;
      else fields.destuser = value;
      return null;
    case 'proxy_redirect_reauth':
      fields.redirectReauth = series === '2.4';
      return null;
    default:
      return null;
  }
}

/** What an answer of the auth process means for a recipient. */
export function parseLmtpFields(
  answer: Pick<AuthAnswer, 'user' | 'fields'>,
  { version, localPort }: LmtpFieldContext,
): LmtpFields {
  const series = seriesOf(version);
  const fields: Fields = {
    proxy: false,
    nologin: false,
    host: null,
    hostIp: null,
    sourceIp: null,
    port: 0,
    protocol: 'lmtp',
    timeoutMs: DEFAULT_TIMEOUT_MS,
    tls: false,
    starttls: false,
    anyCertificate: false,
    user: answer.user,
    destuser: null,
    redirectReauth: false,
    forward: [],
  };
  for (const { name, value } of answer.fields) {
    if (/^forward_/i.test(name)) fields.forward.push(forwardField(series, name, value));
    const problem = setField(series, fields, name, value ?? '');
    if (problem !== null) return { kind: 'invalid', log: `proxy: ${problem}` };
  }
  return decide(fields, series, localPort);
}

function forwardField(series: Series, name: ByteString, value: ByteString | null): ByteString {
  const key = name.slice('forward_'.length);
  if (series === '2.3' && value === null) return tabEscaped(key);
  return `${tabEscaped(key)}=${tabEscaped(value ?? '')}`;
}

function decide(fields: Fields, series: Series, localPort: number): LmtpFields {
  const user = fields.destuser ?? fields.user;
  const fallback = localPort !== 0 || series === '2.3' ? localPort : DEFAULT_PORT;
  const port = fields.port === 0 ? fallback : fields.port;
  const { proxy, nologin, host, protocol, hostIp, sourceIp, timeoutMs, anyCertificate } = fields;
  if (!proxy) {
    if (!nologin) return { kind: 'local' };
    return { kind: 'nologin', referral: host === null ? null : { user, host, port } };
  }
  if (host === null) return { kind: 'invalid', log: 'proxy: host not given' };
  const tls = fields.starttls ? 'starttls' : fields.tls ? 'implicit' : 'none';
  return {
    kind: 'proxy',
    destination: {
      protocol,
      host,
      hostIp,
      sourceIp,
      port,
      tls,
      anyCertificate,
      timeoutMs: timeoutMs === 0 ? DEFAULT_TIMEOUT_MS : timeoutMs,
    },
    user,
    forward: fields.forward.length === 0 ? null : fields.forward.join('\t'),
    redirectReauth: fields.redirectReauth,
  };
}
