import { type ChildProcess, spawn } from 'node:child_process';
import { listening } from './listening.js';
import { freePort } from './mariadb.js';

/** Answers by the token: see the switch. */
const PROGRAM = `
const { createServer } = require('node:http');
createServer((request, response) => {
  let body = '';
  request.on('data', (data) => { body += data; });
  request.on('end', () => {
    const bearer = (request.headers.authorization || '').replace(/^Bearer /, '');
    const form = new URLSearchParams(body);
    const query = decodeURIComponent(request.url.replace(/^[^=]*=?/, '').replace(/&.*$/, ''));
    const token = form.get('token') || form.get('password') || query || bearer;
    const send = (status, value) => { response.writeHead(status, { 'Content-Type': 'application/json' }); response.end(typeof value === 'string' ? value : JSON.stringify(value)); };
    if (request.url.startsWith('/grant')) {
      if (token === 'wrong') return send(400, { error: 'invalid_grant' });
      if (token === 'odd') return send(400, { error: 'invalid_client' });
      if (token === 'mute') return send(400, {});
      if (token === 'empty') return send(200, {});
      return send(200, { access_token: 'TOKEN', token_type: token === 'mac' ? 'mac' : 'Bearer', expires_in: token === 'soon' ? 'soon' : 60, email: 'ann' });
    }
    switch (token) {
      case 'inactive': return send(200, { active: false, email: 'ann' });
      case 'other': return send(200, { active: true, email: 'bob' });
      case 'noname': return send(200, { active: true });
      case 'error': return send(500, 'oops');
      case 'denied': return send(401, { error: 'denied' });
      case 'broken': return send(200, '{"email": ');
      case 'list': return send(200, '[1]');
      case 'nothing': return send(200, '');
      default: return send(200, { active: true, email: 'ANN', scope: token === 'scope' ? 'a mail b' : 'other', host: '192.0.2.1', nested: { x: 1 }, number: 5, yes: true });
    }
  });
}).listen(Number(process.argv[1]), '127.0.0.1');
`;

export interface FakeOauth2 {
  readonly port: number;
  stop(): void;
}

/** An OAuth2 server in a process of its own, so that it answers while a test waits for another program. */
export async function startFakeOauth2(): Promise<FakeOauth2> {
  const port = await freePort();
  const child: ChildProcess = spawn(process.execPath, ['-e', PROGRAM, String(port)], { stdio: 'ignore' });
  await listening(port);
  return { port, stop: () => void child.kill() };
}
