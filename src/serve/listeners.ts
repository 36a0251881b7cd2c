import { createServer, type Server } from 'node:net';
import type { ByteString } from '../../grammar/bytes.js';
import type { EffectiveConfig } from '../config/effective.js';
import { type ServedProtocol, servedProtocol } from '../proxy/login-protocols.js';
import type { Accepted } from './client-socket.js';
import { acceptHandles } from './node-handles.js';
import type { HandedSocket } from './operation/handover.js';
import type { InheritedSocket } from './operation/service-manager.js';
import { errorCode, systemErrorText } from './system-errors.js';

/** One address to listen on. */
export interface Endpoint {
  readonly protocol: ServedProtocol;
  readonly name: ByteString;
  readonly address: string;
  readonly port: number;
  readonly implicitTls: boolean;
  /** Connections begin with a PROXY protocol header. */
  readonly haproxy: boolean;
  /** A listening socket that is open already (systemd); absent: the address is opened. */
  readonly descriptor?: number;
}

/** `--listen PROTOCOL=ADDRESS:PORT`. */
export interface ListenOption {
  readonly protocol: ServedProtocol;
  readonly address: string;
  readonly port: number;
  readonly implicitTls: boolean;
}

/** A listener cannot be opened; the message says which and what to do. */
export class ListenError extends Error {}

export interface EndpointPlan {
  readonly endpoints: readonly Endpoint[];
  /** What the configuration asks for and is not served. */
  readonly notices: readonly string[];
}

const ALL_IPV4 = '0.0.0.0';

function addressOf(written: string): string {
  if (written === '*') return ALL_IPV4;
  return written.replace(/^\[(.*)\]$/, '$1');
}

/** Which addresses to listen on: the configuration's, replaced by protocol where options are given. */
export function planEndpoints(
  config: Pick<EffectiveConfig, 'listeners'>,
  options: readonly ListenOption[],
  inherited: readonly InheritedSocket[] = [],
  handed: readonly HandedSocket[] = [],
): EndpointPlan {
  if (inherited.length > 0) return planInherited(config, inherited);
  const endpoints: Endpoint[] = [];
  const notices = new Set<string>();
  const replaced = new Set<string>(options.map(({ protocol }) => protocol));
  for (const { protocol, address, port, implicitTls } of options) {
    endpoints.push({
      protocol,
      name: implicitTls ? `${protocol}s` : protocol,
      address,
      port,
      implicitTls,
      haproxy: false,
    });
  }
  for (const listener of config.listeners()) {
    if (replaced.has(listener.protocol)) continue;
    const protocol = servedProtocol(listener.protocol);
    if (protocol === null) {
      notices.add(`protocol ${listener.protocol} is not served: its listeners stay closed`);
      continue;
    }
    for (const address of listener.addresses) {
      const { name, port, ssl, haproxy } = listener;
      endpoints.push({ protocol, name, address: addressOf(address), port, implicitTls: ssl, haproxy });
    }
  }
  const left = [...handed];
  return { endpoints: endpoints.map((endpoint) => withHanded(endpoint, left)), notices: [...notices] };
}

/** A predecessor's socket of the same place is used, and taken from the list. */
function withHanded(endpoint: Endpoint, handed: HandedSocket[]): Endpoint {
  const index = handed.findIndex(
    ({ name, address, port }) =>
      address === endpoint.address &&
      // Any port was asked for: the predecessor's is as good, and known to clients.
      (endpoint.port === 0 ? name === endpoint.name : port === endpoint.port),
  );
  const [socket] = index === -1 ? [] : handed.splice(index, 1);
  return socket === undefined ? endpoint : { ...endpoint, descriptor: socket.descriptor };
}

/** Sockets of systemd stand for all of the configuration's: `FileDescriptorName=imaps` says which listener each is. */
function planInherited(
  config: Pick<EffectiveConfig, 'listeners'>,
  inherited: readonly InheritedSocket[],
): EndpointPlan {
  const notices: string[] = [];
  const endpoints = inherited.flatMap(({ name, descriptor }): Endpoint[] => {
    const listener = config.listeners().find((one) => one.name === name);
    const known = servedProtocol(listener?.protocol ?? name) ?? servedProtocol(name.replace(/s$/, ''));
    if (known === null) {
      notices.push(
        `socket ${descriptor} of the service manager has the name "${name}", which is no listener`,
      );
      return [];
    }
    const implicitTls = listener?.ssl ?? servedProtocol(name) === null;
    const haproxy = listener?.haproxy ?? false;
    return [{ protocol: known, name, address: '', port: 0, implicitTls, haproxy, descriptor }];
  });
  return { endpoints, notices };
}

export function endpointText({ name, address, port }: Endpoint): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return `${name}=${host}:${port}`;
}

/** Opens one listener. Answers null where the machine has no IPv6 at all. */
export async function openListener(
  endpoint: Endpoint,
  accept: (socket: Accepted, endpoint: Endpoint) => void,
): Promise<Server | null> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => accept(socket, endpoint));
  const problem = await new Promise<unknown>((resolve) => {
    server.once('error', resolve);
    const { address: host, port, descriptor } = endpoint;
    const where =
      descriptor === undefined ? { host, port, ipv6Only: true, backlog: 511 } : { fd: descriptor };
    server.listen(where, () => {
      server.removeListener('error', resolve);
      resolve(null);
    });
  });
  if (problem === null) {
    if (!endpoint.haproxy) acceptHandles(server, (connection) => accept(connection, endpoint));
    return server;
  }
  const code = errorCode(problem);
  const noIpv6 = endpoint.address === '::' && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL');
  if (noIpv6) return null;
  const where = `cannot listen on ${endpointText(endpoint)}: ${systemErrorText(problem)}`;
  if (code !== 'EACCES') throw new ListenError(where);
  const { protocol, implicitTls, port } = endpoint;
  const instead = `--listen ${protocol}${implicitTls ? 's' : ''}=127.0.0.1:${port + 1000}`;
  throw new ListenError(`${where}; ports below 1024 need privileges, use ${instead}`);
}
