import { connect } from 'node:net';
import { join } from 'node:path';
import { openChain } from '../../../src/auth/chain.js';
import type { AuthRequest } from '../../../src/auth/request.js';
import { SaslExchange, type SaslReply } from '../../../src/auth/sasl/exchange.js';
import { createMechanism } from '../../../src/auth/sasl/mechanisms.js';
import { nodeConfigHost } from '../../../src/cli/node-host.js';
import { nodeSystem } from '../../../src/cli/node-system.js';
import { loadConfig } from '../../../src/config/load.js';
import { createDatabases } from '../../../src/databases/open.js';
import { type DovecotVersion, seriesOf } from '../../../src/knowledge/versions.js';
import type { DovecotAuth } from '../servers/dovecot-auth.js';

/** The client's side: what it says to each challenge in turn; null: nothing comes from it any more. */
export interface Script {
  readonly mechanism: string;
  readonly initial: string | null;
  readonly answers: readonly (string | ((challenge: string) => string))[];
}

/** What both sides said, with the random parts of challenges as `*`. */
export type Dialogue = readonly string[];

const NEVER = new AbortController().signal;

function withoutChance(mechanism: string, challenge: string): string {
  if (mechanism === 'CRAM-MD5') return challenge.replace(/<\d+\.\d+@[^>]+>/, '<*.*@*>');
  if (mechanism === 'DIGEST-MD5')
    return challenge.replace(/nonce="[^"]{24}"/, 'nonce="*"').replace(/rspauth=[0-9a-f]{32}/, 'rspauth=*');
  if (mechanism.startsWith('SCRAM'))
    return challenge
      .replace(/^(r=.*)[!-+\x2d-~]{64},s=[^,]{24},/, '$1*,s=*,')
      .replace(/^v=[A-Za-z0-9+/]+=*$/, 'v=*');
  return challenge;
}

const base64 = (data: string): string => Buffer.from(data, 'latin1').toString('base64');
const plain = (data: string): string => Buffer.from(data, 'base64').toString('latin1');

/** The script against real Dovecot's auth process, by its socket for clients. */
export async function dialogueWithDovecot(server: DovecotAuth, script: Script): Promise<Dialogue> {
  const socket = connect(join(server.realDirectory, 'run', 'auth-client'));
  const lines: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    rest += chunk;
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      const next = waiting.shift();
      if (next === undefined) lines.push(line);
      else next(line);
    }
  });
  const read = async (): Promise<string> =>
    lines.shift() ?? (await new Promise<string>((resolve) => waiting.push(resolve)));
  socket.write(`VERSION\t1\t2\nCPID\t${process.pid}\n`, 'latin1');
  while ((await read()) !== 'DONE');
  const { mechanism, initial, answers } = script;
  const resp = initial === null ? '' : `\tresp=${base64(initial)}`;
  socket.write(`AUTH\t1\t${mechanism}\tservice=imap${resp}\n`, 'latin1');
  const said: string[] = [];
  for (const answer of [...answers, null]) {
    const [kind = '', , ...fields] = (await read()).split('\t');
    if (kind !== 'CONT') {
      said.push(line(kind, fields));
      break;
    }
    const challenge = plain(fields[0] ?? '');
    said.push(`CONT ${withoutChance(mechanism, challenge)}`);
    if (answer === null) break;
    const response = typeof answer === 'string' ? answer : answer(challenge);
    socket.write(`CONT\t1\t${base64(response)}\n`, 'latin1');
  }
  socket.destroy();
  return said;
}

function line(kind: string, fields: readonly string[]): string {
  const shown = fields.filter((field) => field !== '' && field !== 'user=' && field !== 'original_user=');
  return [kind, ...shown].join(' ');
}

/** The same script against ours. */
export async function dialogueWithOurs(
  server: DovecotAuth,
  version: DovecotVersion,
  script: Script,
): Promise<{ readonly dialogue: Dialogue; readonly log: readonly string[] }> {
  const { directory, realDirectory } = server;
  const config = loadConfig({
    path: join(realDirectory, 'dovecot.conf'),
    host: nodeConfigHost(),
    version,
    maps: directory === realDirectory ? [] : [{ from: directory, to: realDirectory }],
  });
  const mapPath = (path: string) =>
    path.startsWith(`${directory}/`) ? realDirectory + path.slice(directory.length) : path;
  const databases = createDatabases({ config, mapPath });
  const settings = config.effective.auth({ protocol: 'imap' });
  const system = nodeSystem();
  const chain = await openChain({
    settings,
    open: databases.openPassdb,
    system,
    resolve: async () => ({ kind: 'not-asked' }),
  });
  const series = seriesOf(version);
  const openidConfigurationUrl = config.effective.setting('oauth2_openid_configuration_url')?.text ?? '';
  const mechanism = createMechanism(script.mechanism, {
    series,
    realms: settings.realms,
    system,
    openidConfigurationUrl,
  });
  if (mechanism === null) throw new Error(`no ${script.mechanism}`);
  const verifyToken = await databases.tokenCheck().catch(() => null);
  const exchange = new SaslExchange({
    chain,
    mechanism,
    request: requestFor(script.mechanism),
    ...(verifyToken === null ? {} : { verifyToken }),
  });
  const said: string[] = [];
  let reply: SaslReply = await exchange.start(script.initial, NEVER);
  for (const answer of [...script.answers, null]) {
    if (reply.kind === 'answer') break;
    said.push(`CONT ${withoutChance(script.mechanism, reply.data)}`);
    if (answer === null) break;
    reply = await exchange.next(typeof answer === 'string' ? answer : answer(reply.data), NEVER);
  }
  const log: string[] = [];
  if (reply.kind === 'answer') {
    const { answer } = reply;
    const fields = answer.fields.map(({ name, value }) => (value === null ? name : `${name}=${value}`));
    const code = answer.code === null ? [] : [`code=${answer.code}`];
    const kind = answer.result === 'ok' ? 'OK' : 'FAIL';
    said.push(line(kind, [`user=${answer.user}`, ...code, ...fields]));
    log.push(...answer.log.filter(({ level }) => level !== 'debug').map((entry) => entry.line ?? ''));
  }
  await chain.close();
  await databases.close();
  return { dialogue: said, log };
}

function requestFor(mechanism: string): AuthRequest {
  return {
    user: '',
    authorizationId: '',
    password: null,
    mode: 'verify',
    mechanism,
    protocol: 'imap',
    localIp: '',
    localPort: 0,
    remoteIp: '',
    remotePort: 0,
    realLocalIp: '',
    realLocalPort: 0,
    realRemoteIp: '',
    realRemotePort: 0,
    localName: '',
    clientId: '',
    session: '',
    secured: '',
    validClientCertificate: false,
    forward: [],
    login: false,
  };
}
