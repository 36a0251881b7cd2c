import type { AuthAnswer } from '../auth/answer.js';
import type { FileSetting, LoginSettings } from '../config/effective.js';
import { seriesOf } from '../knowledge/versions.js';
import type { Destination } from '../proxy/destination.js';
import { ipPort, parseIp, sameIp } from '../proxy/ip-address.js';
import type { Simulation } from '../simulate/simulation.js';
import { originText, placeText, shown, tlsText } from './simulation-words.js';

/** Label, text, and where it comes from. */
export type DestinationLine = readonly [label: string, text: string, from: string];

/** The destination as the login process uses it; `all`: also what is as nearly always. */
export function destinationLines(
  { question, answer, login }: Simulation,
  destination: Destination,
  all: boolean,
): readonly DestinationLine[] {
  const lines: DestinationLine[] = [
    ['host', shown(destination.host), ''],
    ...addressLine(answer, destination),
    ['port', String(destination.port), destination.portReason],
    ['TLS', tlsLine(destination), ''],
  ];
  if (login !== undefined && destination.tls !== 'none' && destination.verifyCertificate)
    lines.push(...trustLine(login, all));
  lines.push(['login', loginText(answer, destination), '']);
  const ownTimeout = answer.fields.some(({ name }) => name === 'proxy_timeout');
  lines.push([
    'timeout',
    `${destination.timeoutMs / 1000} s`,
    ownTimeout ? 'the proxy_timeout field' : 'login_proxy_timeout',
  ]);
  lines.push(...sourceLine(destination, login));
  const flags = [
    ...(destination.noPipelining ? ['no pipelining'] : []),
    ...(destination.notTrusted ? ['the backend is not told of the client'] : []),
    ...(destination.redirectReauth ? ['referrals of the backend are looked up again'] : []),
    ...(destination.refreshSeconds > 0 ? [`looked up again every ${destination.refreshSeconds} s`] : []),
  ];
  if (flags.length > 0) lines.push(['more', flags.join(', '), '']);
  for (const [name, value] of destination.forward)
    lines.push(['forward', value === null ? shown(name) : `${shown(name)}=${shown(value)}`, '']);
  if (question.localIp !== '' || all) lines.push(['loop', loopText(question, destination), '']);
  return lines;
}

function addressLine(answer: AuthAnswer, { host, ip }: Destination): readonly DestinationLine[] {
  if (ip === null || ip === host) return [];
  const field = answer.fields.find(({ name }) => name === 'hostip');
  return [['address', ip, field === undefined ? '' : originText(field.from)]];
}

function tlsLine(destination: Destination): string {
  const named = destination.tls !== 'none' && destination.verifyCertificate;
  return `${tlsText(destination)}${named ? ` for ${shown(destination.host)}` : ''}`;
}

/** Who vouches for the backend's certificate. */
function trustLine({ tlsClient, version }: LoginSettings, all: boolean): readonly DestinationLine[] {
  const { ca, caDirectory, requireCrl, requireValidCertificate } = tlsClient;
  if (!requireValidCertificate) return [['trust', 'anybody: ssl_client_require_valid_cert = no', '']];
  const name = seriesOf(version) === '2.3' ? 'ssl_ca' : 'ssl_client_ca_file';
  const has = ca !== null && (ca.inline !== null || (ca.path ?? '') !== '');
  if (!has && (caDirectory ?? '') === '')
    return [['trust', `nobody: ${name} is not set, every certificate is refused [DV507]`, '']];
  if (!all) return [];
  const crl = requireCrl ? ', with its revocation list (ssl_require_crl)' : '';
  return [['trust', `${has ? name : 'ssl_client_ca_dir'}${crl}`, has ? caPlace(ca) : (caDirectory ?? '')]];
}

function caPlace({ path, origin }: FileSetting): string {
  return path ?? (origin === null ? '' : placeText(origin));
}

function loginText(answer: AuthAnswer, destination: Destination): string {
  if (destination.noAuth) return `no authentication, as ${shown(destination.user)}`;
  if (destination.protocol === 'lmtp') return `${shown(destination.user)}, no password`;
  const how = destination.mechanism === null ? '' : ` by ${shown(destination.mechanism)}`;
  const master = destination.master === '' ? '' : `, authenticated as ${shown(destination.master)}`;
  const own = answer.fields.some((field) => field.name === 'pass' && field.from.kind !== 'auth');
  const password = own ? "the passdb's pass" : "the client's password";
  return `${shown(destination.user)}${master}, ${password}${how}`;
}

function sourceLine({ sourceIp }: Destination, login: LoginSettings | undefined): readonly DestinationLine[] {
  if (sourceIp === '') return [];
  if (sourceIp !== null) return [['source', shown(sourceIp), 'the source_ip field']];
  const own = login?.sourceIps ?? [];
  return own.length === 0 ? [] : [['source', own.join(', '), 'login_source_ips']];
}

/** Dovecot login-proxy.c login_proxy_is_ourself: address, port and user have to be the same. */
function loopText(question: Simulation['question'], destination: Destination): string {
  if (question.localIp === '')
    return 'not known: --local-ip and --local-port tell where the client connected';
  const here = parseIp(question.localIp);
  const there = parseIp(destination.ip ?? '');
  const place = ipPort(question.localIp, question.localPort);
  if (here === null || there === null) return `not known: the host has no address yet; this is ${place}`;
  if (!sameIp(here, there)) return `no: another address than this one, ${place}`;
  if (question.localPort !== destination.port) return `no: another port than this one, ${place}`;
  return `no: this address and port, ${place}, but another user than the one who logs in`;
}
