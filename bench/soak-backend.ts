import { type AddressInfo, createServer, type Socket } from 'node:net';

const GREETING = '* OK [CAPABILITY IMAP4rev1 SASL-IR ID] ready\r\n';

/** An IMAP server that takes every login and then sends back every byte; says its port to its parent. */
export function runSoakBackend(port: number): void {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.write(GREETING);
    logIn(socket);
  });
  server.listen({ port, host: '127.0.0.1', backlog: 4096 }, () => {
    const { port: bound } = server.address() as AddressInfo;
    process.send?.({ port: bound });
  });
  process.on('disconnect', () => process.exit(0));
}

function logIn(socket: Socket): void {
  let input = '';
  const onData = (chunk: Buffer) => {
    input += chunk.toString('latin1');
    for (let end = input.indexOf('\r\n'); end !== -1; end = input.indexOf('\r\n')) {
      const [tag = '', command = ''] = input.slice(0, end).split(' ');
      input = input.slice(end + 2);
      if (command === 'ID') socket.write(`* ID NIL\r\n${tag} OK\r\n`);
      else if (command === 'LOGIN' || command === 'AUTHENTICATE') {
        socket.write(`${tag} OK [CAPABILITY IMAP4rev1] in\r\n`);
        socket.off('data', onData);
        if (input !== '') socket.write(Buffer.from(input, 'latin1'));
        socket.pipe(socket);
        return;
      } else socket.write(`${tag} OK\r\n`);
    }
  };
  socket.on('data', onData);
}
