import { connect } from 'node:net';
import type { AdminReply, AdminRequest } from './admin-protocol.js';

/** No proxy answers on the socket. */
export class NoProxy extends Error {}

const TIMEOUT_MS = 30_000;

/** Asks the proxy behind an admin socket. */
export function askProxy(path: string, request: AdminRequest): Promise<AdminReply> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`${JSON.stringify(request)}\n`));
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer within 30 seconds')));
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', (error) => reject(new NoProxy(`admin socket ${path}: ${error.message}`)));
    socket.on('close', () => {
      if (text.endsWith('\n')) resolve(JSON.parse(text));
      else reject(new NoProxy(`admin socket ${path}: the proxy closed the connection without an answer`));
    });
  });
}
