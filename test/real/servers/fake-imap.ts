import { type ChildProcess, spawn } from 'node:child_process';
import { listening } from './listening.js';
import { freePort } from './mariadb.js';

/** Says OK to the password `pw`; what else it says is in the password itself: `NO [EXPIRED] text`, `close`. */
const PROGRAM = `
const { createServer } = require('node:net');
createServer((socket) => {
  socket.write('* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\\r\\n');
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (data) => {
    text += data;
    for (let end; (end = text.indexOf('\\r\\n')) !== -1; ) {
      const line = text.slice(0, end);
      text = text.slice(end + 2);
      const [tag, command, ...args] = line.split(' ');
      let password = '';
      if (/^LOGIN$/i.test(command)) password = args.join(' ').replace(/^("(?:[^"\\\\]|\\\\.)*"|\\S+) /, '').replace(/^"|"$/g, '').replace(/\\\\(.)/g, '$1');
      else if (/^AUTHENTICATE$/i.test(command)) password = Buffer.from(args[1], 'base64').toString().split('\\0')[2];
      else if (/^CAPABILITY$/i.test(command)) { socket.write('* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\\r\\n' + tag + ' OK done\\r\\n'); continue; }
      else { socket.write(tag + ' OK done\\r\\n'); continue; }
      if (password === 'close') { socket.destroy(); return; }
      socket.write(tag + ' ' + (password === 'pw' || password === 'zo\\u00eb' ? 'OK [CAPABILITY IMAP4rev1] Logged in' : password) + '\\r\\n');
    }
  });
}).listen(Number(process.argv[1]), '127.0.0.1');
`;

export interface FakeImap {
  readonly port: number;
  stop(): void;
}

/** An IMAP server in a process of its own, so that it answers while a test waits for another program. */
export async function startFakeImap(): Promise<FakeImap> {
  const port = await freePort();
  const child: ChildProcess = spawn(process.execPath, ['-e', PROGRAM, String(port)], { stdio: 'ignore' });
  await listening(port);
  return { port, stop: () => void child.kill() };
}
