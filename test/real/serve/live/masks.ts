import { normalizedBytes } from '../../../proxy/expected.js';

/** Takes out of a stream what differs from one run to the next: session ids, ports, times; `servers`: ports by name. */
export function maskedBytes(
  text: string,
  listeners: ReadonlyMap<string, number>,
  servers: ReadonlyMap<string, number>,
): string {
  let masked = normalizedBytes(text)
    // Said where the auth process is slower than the client; dvproxy's own never is.
    .replaceAll('* OK Waiting for authentication process to respond..\r\n', '')
    .replace(/"x-originating-port" "\d+"/g, '"x-originating-port" "N"')
    .replace(/ PORT=\d+/g, ' PORT=N')
    .replace(/^(\+ |334 |"|CHALLENGE\r\n)[A-Za-z0-9+/=]{24,}/gm, '$1CHALLENGE')
    .replace(/(^|[ =])[A-Za-z0-9+/]{22}(?=[:) \r\n]|$)/gm, '$1SID')
    .replace(/[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d{4} [0-9:]{8} [+-]\d{4}/g, 'DATE');
  for (const [name, port] of listeners) masked = masked.replaceAll(`"${port}"`, `"PORT OF ${name}"`);
  return withoutPorts(masked, servers);
}

function withoutPorts(text: string, servers: ReadonlyMap<string, number>): string {
  let masked = text;
  for (const [name, port] of servers)
    masked = masked.replace(new RegExp(`\\b${port}\\b`, 'g'), name === '' ? 'BACKEND' : `BACKEND ${name}`);
  return masked;
}

/** The same for a line of the log; `escapes`: bytes to the backend that only this session's id made necessary. */
export function maskedLog(line: string, servers: ReadonlyMap<string, number>, escapes: number): string {
  return withoutPorts(
    line
      .replace(/^lmtp\(\d+/, 'lmtp(PID')
      .replace(/lmtp-server: conn ([0-9.]+):\d+ \[\d+\]/, 'lmtp-server: conn $1:PORT [N]')
      .replace(/\bid=\d+/, 'id=N')
      .replace(/(lmtp-client: conn \S+) \[\d+\]/, '$1 [N]')
      .replace(/[A-Za-z0-9+/]{22}(?=[:)> ])/g, 'SID')
      .replace(/ at \d+ ms\)/, ' at N ms)')
      .replace(/\bin=(\d+)/, (_, count: string) => `in=${Number(count) - escapes}`)
      .replace(/session=<[^>]*>/g, 'session=<SID>')
      .replace(/<[A-Za-z0-9+/]{16}>/g, '<SID>')
      .replace(/\(\d+\.\d{3} secs/g, '(N secs')
      .replace(/\b\d+ secs/g, 'N secs')
      .replace(/duration=\d+s/g, 'duration=Ns')
      .replace(/\(\d+s idle/g, '(Ns idle')
      .replace(/read\(size=\d+\)/g, 'read(size=N)')
      .replace(/local=[0-9.]+:\d+/g, 'local=ADDRESS'),
    servers,
  );
}
