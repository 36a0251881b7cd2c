// A whole proxy on a laptop: users from a fixture, a backend that takes every login, and two clients that log in.
// Ports of 127.0.0.1 only; nothing is left behind.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
if (!existsSync('dist/cli.cjs')) {
  console.error('Build first: npm run build');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'dvproxy-demo-'));
const admin = `unix:${join(folder, 'admin.sock')}`;

/** An IMAP server that says yes. */
const backend = createServer((socket) => {
  socket.setEncoding('latin1');
  socket.on('error', () => socket.destroy());
  socket.write('* OK [CAPABILITY IMAP4rev1 SASL-IR ID] the backend\r\n');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
    for (let end = text.indexOf('\r\n'); end !== -1; end = text.indexOf('\r\n')) {
      const [tag = '', command = ''] = text.slice(0, end).split(' ');
      text = text.slice(end + 2);
      if (command.toUpperCase() === 'LOGOUT') socket.end(`* BYE\r\n${tag} OK bye\r\n`);
      else socket.write(`${tag} OK [CAPABILITY IMAP4rev1 IDLE] done\r\n`);
    }
  });
});
await new Promise((resolve) => backend.listen(0, '127.0.0.1', resolve));

writeFileSync(
  join(folder, 'dovecot.conf'),
  `protocols = imap
ssl = no
disable_plaintext_auth = no
passdb {
  driver = sql
  args = ${join(folder, 'sql.conf.ext')}
}
`,
);
writeFileSync(
  join(folder, 'sql.conf.ext'),
  `driver = mysql
connect = host=db.example.net dbname=mail user=dovecot password=secret
password_query = SELECT password, 'y' AS proxy, host, ${backend.address().port} AS port FROM users WHERE username = '%u'
`,
);
writeFileSync(
  join(folder, 'users.sql'),
  `CREATE TABLE users (username VARCHAR(128) PRIMARY KEY, password VARCHAR(128), host VARCHAR(64));
INSERT INTO users VALUES
  ('joe@example.com', '{PLAIN}secret', '127.0.0.1'),
  ('jane@example.com', '{PLAIN}secret', '127.0.0.1');
`,
);

const args = ['serve', '-c', join(folder, 'dovecot.conf'), '--fixture', join(folder, 'users.sql')];
const options = ['--listen', 'imap=127.0.0.1:0', '--admin', admin];
console.log(`$ dvproxy ${[...args, ...options].join(' ')}`);
const proxy = spawn(process.execPath, ['bin/dvproxy.js', ...args, ...options]);
let log = '';
const port = await new Promise((resolve, reject) => {
  proxy.on('exit', (code) => reject(new Error(`the proxy ended with ${code}: ${log}`)));
  proxy.stderr.on('data', (chunk) => {
    process.stdout.write(chunk);
    log += chunk;
    const found = /ready imap=127\.0\.0\.1:(\d+)/.exec(log)?.[1];
    if (found !== undefined) resolve(Number(found));
  });
});

/** Logs in and gives the server's answer. */
function logIn(user, password) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      if (text === '') socket.write(`a LOGIN ${user} ${password}\r\n`);
      text += chunk;
      const answer = /^a (?:OK|NO|BAD).*/m.exec(text)?.[0];
      if (answer !== undefined) resolve({ socket, answer });
    });
  });
}

let surprises = 0;
const sockets = [];
for (const [user, password, wanted] of [
  ['joe@example.com', 'secret', 'OK'],
  ['jane@example.com', 'secret', 'OK'],
  ['joe@example.com', 'wrong', 'NO'],
]) {
  const { socket, answer } = await logIn(user, password);
  sockets.push(socket);
  console.log(`${user} with ${password}: ${answer}`);
  if (!answer.startsWith(`a ${wanted}`)) surprises += 1;
}
for (const command of ['who', 'stats']) {
  console.log(`\n$ dvproxy ${command} --admin ${admin}`);
  const { status } = spawnSync(process.execPath, ['bin/dvproxy.js', command, '--admin', admin], {
    stdio: 'inherit',
  });
  if (status !== 0) surprises += 1;
}
for (const socket of sockets) socket.destroy();
proxy.removeAllListeners('exit');
const ended = new Promise((resolve) => proxy.on('exit', resolve));
proxy.kill('SIGTERM');
await ended;
backend.close();
rmSync(folder, { recursive: true });
process.exit(surprises === 0 ? 0 : 1);
