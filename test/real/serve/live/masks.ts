import { normalizedBytes } from '../../../proxy/expected.js';

/** Takes out of a stream what differs from one run to the next: session ids, ports, times. */
export function maskedBytes(text: string, listeners: ReadonlyMap<string, number>, backend: number): string {
  let masked = normalizedBytes(text)
    // Said where the auth process is slower than the client; dvproxy's own never is.
    .replaceAll('* OK Waiting for authentication process to respond..\r\n', '')
    .replace(/"x-originating-port" "\d+"/g, '"x-originating-port" "N"')
    .replace(/ PORT=\d+/g, ' PORT=N')
    .replace(/^(\+ |334 |"|CHALLENGE\r\n)[A-Za-z0-9+/=]{24,}/gm, '$1CHALLENGE');
  for (const [name, port] of listeners) masked = masked.replaceAll(`"${port}"`, `"PORT OF ${name}"`);
  return masked.replace(new RegExp(`\\b${backend}\\b`, 'g'), 'BACKEND');
}

/** The same for a line of the log; `escapes`: bytes to the backend that only this session's id made necessary. */
export function maskedLog(line: string, backend: number, escapes: number): string {
  return line
    .replace(/\bin=(\d+)/, (_, count: string) => `in=${Number(count) - escapes}`)
    .replace(/session=<[^>]*>/g, 'session=<SID>')
    .replace(/<[A-Za-z0-9+/]{16}>/g, '<SID>')
    .replace(/\(\d+\.\d{3} secs/g, '(N secs')
    .replace(/\b\d+ secs/g, 'N secs')
    .replace(/duration=\d+s/g, 'duration=Ns')
    .replace(/\(\d+s idle/g, '(Ns idle')
    .replace(/read\(size=\d+\)/g, 'read(size=N)')
    .replace(/local=[0-9.]+:\d+/g, 'local=ADDRESS')
    .replace(new RegExp(`\\b${backend}\\b`, 'g'), 'BACKEND');
}
