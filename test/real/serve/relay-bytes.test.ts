import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { receiveAll, sendAll } from '../../serve/byte-streams.js';
import { type BackendScript, ScriptedBackend } from '../../serve/scripted-backend.js';
import { ScriptedClient } from '../../serve/scripted-client.js';
import { tlsPath } from '../../serve/tls-files.js';
import { type DvproxyServer, startDvproxy } from '../servers/dvproxy.js';

const MIB = 1024 * 1024;
/** MiB each way; a nightly run takes 1024. */
const SIZE = Number(process.env['DVPROXY_RELAY_MIB'] ?? 64) * MIB + 4321;
/** More than all buffers of two kernels' sockets and the proxy hold. */
const FLOOD = 256 * MIB;

const folder = mkdtempSync(join(tmpdir(), 'dvproxy-relay-'));
let proxy: DvproxyServer;
const backends: ScriptedBackend[] = [];

beforeAll(async () => {
  const config = join(folder, 'dovecot.conf');
  writeFileSync(
    config,
    `protocols = imap
ssl = yes
ssl_cert = <${tlsPath('proxy.pem')}
ssl_key = <${tlsPath('proxy.key')}
disable_plaintext_auth = no
passdb {
  driver = passwd-file
  args = scheme=PLAIN ${folder}/%u
}
`,
  );
  proxy = await startDvproxy(
    ['-c', config, '--listen', 'imap=127.0.0.1:0', '--listen', 'imaps=127.0.0.1:0'],
    false,
  );
});

afterEach(async () => {
  for (const backend of backends.splice(0)) await backend.stop();
});

afterAll(async () => {
  await proxy.stop();
  rmSync(folder, { recursive: true });
});

let number = 0;

/** A new user with a backend of its own. */
async function newUser(script: BackendScript, fields = ''): Promise<string> {
  const backend = await ScriptedBackend.start(script);
  backends.push(backend);
  number += 1;
  const user = `u${number}`;
  const line = `${user}:secret::::::proxy host=127.0.0.1 port=${backend.port} ${fields}`;
  writeFileSync(join(folder, user), `${line}\n`);
  return user;
}

async function logIn(user: string, secure: boolean): Promise<ScriptedClient> {
  const port = proxy.portOf(secure ? 'imaps' : 'imap');
  const client = secure ? await ScriptedClient.connectTls(port) : await ScriptedClient.connect(port);
  await client.greeting();
  expect(await client.command('a', `LOGIN ${user} secret`)).toMatch(/^a OK /m);
  return client;
}

/** KiB that the proxy's process has in memory. */
function resident(): number {
  const pid = /pid (\d+)\)/.exec(proxy.log())?.[1] ?? '';
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

describe.each([
  ['in clear', '', 'none', false],
  ['with TLS to the client', '', 'none', true],
  ['with TLS on both sides', 'ssl=any-cert', 'implicit', true],
  ['with STARTTLS to the backend', 'starttls=any-cert', 'starttls', false],
] as const)('a session %s', (_, fields, tls, secure) => {
  test('carries every byte both ways at once, in pieces of any size', { timeout: 900_000 }, async () => {
    const down = createHash('sha256');
    let uploaded: (digest: string) => void = () => undefined;
    const upload = new Promise<string>((resolve) => {
      uploaded = resolve;
    });
    const user = await newUser(
      {
        tls,
        afterLogin: (socket, early) => {
          void receiveAll(socket, SIZE, early).then(uploaded);
          void sendAll(socket, SIZE, down);
        },
      },
      fields,
    );
    const client = await logIn(user, secure);
    const { socket, early } = client.detach();
    const up = createHash('sha256');
    const download = receiveAll(socket, SIZE, early);
    await sendAll(socket, SIZE, up);
    expect(await upload).toBe(up.digest('hex'));
    expect(await download).toBe(down.digest('hex'));
    client.close();
  });

  test('waits for a client that does not read, in little memory', async () => {
    let stalled = 0;
    const user = await newUser(
      {
        tls,
        afterLogin: (socket) => {
          const piece = Buffer.alloc(MIB, 'x');
          const flood = () => {
            while (stalled < FLOOD && socket.write(piece)) stalled += MIB;
          };
          socket.on('drain', flood);
          flood();
        },
      },
      fields,
    );
    const client = await logIn(user, secure);
    const { socket } = client.detach();
    socket.pause();
    const before = resident();
    await quiet(() => stalled);
    expect(stalled).toBeLessThan(FLOOD);
    expect(resident() - before).toBeLessThan(24 * 1024);
    client.close();
  });

  test('waits for a backend that does not read, in little memory', async () => {
    const user = await newUser({ tls, afterLogin: (socket) => void socket.pause() }, fields);
    const client = await logIn(user, secure);
    const { socket } = client.detach();
    const piece = Buffer.alloc(MIB, 'y');
    let stalled = 0;
    const before = resident();
    const flood = () => {
      while (stalled < FLOOD && socket.write(piece)) stalled += MIB;
    };
    socket.on('drain', flood);
    flood();
    await quiet(() => stalled);
    expect(stalled).toBeLessThan(FLOOD);
    expect(resident() - before).toBeLessThan(24 * 1024);
    client.close();
  });
});

/** Waits until a count has not moved for half a second. */
async function quiet(count: () => number): Promise<void> {
  for (let last = -1; count() !== last; ) {
    last = count();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
