import type { Connection, TlsEvents } from './connection.js';
import { PlainConnection } from './plain-connection.js';
import { SocketConnection } from './socket-connection.js';
import {
  type TlsBeginning,
  type TlsClientOptions,
  TlsConnection,
  type TlsServerOptions,
} from './tls-connection.js';
import { hasTlsHandles } from './tls-handles.js';

const NOTHING = Buffer.alloc(0);

/** A connection in clear, which is not to be used any more when TLS has begun on it. */
export type ClearConnection = PlainConnection | SocketConnection;

/** TLS with the client of a connection; `early` was read already and belongs to it. */
export function serverTls(
  clear: ClearConnection,
  early: Buffer,
  options: TlsServerOptions,
  events: TlsEvents,
): Connection {
  if (clear instanceof PlainConnection && hasTlsHandles())
    return TlsConnection.server(beginning(clear, early), options, events);
  const socket = clear.intoSocket();
  if (early.length > 0) socket.unshift(early);
  return SocketConnection.server(socket, options, events);
}

/** TLS with the server of a connection. */
export function clientTls(clear: ClearConnection, options: TlsClientOptions, events: TlsEvents): Connection {
  if (clear instanceof PlainConnection && hasTlsHandles())
    return TlsConnection.client(beginning(clear, NOTHING), options, events);
  return SocketConnection.client(clear.intoSocket(), options, events);
}

function beginning(clear: PlainConnection, early: Buffer): TlsBeginning {
  const { tcp, held } = clear.intoHandle();
  return { tcp, early: [early, held ?? NOTHING].filter(({ length }) => length > 0) };
}
