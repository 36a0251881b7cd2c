import type { ByteString } from '../../grammar/bytes.js';
import type { Series } from '../knowledge/versions.js';
import { type HaproxyInfo, parseHaproxyHeader } from './haproxy-header.js';
import { inNetworks } from './ip-address.js';
import type { ServedProtocol } from './login-protocols.js';
import { isDnsName } from './xclient.js';

export interface GateOptions {
  readonly series: Series;
  readonly protocol: ServedProtocol;
  readonly remoteIp: string;
  /** haproxy_trusted_networks */
  readonly trustedNetworks: readonly string[];
}

interface GateLog {
  readonly level: 'warning' | 'error';
  readonly text: ByteString;
}

export type GateStep =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'closed'; readonly log: GateLog | null }
  /** `rest` followed the header: it is the client's. */
  | {
      readonly kind: 'open';
      readonly info: HaproxyInfo;
      readonly rest: ByteString;
      readonly log: GateLog | null;
    };

/** Names that ALPN may have. Dovecot 2.4.1 *-login-client.c application_protocols */
const APPLICATION_PROTOCOLS: Readonly<Record<ServedProtocol, string | null>> = {
  imap: 'imap',
  pop3: 'pop3',
  sieve: 'managesieve',
  submission: 'submission',
  lmtp: null,
};

/** A connection of a `haproxy = yes` listener, until its header has come. Nothing is said before. */
export class HaproxyGate {
  readonly #options: GateOptions;
  #data: ByteString = '';

  constructor(options: GateOptions) {
    this.#options = options;
  }

  start(): GateStep {
    const { remoteIp, trustedNetworks } = this.#options;
    if (inNetworks(remoteIp, trustedNetworks)) return { kind: 'waiting' };
    const text = `haproxy: Client not trusted (rip=${remoteIp})`;
    return { kind: 'closed', log: { level: 'warning', text } };
  }

  timedOut(): GateStep {
    return failed(`haproxy: Client timed out (rip=${this.#options.remoteIp})`);
  }

  received(data: ByteString): GateStep {
    this.#data += data;
    const step = parseHaproxyHeader(this.#data, this.#options.remoteIp);
    switch (step.kind) {
      case 'more':
        return { kind: 'waiting' };
      case 'invalid':
        return step.text === null ? { kind: 'closed', log: null } : failed(step.text);
      case 'header':
        return this.#opened(step.info, step.size);
    }
  }

  #opened(info: HaproxyInfo, size: number): GateStep {
    const { series, protocol, remoteIp } = this.#options;
    if (series === '2.4' && info.hostname !== '' && !isDnsName(info.hostname)) {
      const problem = 'get_tlv(2) failed: Invalid characters in value';
      return failed(`haproxy(v2): Client disconnected: Invalid TLV: ${problem} (cmd=01, rip=${remoteIp})`);
    }
    const expected = APPLICATION_PROTOCOLS[protocol];
    if (series === '2.4' && info.alpn !== '' && expected !== null && info.alpn !== expected)
      return failed(`HAproxy application protocol mismatch (requested '${info.alpn}')`);
    const log: GateLog | null = info.remark === null ? null : { level: 'error', text: info.remark };
    return { kind: 'open', info, rest: this.#data.slice(size), log };
  }
}

function failed(text: ByteString): GateStep {
  return { kind: 'closed', log: { level: 'error', text } };
}
