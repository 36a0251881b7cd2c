import { type AnyTranscript, processOf, type Transcript } from './transcript.js';

/** Bytes that the real proxy sent, by party. */
export function expectedBytes(transcript: AnyTranscript): Map<string, string> {
  const sent = new Map<string, string>();
  for (const [, from, to, what] of transcript.steps) {
    if (from !== 'proxy' || typeof what !== 'string') continue;
    // The hello of a handshake with a backend that spoke in clear.
    if (what.startsWith('\x16\x03')) continue;
    sent.set(to, (sent.get(to) ?? '') + what);
  }
  return sent;
}

/**
 * Takes out what differs between any two runs (session ids, ports), and `x-multiplex`, which is left out on purpose:
 * the equivalent of proxy_no_multiplex.
 */
export function normalizedBytes(bytes: string): string {
  return bytes
    .replace(/ SESSION=[A-Za-z0-9+/=]+/g, ' SESSION=SID')
    .replace(/"x-session-id" "[A-Za-z0-9+/=]+"/g, '"x-session-id" "SID"')
    .replace(/"x-multiplex" "0" /g, '')
    .replace(/\[[A-Za-z0-9.-]+:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\]/g, '[HOST:TIME]');
}

/** A log line without session ids, lengths of time and ports of its own side. */
export function withoutVolatileParts(line: string): string {
  return line
    .replace(/session=<[^>]*>/g, 'session=<SID>')
    .replace(/<[A-Za-z0-9+/]{16}>/g, '<SID>')
    .replace(/\(\d+\.\d{3} secs/g, '(N secs')
    .replace(/\b\d+ secs/g, 'N secs')
    .replace(/duration=\d+s/g, 'duration=Ns')
    .replace(/\(\d+s idle/g, '(Ns idle')
    .replace(/read\(size=\d+\)/g, 'read(size=N)')
    .replace(/local=[0-9.]+:\d+/g, 'local=ADDRESS');
}

function normalizedLog(line: string): string {
  return withoutVolatileParts(line).replace(/disconnecting client in \d+ms/, 'disconnecting client in Nms');
}

/** Bytes that 2.4 counts more because it sends `x-multiplex`. */
const MULTIPLEX_BYTES = '"x-multiplex" "0" '.length;

/** Submission sends session ids as xtext: each plus in one makes two bytes more. */
function withoutPluses(line: string): string {
  if (!line.startsWith('submission-login')) return line;
  const pluses = (/session=<([^>]*)>/.exec(line)?.[1] ?? '').split('+').length - 1;
  return line.replace(/in=(\d+),/, (_, count: string) => `in=${Number(count) - 2 * pluses},`);
}

/** Whether a log line is the recorded one, volatile parts and the bytes of `x-multiplex` aside. */
export function sameLogLine(actual: string, recorded: string): boolean {
  const left = normalizedLog(withoutPluses(actual));
  const right = normalizedLog(withoutPluses(recorded));
  if (left === right) return true;
  const more = right.replace(/in=(\d+),/, (_, count: string) => `in=${Number(count) - MULTIPLEX_BYTES},`);
  return left === more;
}

/** The recorded lines of the login process about this conversation, without those of an earlier one in the same log. */
export function expectedLog(transcript: Transcript): string[] {
  const users = Object.keys(transcript.fields);
  return transcript.log.filter((line) => {
    if (!line.startsWith(`${processOf(transcript)}: `)) return false;
    // 2.3 tries a source address that is not there many times over and says so each time.
    if (/: bind\([^)]*\) failed: /.test(line)) return false;
    const user = /proxy\(([^,)]*)/.exec(line)?.[1] ?? /user=<(user\.[^>]+)>/.exec(line)?.[1];
    return user === undefined || !user.startsWith('user.') || users.includes(user);
  });
}
