import type { ByteString } from '../../grammar/bytes.js';
import { parseUint } from './interval.js';
import { parseIp } from './ip-address.js';
import { sanitize } from './sanitize.js';

/** Addresses as the front end gives them. */
interface ProxiedAddresses {
  readonly remoteIp: string;
  readonly remotePort: number;
  readonly localIp: string;
  readonly localPort: number;
}

/** What a PROXY protocol header says. */
export interface HaproxyInfo {
  /** null: the connection's own hold (UNKNOWN, LOCAL, UNIX). */
  readonly addresses: ProxiedAddresses | null;
  /** The client came to the front end by TLS. */
  readonly tls: boolean;
  /** TLS server name; '' = none. */
  readonly hostname: ByteString;
  /** Common name of the client's certificate; '' = none. */
  readonly certificateName: ByteString;
  /** Application protocol; '' = none. */
  readonly alpn: ByteString;
  /** Said on the way, as an error. */
  readonly remark: ByteString | null;
}

export type HeaderStep =
  /** More bytes are needed. */
  | { readonly kind: 'more' }
  /** The connection is to be closed; the log line, if there is one. */
  | { readonly kind: 'invalid'; readonly text: ByteString | null }
  | { readonly kind: 'header'; readonly info: HaproxyInfo; readonly size: number };

/** Longest line of version 1. Dovecot lib-master/master-service-haproxy.c HAPROXY_V1_MAX_HEADER_SIZE */
const V1_MAX = 108;
/** Longest header of version 2, that of its TLVs too. */
const V2_MAX = 1500;
const V2_SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';
const V2_FIXED = 16;

const NOTHING: HaproxyInfo = {
  addresses: null,
  tls: false,
  hostname: '',
  certificateName: '',
  alpn: '',
  remark: null,
};

/** A mistake in a header, in Dovecot's words. */
class HeaderError extends Error {}

/**
 * Reads a PROXY protocol header. Dovecot wants all of it at once; here it may come in pieces.
 * Dovecot lib-master/master-service-haproxy.c; haproxy doc/proxy-protocol.txt
 */
export function parseHaproxyHeader(data: ByteString, rip: string): HeaderStep {
  try {
    if (data.startsWith('PROXY') || 'PROXY'.startsWith(data)) return parseV1(data, rip);
    if (data.startsWith(V2_SIGNATURE) || V2_SIGNATURE.startsWith(data)) return parseV2(data, rip);
  } catch (error) {
    if (error instanceof HeaderError) return { kind: 'invalid', text: error.message };
    throw error;
  }
  return {
    kind: 'invalid',
    text: `haproxy: Client disconnected: Failed to read valid HAproxy data (rip=${rip})`,
  };
}

function parseV1(data: ByteString, rip: string): HeaderStep {
  const end = data.slice(0, V1_MAX).indexOf('\r');
  if (end === -1) return data.length < V1_MAX ? { kind: 'more' } : { kind: 'invalid', text: null };
  if (data.length === end + 1) return { kind: 'more' };
  if (data.charAt(end + 1) !== '\n') return { kind: 'invalid', text: null };
  const fail = (text: ByteString): HeaderError =>
    new HeaderError(`haproxy(v1): Client disconnected: ${text}rip=${rip})`);
  const [, protocol, ...fields] = data.slice(0, end).split(' ');
  const size = end + 2;
  if (protocol === undefined) throw fail('Field for proxied protocol is missing (');
  if (protocol === 'UNKNOWN') return { kind: 'header', info: NOTHING, size };
  if (protocol !== 'TCP4' && protocol !== 'TCP6')
    throw fail(`Unknown proxied protocol (protocol=\`${sanitize(protocol, 64)}', `);
  const family = protocol === 'TCP4' ? 4 : 6;
  const address = (value: ByteString | undefined, what: string): string => {
    if (value === undefined) throw fail(`Field for proxied ${what} address is missing (`);
    const ip = parseIp(value);
    if (ip === null || ip.family !== family)
      throw fail(`Proxied ${what} address is invalid (address=\`${sanitize(value, 64)}', `);
    return ip.text;
  };
  const port = (value: ByteString | undefined, what: string): number => {
    // It says so of both. observed source 2.3.19.1 and 2.4.1
    if (value === undefined) throw fail('Field for proxied local port is missing (');
    const number = parseUint(value);
    if (number === null || number === 0 || number > 65535)
      throw fail(`Proxied ${what} port is invalid (port=\`${sanitize(value, 64)}', `);
    return number;
  };
  const remoteIp = address(fields[0], 'remote');
  const localIp = address(fields[1], 'local');
  const remotePort = port(fields[2], 'remote');
  const localPort = port(fields[3], 'local');
  if (fields[4] !== undefined)
    throw fail(`Header line has spurius extra field (field=\`${sanitize(fields[4], 64)}', `);
  const addresses = { remoteIp, remotePort, localIp, localPort };
  return { kind: 'header', info: { ...NOTHING, addresses }, size };
}

function byteAt(data: ByteString, at: number): number {
  return data.charCodeAt(at);
}

function wordAt(data: ByteString, at: number): number {
  return byteAt(data, at) * 256 + byteAt(data, at + 1);
}

function hex(value: number): string {
  return value.toString(16).padStart(2, '0');
}

function parseV2(data: ByteString, rip: string): HeaderStep {
  if (data.length < V2_FIXED) return { kind: 'more' };
  const length = wordAt(data, 14);
  const size = V2_FIXED + length;
  if (size > V2_MAX) throw new HeaderError(`haproxy: Client disconnected: Too long header (rip=${rip})`);
  if (data.length < size) return { kind: 'more' };
  const version = byteAt(data, 12) >> 4;
  if (version !== 2)
    throw new HeaderError(
      `haproxy: Client disconnected: Unsupported protocol version (version=${hex(version)}, rip=${rip})`,
    );
  const fail = (text: ByteString): HeaderError =>
    new HeaderError(`haproxy(v2): Client disconnected: ${text}, rip=${rip})`);
  const command = byteAt(data, 12) & 0x0f;
  // LOCAL: the front end checks whether this server lives.
  if (command === 0) return { kind: 'header', info: NOTHING, size };
  if (command !== 1) throw fail(`Invalid command (cmd=${hex(command)}`);
  const transport = byteAt(data, 13) & 0x0f;
  if (transport !== 1) throw fail(`Not using TCP (type=${hex(transport)}`);
  const family = byteAt(data, 13) >> 4;
  const block = data.slice(V2_FIXED, size);
  const read = readAddresses(family, block, rip);
  const info = { ...NOTHING, ...read.info };
  const problem = readTlvs(block.slice(read.size), info);
  if (problem !== null) throw fail(`Invalid TLV: ${problem} (cmd=${hex(command)}`);
  return { kind: 'header', info, size };
}

function readAddresses(
  family: number,
  block: ByteString,
  rip: string,
): { info: Partial<HaproxyInfo>; size: number } {
  const fail = (text: ByteString): HeaderError =>
    new HeaderError(`haproxy(v2): Client disconnected: ${text}rip=${rip})`);
  switch (family) {
    case 0:
    case 3: {
      const remark = `haproxy(v2): Unsupported address family (family=${hex(family)}, rip=${rip})`;
      return { info: { remark }, size: 0 };
    }
    case 1: {
      if (block.length < 12) throw fail('IPv4 data is incomplete (');
      return { info: { addresses: addressesOf(block, 4, ipv4Text) }, size: 12 };
    }
    case 2: {
      if (block.length < 36) throw fail('IPv6 data is incomplete (');
      return { info: { addresses: addressesOf(block, 16, ipv6Text) }, size: 36 };
    }
    default:
      throw fail(`Unknown address family (family=${hex(family)}, `);
  }
}

function addressesOf(block: ByteString, size: number, text: (bytes: ByteString) => string): ProxiedAddresses {
  return {
    remoteIp: text(block.slice(0, size)),
    localIp: text(block.slice(size, 2 * size)),
    remotePort: wordAt(block, 2 * size),
    localPort: wordAt(block, 2 * size + 2),
  };
}

function ipv4Text(bytes: ByteString): string {
  return [0, 1, 2, 3].map((at) => byteAt(bytes, at)).join('.');
}

function ipv6Text(bytes: ByteString): string {
  const groups = Array.from({ length: 8 }, (_, at) => wordAt(bytes, 2 * at).toString(16));
  const written = groups.join(':');
  return parseIp(written)?.text ?? written;
}

interface Tlvs {
  tls: boolean;
  hostname: ByteString;
  certificateName: ByteString;
  alpn: ByteString;
}

/** Calls `take` for each; what is wrong, or null. */
function eachTlv(
  data: ByteString,
  take: (type: number, value: ByteString, at: number) => ByteString | null,
): ByteString | null {
  let at = 0;
  while (at < data.length) {
    const end = at + 3 + (at + 3 > data.length ? 0 : wordAt(data, at + 1));
    if (at + 3 > data.length || end > data.length) return `get_tlv(${at}) failed: Truncated data`;
    const problem = take(byteAt(data, at), data.slice(at + 3, end), at);
    if (problem !== null) return problem;
    at = end;
  }
  return null;
}

function text(value: ByteString): ByteString {
  return value.split('\0')[0] ?? '';
}

function readTlvs(data: ByteString, info: Tlvs): ByteString | null {
  return eachTlv(data, (type, value, at) => {
    switch (type) {
      case 0x01:
        info.alpn = value;
        return null;
      case 0x02:
        info.hostname = text(value);
        return null;
      case 0x20:
        if (value.length < 5) return `get_ssl_tlv(${at}) failed: Truncated data`;
        info.tls = (byteAt(value, 0) & 1) !== 0;
        return eachTlv(value.slice(5), (subtype, content) => {
          if (subtype === 0x22) info.certificateName = text(content);
          return null;
        });
      default:
        return null;
    }
  });
}
