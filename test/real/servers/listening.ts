import { connect } from 'node:net';

/** Waits until somebody takes connections on a port of this machine. Throws after half a minute. */
export async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const taken = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (taken) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nobody listens on port ${port}`);
}
