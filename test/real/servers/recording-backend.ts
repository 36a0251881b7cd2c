import { createServer, type Server, type Socket } from 'node:net';

/** What a proxy said to a backend, and where. */
interface Recorded {
  readonly backend: string;
  readonly lines: readonly string[];
}

export interface RecordingBackends {
  /** Connections since the last call, in no order. */
  taken(): Recorded[];
  stop(): Promise<void>;
}

type Answer = (line: string, state: { rest: number }) => string;

/** Says yes to every login. */
const IMAP: Answer = (line) => {
  const [tag = '*', command = ''] = line.split(' ');
  if (/^LOGOUT$/i.test(command)) return `* BYE bye\r\n${tag} OK bye\r\n`;
  if (/^CAPABILITY$/i.test(command)) return `* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n${tag} OK done\r\n`;
  return `${tag} OK [CAPABILITY IMAP4rev1] done\r\n`;
};

const POP3: Answer = (line) => (/^CAPA/i.test(line) ? '+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n' : '+OK done\r\n');

const LMTP: Answer = (line, state) => {
  if (state.rest > 0) {
    if (line !== '.') return '';
    state.rest = 0;
    return '250 2.0.0 saved\r\n';
  }
  if (/^LHLO/i.test(line)) return '250-backend\r\n250 PIPELINING\r\n';
  if (/^DATA/i.test(line)) {
    state.rest = 1;
    return '354 go on\r\n';
  }
  return /^QUIT/i.test(line) ? '221 bye\r\n' : '250 2.0.0 OK\r\n';
};

const protocols = (
  lmtpPort: number,
): readonly (readonly [port: number, greeting: string, answer: Answer])[] => [
  [143, '* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n', IMAP],
  [110, '+OK ready\r\n', POP3],
  [lmtpPort, '220 backend LMTP\r\n', LMTP],
];

/** Backends for IMAP and POP3 at their own ports of some addresses of this machine, and for LMTP at the one given. */
export async function startBackends(
  addresses: readonly string[],
  lmtpPort: number,
): Promise<RecordingBackends> {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const recorded: { backend: string; lines: string[] }[] = [];
  for (const address of addresses)
    for (const [port, greeting, answer] of protocols(lmtpPort)) {
      const server = createServer((socket) => {
        const record = { backend: `${address}:${port}`, lines: [] as string[] };
        recorded.push(record);
        sockets.add(socket);
        const state = { rest: 0 };
        let text = '';
        socket.setEncoding('latin1');
        socket.on('error', () => undefined);
        socket.on('close', () => sockets.delete(socket));
        socket.on('data', (chunk: string) => {
          const lines = (text + chunk).split('\r\n');
          text = lines.pop() ?? '';
          for (const line of lines) {
            record.lines.push(line);
            socket.write(answer(line, state));
            if (/(?:^|^\S+ )(?:LOGOUT|QUIT)$/i.test(line)) socket.end();
          }
        });
        socket.write(greeting);
      });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, address, resolve);
      });
      servers.push(server);
    }
  return {
    taken: () => recorded.splice(0),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
