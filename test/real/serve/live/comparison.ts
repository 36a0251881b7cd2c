import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DovecotVersion, seriesOf } from '../../../../src/knowledge/versions.js';
import { LineBackend } from '../../../serve/line-backend.js';
import { dovecotServerMissing } from '../../servers/dovecot.js';
import { freePort } from '../../servers/mariadb.js';
import { base64, type LiveCase, type LiveCases, NETWORKS, type Step } from './case.js';
import { LISTENERS } from './live-config.js';
import { maskedBytes, maskedLog } from './masks.js';
import { type LiveProxy, startOurProxy, startRealProxy } from './proxies.js';
import { type Spoken, speak } from './spoken-client.js';

/** Conversations at a time. */
const AT_ONCE = 24;

/** A case of one proxy. */
interface Side {
  readonly backend: LineBackend | null;
  /** The port where nothing listens, or the backend's. */
  readonly port: number;
  spoken: Spoken | null;
}

interface Planned {
  readonly name: string;
  readonly live: LiveCase;
  readonly user: string;
  readonly address: string;
  readonly real: Side;
  readonly ours: Side;
}

/** What is compared: all of it must be equal. */
interface Seen {
  readonly client: string;
  readonly backend: readonly string[];
  /** Lines by the process that wrote them: the order of two processes is chance. */
  readonly log: Readonly<Record<string, readonly string[]>>;
}

async function openSide({ behind }: LiveCase): Promise<Side> {
  if (behind === null || behind === undefined) {
    return { backend: null, port: await freePort(), spoken: null };
  }
  const { greeting, answer, implicitTls = false } = behind;
  const backend = await LineBackend.start(greeting, answer, { implicitTls });
  return { backend, port: backend.port, spoken: null };
}

function userLine({ user, live }: Planned, { port }: Side): string {
  // dvproxy never asks backends to frame their output; 2.3 does not know the field.
  const fields = live.allFields ?? `proxy proxy_no_multiplex host=127.0.0.1 port=@PORT@ ${live.fields ?? ''}`;
  return `${user}:pass::::::${fields.trim().replaceAll('@PORT@', String(port))}`;
}

function filled(step: Step, user: string): Step {
  const fill = (text: string) =>
    text.replaceAll('@USER@', user).replaceAll('@PLAIN@', base64(`\0${user}\0pass`));
  if (typeof step === 'string') return fill(step);
  return 'send' in step ? { ...step, send: fill(step.send) } : step;
}

async function talk({ live, user, address }: Planned, side: Side, proxy: LiveProxy): Promise<void> {
  const { protocol, implicitTls = false } = live;
  const listener = LISTENERS.find(({ clear }) => clear === protocol);
  const name = implicitTls ? listener?.tls : listener?.clear;
  side.spoken = await speak({
    protocol,
    port: proxy.ports.get(name ?? '') ?? 0,
    localAddress: address,
    implicitTls,
    steps: live.steps.map((step) => filled(step, user)),
    user,
  });
}

function logOf(whole: string, { address }: Planned, { port, backend }: Side): Record<string, string[]> {
  // Each plus of a session id makes two bytes more where it goes out as xtext.
  const session = / SESSION=(\S*)/.exec(backend?.heard.at(-1) ?? '')?.[1] ?? '';
  const escapes = 2 * (session.split('+2B').length - 1);
  const lines: Record<string, string[]> = {};
  const here = new RegExp(`\\b${address.replaceAll('.', '\\.')}\\b`);
  for (const line of whole.split('\n')) {
    if (!here.test(line)) continue;
    const process = /^[a-z0-9-]+/.exec(line)?.[0] ?? '';
    lines[process] = [...(lines[process] ?? []), maskedLog(line, port, escapes)];
  }
  return lines;
}

function seen(planned: Planned, side: Side, proxy: LiveProxy | null, log: string): Seen {
  const masked = (text: string) => maskedBytes(text, proxy?.ports ?? new Map(), side.port);
  return {
    client: masked(side.spoken?.stuck === null ? side.spoken.heard : `stuck at ${side.spoken?.stuck}`),
    backend: (side.backend?.heard ?? []).map(masked),
    log: logOf(log, planned, side),
  };
}

/**
 * All cases through a real proxy and through dvproxy, several at a time, each from an address of its own by which its
 * log lines are told; both have ended, and written everything, before anything is compared.
 */
export function compareLive(version: DovecotVersion, groups: Readonly<Record<string, LiveCases>>): void {
  const series = seriesOf(version);
  const missing = dovecotServerMissing(version);
  const planned: Planned[] = [];
  let real: LiveProxy | null = null;
  let ours: LiveProxy | null = null;
  let realLog = '';
  let ourLog = '';
  const only = process.env['DVPROXY_LIVE'];
  const mine = Object.entries(groups).flatMap(([group, cases]) =>
    Object.entries(cases)
      .filter(([, live]) => live.only === undefined || live.only === series)
      .map(([name, live]) => [`${group}: ${name}`, live] as const)
      .filter(([name]) => only === undefined || name.includes(only)),
  );

  describe.skipIf(missing !== null)(`a client behind Dovecot ${version} sees the same of dvproxy`, () => {
    beforeAll(async () => {
      for (const [index, [name, live]] of mine.entries())
        planned.push({
          name,
          live,
          user: `user${1000 + index}@example.com`,
          address: `127.${NETWORKS[live.from ?? 'any']}.${1 + Math.floor(index / 200)}.${10 + (index % 200)}`,
          real: await openSide(live),
          ours: await openSide(live),
        });
      const denied = planned.filter(({ live }) => live.denied === true).map(({ user }) => `${user}:`);
      const usersOf = (side: 'real' | 'ours') => ({
        users: planned.map((one) => userLine(one, one[side])),
        denied,
      });
      [real, ours] = await Promise.all([
        startRealProxy(version, usersOf('real')),
        startOurProxy(version, usersOf('ours')),
      ]);
      const waiting = [...planned];
      const worker = async () => {
        for (let one = waiting.shift(); one !== undefined; one = waiting.shift())
          if (real !== null && ours !== null)
            await Promise.all([talk(one, one.real, real), talk(one, one.ours, ours)]);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      realLog = await real.stop();
      if (only !== undefined)
        console.log(
          realLog
            .split('\n')
            .filter((l) => /Panic|Fatal|killed/.test(l))
            .join('\n'),
        );
      ourLog = await ours.stop();
    }, 300_000);
    afterAll(async () => {
      for (const { real: one, ours: other } of planned) {
        await one.backend?.stop();
        await other.backend?.stop();
      }
    });

    test.each(mine.map(([name]) => name))('%s', (name) => {
      const one = planned.find((candidate) => candidate.name === name);
      if (one === undefined) throw new Error('not planned');
      expect(one.real.spoken?.stuck).toBeNull();
      const mine = seen(one, one.ours, ours, ourLog);
      const expected = seen(one, one.real, real, realLog);
      if (one.live.crashes !== true) {
        const broken = one.live.breaksLog === true ? { log: {} } : {};
        expect({ ...mine, ...broken }).toEqual({ ...expected, ...broken });
        return;
      }
      expect(mine.client.startsWith(expected.client)).toBe(true);
      expect(mine.client.length).toBeGreaterThan(expected.client.length);
    });
  });
}
