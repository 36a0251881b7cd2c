import { createHash, type Hash } from 'node:crypto';
import type { Socket } from 'node:net';

/** Bytes that repeat nowhere near: a lost or doubled piece shows in the digest. */
export function block(index: number, size: number): Buffer {
  const data = Buffer.alloc(size);
  let state = (index * 2654435761) >>> 0;
  for (let at = 0; at < size; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data.writeUInt32LE(state, at);
  }
  return data;
}

/** Sends as many bytes in pieces of many sizes, at the pace of the other side. */
export async function sendAll(socket: Socket, total: number, digest: Hash): Promise<void> {
  let sent = 0;
  for (let index = 0; sent < total; index++) {
    const size = Math.min(1 + ((index * 7919) % 100_000) * 4, total - sent);
    const data = block(index, (size + 3) & ~3).subarray(0, size);
    digest.update(data);
    sent += size;
    if (!socket.write(data)) await new Promise((resolve) => socket.once('drain', resolve));
  }
}

/** Counts and digests what a socket brings until `total` bytes are there. */
export function receiveAll(socket: Socket, total: number, early: Buffer): Promise<string> {
  const digest = createHash('sha256').update(early);
  let received = early.length;
  return new Promise((resolve) => {
    const done = () => resolve(digest.digest('hex'));
    if (received >= total) done();
    socket.resume();
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      digest.update(chunk);
      if (received === total) done();
    });
  });
}
