import { describe, expect, test } from 'vitest';
import { expectedBytes } from '../expected.js';
import { type AnyTranscript, loadTranscripts } from '../transcript.js';
import { type LmtpReplay, LmtpReplayer } from './lmtp-replay.js';

/** Real Dovecot delivers these into a mailbox of its own; there is none here. */
function wasLocal({ name, version }: AnyTranscript): boolean {
  return version === '2.3.19.1' && /^(host-missing|hostip-bad|port-junk|nologin|nologin-host)$/.test(name);
}

/** Takes out what differs between any two runs. */
function normalizedBytes(bytes: string): string {
  return bytes
    .replace(/SESSION=[A-Za-z0-9+/]{22,}(?=:P)/g, 'SESSION=SID')
    .replace(/\tid [A-Za-z0-9+/]{22}\r\n/g, '\tid SID\r\n')
    .replace(/session=[A-Za-z0-9+/]{22}/g, 'session=SID')
    .replace(/[A-Za-z0-9+/]{22}((?::R\d+)?) Saved/g, 'SID$1 Saved')
    .replace(/; \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r\n/g, '; DATE\r\n');
}

function normalizedLog(line: string): string {
  return line
    .replace(/lmtp\(\d+\)/, 'lmtp(PID)')
    .replace(/\[\d+\]: rcpt/, '[N]: rcpt')
    .replace(/<[A-Za-z0-9+/]{22}((?::R\d+)?)>/, '<SID$1>')
    .replace(/[A-Za-z0-9+/]{22}:P1 Saved/, 'SID:P1 Saved')
    .replace(/at \d+ ms/, 'at N ms')
    .replace(/SSL handshak\w+ (?:to|with) (\S+) failed: (?:read\(.*?\)\) failed: )?/, 'SSL handshake $1: ');
}

function expectSame(transcript: AnyTranscript, replay: LmtpReplay): void {
  const expected = expectedBytes(transcript);
  const parties = [...new Set([...expected.keys(), ...replay.sent.keys()])].sort();
  const normalized = (sent: ReadonlyMap<string, string>) =>
    Object.fromEntries(parties.map((party) => [party, normalizedBytes(sent.get(party) ?? '')]));
  expect(normalized(replay.sent)).toEqual(normalized(expected));
  const wanted = transcript.log.filter((line) => line.startsWith('lmtp('));
  expect(replay.log.map(normalizedLog)).toEqual(wanted.map(normalizedLog));
  // A conversation that stops in the middle leaves its timers and nothing else.
  const isOver = replay.log.some((line) => line.includes('Disconnect from'));
  if (isOver) expect(replay).toMatchObject({ leftTimers: 0, stored: 0 });
}

describe.each(['2.3.19.1', '2.4.1'] as const)('recorded LMTP conversations with Dovecot %s', (version) => {
  const all = loadTranscripts('lmtp', version);
  const cases = (list: readonly AnyTranscript[]) =>
    list.map((transcript) => [transcript.name, transcript] as const);

  test.each(cases(all.filter((transcript) => !wasLocal(transcript))))(
    '%s: the same bytes to client and backends, the same log lines',
    (_, transcript) => {
      expectSame(transcript, new LmtpReplayer(transcript).run());
    },
  );

  test.each(cases(all.filter((transcript) => !wasLocal(transcript))))(
    '%s: the same when every byte comes alone',
    (_, transcript) => {
      expectSame(transcript, new LmtpReplayer(transcript, (data) => [...data]).run());
    },
  );

  test.each(cases(all.filter(wasLocal)))(
    '%s: Dovecot delivers into a mailbox of its own, here the recipient is refused for now',
    (_, transcript) => {
      const replay = new LmtpReplayer(transcript).run();
      expect(replay.sent.get('client')).toMatch(
        /\r\n451 4\.3\.5 <user\.s\d+@example\.com> This server is a proxy/,
      );
      const errors = (log: readonly string[]) =>
        log.filter((line) => line.includes('proxy: ')).map(normalizedLog);
      expect(errors(replay.log)).toEqual(errors(transcript.log));
      expect(replay.log.some((line) => line.includes('Delivery refused: '))).toBe(true);
    },
  );
});
