import type { ByteString } from '../../grammar/bytes.js';
import type { FieldOrigin } from './answer.js';
import { parseIp, sameIp } from './ip-network.js';
import { replyTo, type Walking } from './questions.js';
import type { WalkState } from './walk-state.js';

/** Dovecot auth-request.c: AUTH_DNS_DEFAULT_TIMEOUT_MSECS */
const DNS_TIMEOUT_MS = 10_000;

export type ProxyFinish = 'done' | 'failed' | 'tempfail';

/**
 * Finishes the proxy fields of a successful login or look-up: resolves the host, decides proxy_maybe
 * (auth-chain.md section 2.7). Dovecot 2.3.19.1 and 2.4.1 auth-request.c: auth_request_proxy_finish
 */
export function* finishProxyFields(state: WalkState): Walking<ProxyFinish> {
  const { fields, request } = state;
  if (!fields.has('proxy') && !fields.has('proxy_maybe')) return 'done';
  const host = fields.find('host');
  if (host === null) {
    // A director may fill in the host; it gets these to decide.
    if (request.localIp !== '') add(state, 'lip', request.localIp, 'host is missing');
    if (request.localPort !== 0) add(state, 'lport', String(request.localPort), 'host is missing');
    return finishAddress(state, []);
  }
  if (parseIp(host) !== null || isBracketedIp23(state, host)) return finishAddress(state, [host]);
  const hostip = fields.find('hostip');
  if (hostip === null && host === '') {
    // observed 2.3.19.1 and 2.4.1
    state.crash = 'the auth process panics on an empty host field';
    return 'tempfail';
  }
  if (hostip === null) return yield* resolveHost(state, host);
  if (parseIp(hostip) === null) {
    const where = state.series === '2.3' ? '' : 'proxy: ';
    state.log('error', `${where}Invalid hostip in passdb: ${hostip}`, 'request');
    return 'failed';
  }
  return finishAddress(state, [hostip]);
}

/** 2.3 takes `[2001:db8::25]` as an address, but looks `[192.0.2.1]` up. observed 2.3.19.1 */
function isBracketedIp23(state: WalkState, host: ByteString): boolean {
  return state.series === '2.3' && /^\[.*:.*\]$/.test(host) && parseIp(host.slice(1, -1)) !== null;
}

function* resolveHost(state: WalkState, host: ByteString): Walking<ProxyFinish> {
  const scopeText = state.series === '2.3' ? '' : 'proxy: ';
  const given = state.fields.find('proxy_timeout');
  let timeoutMs = DNS_TIMEOUT_MS;
  if (given !== null) {
    if (!/^\d+$/.test(given))
      state.log('error', `${scopeText}Invalid proxy_timeout value: ${given}`, 'request');
    else if (state.series === '2.3') timeoutMs = Number(given) * 1000;
  }
  const { reply } = replyTo('resolve', yield { kind: 'resolve', host, timeoutMs });
  if (reply.kind === 'failed') {
    state.log('error', `${scopeText}DNS lookup for ${host} failed: ${reply.message}`, 'request');
    dropProxyFields(state);
    return 'tempfail';
  }
  if (reply.kind === 'not-asked') return finishAddress(state, []);
  add(state, 'hostip', reply.ips[0] ?? '', `address of ${host}`);
  return finishAddress(state, reply.ips);
}

/** `ips`: where the host is, as far as it is known. */
function finishAddress(state: WalkState, ips: readonly string[]): ProxyFinish {
  const { fields, request } = state;
  const host = fields.find('host');
  const hostip = fields.find('hostip');
  if (
    state.series === '2.4' &&
    host !== null &&
    hostip !== null &&
    parseIp(host) !== null &&
    parseIp(hostip) !== null &&
    !sameIp(host, hostip)
  ) {
    state.log('error', "host and hostip are both IPs, but they don't match", 'request');
    dropProxyFields(state);
    return 'tempfail';
  }
  if (!fields.has('proxy_maybe')) return 'done';
  const port = fields.find('port');
  const portIsOurs = port === null || (/^\d+$/.test(port) && Number(port) === request.localPort);
  if (!portIsOurs || !ips.some((ip) => isSelf(state, ip))) {
    fields.remove('proxy_maybe');
    add(state, 'proxy', null, 'proxy_maybe, and the destination is another server');
    return 'done';
  }
  const always = fields.has('proxy_always');
  dropProxyFields(state);
  if (always) add(state, 'proxy', null, 'proxy_always, and the destination is this server');
  return 'done';
}

function isSelf(state: WalkState, ip: string): boolean {
  const address = ip.replace(/^\[(.*)\]$/, '$1');
  if (state.request.realLocalIp !== '' && sameIp(address, state.request.realLocalIp)) return true;
  return state.settings.proxySelf.some((self) => sameIp(address, self));
}

function add(state: WalkState, name: ByteString, value: ByteString | null, reason: string): void {
  const from: FieldOrigin = { kind: 'auth', reason };
  state.fields.add(name, value, false, from);
}

/** A failed answer names no destination. Dovecot auth-request.c: auth_request_proxy_finish_failure */
export function dropProxyFields(state: WalkState): void {
  for (const name of ['proxy', 'proxy_maybe', 'proxy_always', 'host', 'port', 'destuser'])
    state.fields.remove(name);
  if (state.series === '2.4') state.fields.remove('hostip');
}
