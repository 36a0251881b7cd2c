import type { ByteString } from '../../grammar/bytes.js';
import type { Series } from '../knowledge/versions.js';
import type { ClientAddresses } from '../proxy/login-client.js';
import type { LogValues } from '../proxy/login-log.js';
import type { ServedProtocol } from '../proxy/login-protocols.js';
import { LOGIN_VARIABLE_NAMES } from '../proxy/login-variables.js';
import { expand } from '../variables/expand.js';
import { inspectTemplate } from '../variables/inspect.js';
import type { Expansion, SystemVariables } from '../variables/scope.js';
import { expandLoginTemplate, NO_AUTH } from './log-template.js';

/** A login_greeting that no client could be greeted with; the message is Dovecot's. */
export class GreetingRefused extends Error {}

/** What every program knows. */
const BUILT_IN: Readonly<Record<Series, readonly ByteString[]>> = {
  '2.3': ['%', 'hostname', 'pid', 'uid', 'gid'],
  '2.4': [],
};

interface Greeted {
  readonly series: Series;
  readonly protocol: ServedProtocol;
  readonly localName: ByteString;
  readonly addresses: Pick<ClientAddresses, 'localIp' | 'localPort' | 'remoteIp' | 'remotePort'>;
}

/** 2.3's login processes. Dovecot 2.3.19.1 login-settings.c login_set_var_expand_table */
function loginNames(
  { protocol, localName, addresses }: Greeted,
  pid: ByteString,
): Record<string, ByteString> {
  const { localIp, remoteIp } = addresses;
  return {
    ...{ l: localIp, lip: localIp, local_ip: localIp },
    ...{ r: remoteIp, rip: remoteIp, remote_ip: remoteIp },
    ...{ p: pid, pid, s: protocol, service: protocol, local_name: localName },
  };
}

/** LMTP has those of mail users, and none is there yet. observed 2.3.19.1 and 2.4.1 */
function lmtpNames(greeted: Greeted, system: SystemVariables): Record<string, ByteString> {
  const { protocol, localName, addresses } = greeted;
  const nobody = { user: '', auth_user: '', session: '' };
  if (greeted.series === '2.3') {
    const { local_name: _, ...names } = loginNames(greeted, String(system.pid));
    const parts = { u: '', n: '', d: '', username: '', domain: '', auth_username: '', auth_domain: '' };
    return { ...names, ...nobody, ...parts, i: '0', uid: '0', gid: '0' };
  }
  return {
    ...nobody,
    ...{ hostname: system.hostname, master_user: '', protocol, service: protocol, local_name: localName },
    ...{ local_ip: addresses.localIp, remote_ip: addresses.remoteIp },
    ...{ local_port: String(addresses.localPort), remote_port: String(addresses.remotePort) },
  };
}

function expandFixed(
  template: ByteString,
  { series }: Greeted,
  names: Record<string, ByteString>,
  system: SystemVariables,
): Expansion {
  const unknown = unknownVariable(series, template, Object.keys(names));
  if (unknown !== null) return unknown;
  const extra = new Map(Object.entries(names));
  return expand(series, template, { auth: NO_AUTH, extra, providers: new Map(), system });
}

/** Those of the auth process are not there. */
function unknownVariable(
  series: Series,
  template: ByteString,
  names: readonly ByteString[],
): Expansion | null {
  const known = new Set([...names, ...BUILT_IN[series]]);
  const unknown = inspectTemplate(series, template).variables.find(
    ({ prefix, written }) => prefix === null && !known.has(written),
  );
  if (unknown === undefined) return null;
  const name = series === '2.3' ? `%${unknown.written}` : unknown.written;
  return { kind: 'error', message: `Unknown variable '${name}'` };
}

/** How clients of a login protocol are greeted; a function where the client has more to say (2.4). */
export function loginGreeting(
  template: ByteString,
  greeted: Greeted,
  system: SystemVariables,
): ByteString | ((values: LogValues) => ByteString) {
  if (!template.includes('%')) return template;
  if (greeted.series === '2.3')
    return textOf(greeted, expandFixed(template, greeted, loginNames(greeted, String(system.pid)), system));
  const names = LOGIN_VARIABLE_NAMES['2.4'];
  const expandFor = (values: LogValues) =>
    textOf(
      greeted,
      unknownVariable('2.4', template, names) ?? expandLoginTemplate('2.4', template, values, system),
    );
  // What no client can be greeted with is found before any comes.
  expandFor({ get: () => '', passdb: () => undefined });
  return expandFor;
}

/** How an LMTP client is greeted. */
export function lmtpGreeting(template: ByteString, greeted: Greeted, system: SystemVariables): ByteString {
  if (!template.includes('%')) return template;
  return textOf(greeted, expandFixed(template, greeted, lmtpNames(greeted, system), system));
}

function textOf({ series, protocol }: Greeted, expansion: Expansion): ByteString {
  if (expansion.kind === 'ok') return expansion.text;
  const { message } = expansion;
  if (series === '2.3') throw new GreetingRefused(`Failed to expand settings: login_greeting: ${message}`);
  const what = `Failed to expand login_greeting setting variables: ${message}`;
  throw new GreetingRefused(
    protocol === 'lmtp' ? `lmtp settings: Failed to parse configuration: ${what}` : what,
  );
}
