import { spawn } from 'node:child_process';

/**
 * Python can listen without accepting: its queue is filled, and every SYN that comes later is dropped. The connections
 * that fill it stay.
 */
const PROGRAM = `
import select, socket, sys
server = socket.socket()
server.bind(('127.0.0.1', 0))
server.listen(0)
fillers = []
while True:
    filler = socket.socket()
    filler.setblocking(False)
    filler.connect_ex(server.getsockname())
    fillers.append(filler)
    if not select.select([], [filler], [], 0.5)[1]:
        break
print(server.getsockname()[1], flush=True)
sys.stdin.read()
`;

/** A port of 127.0.0.1 that a connection to is neither made nor refused. */
export interface MuteServer {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startMuteServer(): Promise<MuteServer> {
  const child = spawn('python3', ['-c', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk)));
    child.once('error', reject);
    child.once('close', () => reject(new Error('the mute server ended')));
  });
  return {
    port,
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
