import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DovecotVersion, seriesOf } from '../../../../src/knowledge/versions.js';
import { LineBackend } from '../../../serve/line-backend.js';
import { dovecotServerMissing } from '../../servers/dovecot.js';
import { freePort } from '../../servers/mariadb.js';
import { base64, type LiveCase, type LiveCases, type LiveUser, NETWORKS, type Step } from './case.js';
import type { LiveSetup } from './live-config.js';
import { maskedBytes, maskedLog, type PortNames, WAITING } from './masks.js';
import { type MuteServer, startMuteServer } from './mute-server.js';
import { type LiveProxy, startOurProxy, startRealProxy, type UsersOf } from './proxies.js';
import { type Spoken, speak } from './spoken-client.js';

/** Conversations at a time. */
const AT_ONCE = 24;

/** A server behind one proxy. */
interface Server {
  readonly backend: LineBackend | null;
  /** The port where nothing listens, or the backend's. */
  readonly port: number;
}

/** A case of one proxy: the servers of its users by their names, '' = the case's own user. */
interface Side {
  readonly servers: ReadonlyMap<string, Server>;
  spoken: Spoken | null;
}

interface Planned {
  readonly name: string;
  readonly live: LiveCase;
  /** The local part of the case's user. */
  readonly user: string;
  readonly address: string;
  readonly real: Side;
  readonly ours: Side;
}

/** What is compared: all of it must be equal. */
interface Seen {
  readonly client: string;
  readonly backend: Readonly<Record<string, readonly string[]>>;
  /** Lines by the process that wrote them: the order of two processes is chance. */
  readonly log: Readonly<Record<string, readonly string[]>>;
}

function usersOf(live: LiveCase): [name: string, user: LiveUser][] {
  return [['', live], ...Object.entries(live.more ?? {})];
}

async function openServer(behind: LiveUser['behind'], mute: MuteServer | null): Promise<Server> {
  if (behind === 'mute') return { backend: null, port: mute?.port ?? 0 };
  if (behind === null || behind === undefined) return { backend: null, port: await freePort() };
  const { greeting, answer, converse, implicitTls = false, pieces } = behind;
  const talks = new Map<number, typeof answer>();
  const answering: typeof answer = (line, secured, connection) => {
    const talk = talks.get(connection) ?? converse?.() ?? answer;
    talks.set(connection, talk);
    return talk(line, secured, connection);
  };
  const options = { implicitTls, ...(pieces === undefined ? {} : { pieces }) };
  const backend = await LineBackend.start(greeting, answering, options);
  return { backend, port: backend.port };
}

async function openSide(live: LiveCase, mute: MuteServer | null): Promise<Side> {
  const servers = new Map<string, Server>();
  for (const [name, { behind }] of usersOf(live)) servers.set(name, await openServer(behind, mute));
  return { servers, spoken: null };
}

function fullName(user: string, name: string): string {
  return `${user}${name === '' ? '' : `.${name}`}@example.com`;
}

function userLines({ user, live }: Planned, { servers }: Side, self: number): string[] {
  const fill = (text: string, own: number) =>
    text
      .replaceAll('@SELF@', String(self))
      .replace(/@PORT(?::(\w+))?@/g, (_, name?: string) => String(servers.get(name ?? '')?.port ?? own))
      .replace(/@USER(?::(\w+))?@/g, (_, name?: string) => fullName(user, name ?? ''));
  return usersOf(live).map(([name, { allFields, fields = '' }]) => {
    // dvproxy never asks backends to frame their output; 2.3 does not know the field.
    const whole = allFields ?? `proxy proxy_no_multiplex host=127.0.0.1 port=@PORT:${name}@ ${fields}`;
    const own = servers.get(name)?.port ?? 0;
    return `${fullName(user, name)}:pass::::::${fill(whole.trim().replaceAll('@PORT:@', '@PORT@'), own)}`;
  });
}

/** What a trusted front end may say its client's address is. */
const namedAddress = (address: string): string => address.replace(/^127\./, '10.');

function filled(step: Step, { user, address }: Planned): Step {
  const fill = (text: string) =>
    text
      .replaceAll('@ADDR@', namedAddress(address))
      .replace(/@USER(?::(\w+))?@/g, (_, name?: string) => fullName(user, name ?? ''))
      .replaceAll('@LOCAL@', user)
      .replaceAll('@UPPER@', fullName(user, '').toUpperCase())
      .replaceAll('@PLAIN@', base64(`\0${fullName(user, '')}\0pass`));
  if (typeof step === 'string') return fill(step);
  if ('pieces' in step) return { pieces: step.pieces.map(fill) };
  return 'send' in step ? { ...step, send: fill(step.send) } : step;
}

async function talk(planned: Planned, side: Side, proxy: LiveProxy): Promise<void> {
  const { live, user, address } = planned;
  const { protocol, implicitTls = false, silenceMs = null } = live;
  side.spoken = await speak({
    protocol,
    port: proxy.ports.get(implicitTls ? `${protocol}s` : protocol) ?? 0,
    localAddress: address,
    implicitTls,
    steps: live.steps.map((step) => filled(step, planned)),
    user: fullName(user, ''),
    silenceMs,
  });
}

/** Without session ids, also of IPv6 clients, and without the bytes that told a client to wait. */
function known(line: string, waited: number): string {
  return line
    .replace(/<[A-Za-z0-9+/]{16}(?:[A-Za-z0-9+/]{16})?>/g, '<SID>')
    .replace(/\bout=(\d+)/, (_, count: string) => `out=${Number(count) - waited}`);
}

/** A case's lines have its client's address, or the port of a server of its own. */
function logOf(
  whole: string,
  planned: Planned,
  { servers, spoken }: Side,
  ports: PortNames,
): Record<string, string[]> {
  const { address, user, live } = planned;
  const own = [...servers.values()].filter(({ backend }) => backend !== null).map(({ port }) => port);
  const last = servers.get('')?.backend?.heard.at(-1) ?? '';
  // Each plus of a session id makes two bytes more where it goes out as xtext.
  const escapes = 2 * ((/ SESSION=(\S*)/.exec(last)?.[1] ?? '').split('+2B').length - 1);
  const lines: Record<string, string[]> = {};
  const here = new RegExp(
    `\\b${address.replaceAll('.', '\\.')}\\b|[ls]mtp-client: .*:(?:${own.join('|') || '-'})\\b`,
  );
  // Of a client that a front end gave another address.
  const named = new RegExp(`\\b${namedAddress(address).replaceAll('.', '\\.')}\\b|\\b${user}@`);
  const isNamed = (line: string) => live.protocol !== 'lmtp' && named.test(line);
  const heard = spoken?.heard.split('<TLS>\n').at(-1) ?? '';
  const waited = WAITING.length * (heard.split(WAITING).length - 1);
  for (const line of whole.split('\n')) {
    if (!here.test(line) && !isNamed(line)) continue;
    const process = /^[a-z0-9-]+/.exec(line)?.[0] ?? '';
    lines[process] = [...(lines[process] ?? []), maskedLog(known(line, waited), ports, escapes)];
  }
  if (live.anyOrder === true) for (const each of Object.values(lines)) each.sort();
  return lines;
}

/** A server that leaves while there is more to read resets the connection: its last words may be lost on the way. */
function lastWordsLost({ silenceMs }: LiveCase, real: Seen, ours: Seen): boolean {
  const left = /Input buffer full|Too many invalid|too large/.test(JSON.stringify(real.log));
  return silenceMs !== undefined && left && ours.client.startsWith(real.client);
}

function namesOfPorts({ servers }: Side, proxy: LiveProxy | null): PortNames {
  return new Map([
    ...[...servers].map(([name, { port }]) => [port, name === '' ? 'BACKEND' : `BACKEND ${name}`] as const),
    ...[...(proxy?.ports ?? [])].map(([name, port]) => [port, `PORT OF ${name}`] as const),
  ]);
}

function seen(planned: Planned, side: Side, proxy: LiveProxy | null, log: string): Seen {
  const ports = namesOfPorts(side, proxy);
  const masked = (text: string) => maskedBytes(text, ports);
  return {
    client: masked(side.spoken?.stuck === null ? side.spoken.heard : `stuck at ${side.spoken?.stuck}`),
    backend: Object.fromEntries(
      [...side.servers].map(([name, { backend }]) => [name, (backend?.heard ?? []).map(masked)]),
    ),
    log: logOf(log, planned, side, ports),
  };
}

/**
 * All cases through a real proxy and through dvproxy, several at a time, each from an address of its own by which its
 * log lines are told; both have ended, and written everything, before anything is compared.
 */
export function compareLive(
  version: DovecotVersion,
  setup: LiveSetup,
  groups: Readonly<Record<string, LiveCases>>,
): void {
  const series = seriesOf(version);
  const missing = dovecotServerMissing(version);
  const planned: Planned[] = [];
  let mute: MuteServer | null = null;
  let real: LiveProxy | null = null;
  let ours: LiveProxy | null = null;
  let realLog = '';
  let ourLog = '';
  const only = process.env['DVPROXY_LIVE'];
  const mine = Object.entries(groups).flatMap(([group, cases]) =>
    Object.entries(cases)
      .filter(([, { only, leftOut }]) => leftOut === undefined && (only === undefined || only === series))
      .map(([name, live]) => [`${group}: ${name}`, live] as const)
      .filter(([name]) => only === undefined || name.includes(only)),
  );

  describe.skipIf(missing !== null)(`a client behind Dovecot ${version} sees the same of dvproxy`, () => {
    beforeAll(async () => {
      if (mine.some(([, live]) => usersOf(live).some(([, { behind }]) => behind === 'mute')))
        mute = await startMuteServer();
      for (const [index, [name, live]] of mine.entries())
        planned.push({
          name,
          live,
          user: `user${1000 + index}`,
          address: `127.${NETWORKS[live.from ?? 'any']}.${1 + Math.floor(index / 200)}.${10 + (index % 200)}`,
          real: await openSide(live, mute),
          ours: await openSide(live, mute),
        });
      const denied = planned.filter(({ live }) => live.denied === true).map(({ user }) => fullName(user, ''));
      const usersFor =
        (side: 'real' | 'ours'): UsersOf =>
        (ports) => ({
          users: planned.flatMap((one) => userLines(one, one[side], ports.get(one.live.protocol) ?? 0)),
          denied: denied.map((user) => `${user}:`),
        });
      const [realProxy, ourProxy] = await Promise.all([
        startRealProxy(version, setup, usersFor('real')),
        startOurProxy(version, setup, usersFor('ours')),
      ]);
      real = realProxy;
      ours = ourProxy;
      const both = (one: Planned) =>
        Promise.all([talk(one, one.real, realProxy), talk(one, one.ours, ourProxy)]);
      const slow = planned.filter(({ live }) => live.slow === true).map(both);
      const waiting = planned.filter(({ live }) => live.slow !== true);
      const worker = async () => {
        for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await both(one);
      };
      await Promise.all([...slow, ...Array.from({ length: AT_ONCE }, worker)]);
      realLog = await real.stop();
      ourLog = await ours.stop();
    }, 300_000);
    afterAll(async () => {
      for (const { real: one, ours: other } of planned)
        for (const { backend } of [...one.servers.values(), ...other.servers.values()]) await backend?.stop();
      await mute?.stop();
    });

    const left = Object.entries(groups).flatMap(([group, cases]) =>
      Object.entries(cases).flatMap(([name, { leftOut }]) =>
        leftOut === undefined ? [] : [`${group}: ${name} (left out: ${leftOut})`],
      ),
    );
    test.skip.each(left)('%s', () => undefined);

    test.each(mine.map(([name]) => name))('%s', (name) => {
      const one = planned.find((candidate) => candidate.name === name);
      if (one === undefined) throw new Error('not planned');
      expect(one.real.spoken?.stuck).toBeNull();
      const mine = seen(one, one.ours, ours, ourLog);
      const expected = seen(one, one.real, real, realLog);
      if (one.live.crashes !== true && one.live.crashes !== series) {
        const heard = lastWordsLost(one.live, expected, mine) ? expected.client : mine.client;
        const broken = one.live.breaksLog === true ? { log: {} } : {};
        expect({ ...mine, ...broken, client: heard }).toEqual({ ...expected, ...broken });
        return;
      }
      expect(mine.client.startsWith(expected.client)).toBe(true);
      expect(mine.client.length).toBeGreaterThan(expected.client.length);
    });
  });
}
