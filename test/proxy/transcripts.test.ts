import { describe, expect, test } from 'vitest';
import type { DovecotVersion } from '../../src/knowledge/versions.js';
import { LOGIN_PROTOCOLS, type LoginProtocol } from '../../src/proxy/login-protocols.js';
import { expectedBytes, expectedLog, normalizedBytes, sameLogLine } from './expected.js';
import { type Replay, Replayer } from './replay.js';
import { loadTranscripts, processOf, type Transcript } from './transcript.js';

const VERSIONS: readonly DovecotVersion[] = ['2.3.19.1', '2.4.1'];
const RECORDED = LOGIN_PROTOCOLS.flatMap((protocol) =>
  VERSIONS.map((version) => [protocol, version] as const),
);

/** Conversations that are not comparable yet or at all, with the reason. */
const OUT_OF_SCOPE: readonly (readonly [name: RegExp, reason: string, version?: DovecotVersion])[] = [
  [/^imap-haproxy-v2-tls-sni$/, '2.4.1 goes wrong: [BUG] Invalid local_name!', '2.4.1'],
];

/** What a client gets where Dovecot broke: a refusal and its goodbye, or the backend's own words. */
const AFTER_CRASH: Readonly<Record<LoginProtocol, readonly RegExp[]>> = {
  imap: [/\r\na NO \[UNAVAILABLE\] /, /b OK Logout completed\.\r\n$/],
  pop3: [/\r\n-ERR \[SYS\/TEMP\] /],
  submission: [/\r\n[25]35[ -]/],
  sieve: [/\r\nNO \(TRYLATER\) /],
};

/** Dovecot itself broke here; the proxy refuses cleanly instead. */
function dovecotCrashed({ log }: Transcript): boolean {
  return log.some((line) =>
    /killed with signal|Auth connection closed with \d+ pending|assertion failed/.test(line),
  );
}

/** The user logged in at the recorded server itself, which had mailboxes. */
function wasLocalLogin({ log }: Transcript): boolean {
  return log.some((line) => /-login: Info: (Login|Logged in): /.test(line));
}

function outOfScope({ protocol, name, version }: Transcript): string | null {
  const found = OUT_OF_SCOPE.find(
    ([pattern, , only]) => pattern.test(`${protocol}-${name}`) && (only ?? version) === version,
  );
  return found?.[1] ?? null;
}

function clientBytes(replay: Replay | Map<string, string>): string {
  const sent = replay instanceof Map ? replay : replay.sent;
  return normalizedBytes(sent.get('client') ?? '');
}

function expectSame(transcript: Transcript, replay: Replay): void {
  const expected = expectedBytes(transcript);
  const parties = new Set([...expected.keys(), ...replay.sent.keys()]);
  const normalized = (sent: ReadonlyMap<string, string>) =>
    Object.fromEntries([...parties].sort().map((party) => [party, normalizedBytes(sent.get(party) ?? '')]));
  expect(normalized(replay.sent)).toEqual(normalized(expected));
  const wanted = expectedLog(transcript);
  const lines = replay.log.filter((line) => line.startsWith(processOf(transcript)));
  // A proxy that is its own backend is two processes: each writes when its time has come.
  if (transcript.name.startsWith('loop-')) for (const list of [lines, wanted]) list.sort();
  expect(
    lines.map((line, index) => (sameLogLine(line, wanted[index] ?? '') ? (wanted[index] ?? '') : line)),
  ).toEqual(wanted);
  for (const [, , to, what] of transcript.steps) {
    if (
      typeof what !== 'string' &&
      what['event'] === 'connect' &&
      what['source_ip'] !== undefined &&
      to !== 'proxy'
    )
      expect(replay.boundTo.get(to)).toBe(what['source_ip']);
  }
  expect(replay.leftTimers).toBe(0);
}

describe.each(RECORDED)('recorded %s conversations with Dovecot %s', (protocol, version) => {
  const all = loadTranscripts(protocol, version);
  const skipped = all.filter((transcript) => outOfScope(transcript) !== null);
  const rest = all.filter((transcript) => outOfScope(transcript) === null);
  const crashed = rest.filter(dovecotCrashed);
  const local = rest.filter((transcript) => !dovecotCrashed(transcript) && wasLocalLogin(transcript));
  const comparable = rest.filter((transcript) => !dovecotCrashed(transcript) && !wasLocalLogin(transcript));

  test('those that are left out are named with their reason', () => {
    const reasons = skipped.map((transcript) => `  ${transcript.name}: ${outOfScope(transcript)}`);
    console.info(
      `${protocol} ${version}: ${comparable.length} compared, ${crashed.length} crashes of Dovecot, ${local.length} local logins, ` +
        `${skipped.length} left out:\n${reasons.join('\n')}`,
    );
    expect(comparable.length + crashed.length + local.length + skipped.length).toBe(all.length);
  });

  test.each(comparable.map((transcript) => [transcript.name, transcript] as const))(
    '%s: the same bytes to client and backend, the same log lines',
    (_, transcript) => {
      expectSame(transcript, new Replayer(transcript).run());
    },
  );

  test.each(comparable.map((transcript) => [transcript.name, transcript] as const))(
    '%s: the same when every byte comes alone',
    (_, transcript) => {
      expectSame(transcript, new Replayer(transcript, (data) => [...data]).run());
    },
  );

  test.each(crashed.map((transcript) => [transcript.name, transcript] as const))(
    '%s: Dovecot breaks, the proxy refuses and goes on',
    (_, transcript) => {
      const replay = new Replayer(transcript).run();
      const bytes = clientBytes(replay);
      for (const pattern of AFTER_CRASH[protocol]) expect(bytes).toMatch(pattern);
      const recorded = transcript.log.filter((line) => line.startsWith(`${processOf(transcript)}: Error: `));
      const lines = replay.log.filter((line) => line.startsWith(`${processOf(transcript)}: Error: `));
      if (recorded.length > 0)
        expect(lines.every((line, index) => sameLogLine(line, recorded[index] ?? ''))).toBe(true);
    },
  );

  test.each(local.map((transcript) => [transcript.name, transcript] as const))(
    '%s: a login that is not proxied is refused and logged',
    (_, transcript) => {
      const replay = new Replayer(transcript).run();
      expect(clientBytes(replay)).toContain('a NO [CONTACTADMIN] This server is a proxy');
      expect(replay.log.some((line) => line.includes('Login refused: the passdb gave no proxy field'))).toBe(
        true,
      );
    },
  );
});
