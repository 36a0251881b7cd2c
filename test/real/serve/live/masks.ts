import { normalizedBytes, withoutVolatileParts } from '../../../proxy/expected.js';

/** What stands for a port. */
export type PortNames = ReadonlyMap<number, string>;

/** Said where the auth process is slower than the client; dvproxy's own never is. */
export const WAITING = '* OK Waiting for authentication process to respond..\r\n';

/** Takes out of a stream what differs from one run to the next: session ids, ports, times. */
export function maskedBytes(text: string, ports: PortNames): string {
  const masked = normalizedBytes(text)
    // An alert of TLS.
    .replace(/\x15\x03[\0-\x04]\0\x02[\x01\x02].$/s, '')
    .replaceAll(WAITING, '')
    .replace(/"x-originating-port" "\d+"/g, '"x-originating-port" "N"')
    .replace(/ PORT=\d+/g, ' PORT=N')
    .replace(/^(\+ |334 |"|CHALLENGE\r\n)[A-Za-z0-9+/=]{24,}/gm, '$1CHALLENGE')
    .replace(/(^|[ =])[A-Za-z0-9+/]{22}(?=[:) \r\n]|$)/gm, '$1SID')
    .replace(/[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d{4} [0-9:]{8} [+-]\d{4}/g, 'DATE');
  return withoutPorts(masked, ports);
}

function withoutPorts(text: string, ports: PortNames): string {
  let masked = text;
  for (const [port, name] of ports) masked = masked.replace(new RegExp(`\\b${port}\\b`, 'g'), name);
  return masked;
}

/** The same for a line of the log; `escapes`: bytes to the backend that only this session's id made necessary. */
export function maskedLog(line: string, ports: PortNames, escapes: number): string {
  return withoutPorts(
    withoutVolatileParts(
      line
        .replace(/^lmtp(?:\(\d+\))?:/, 'lmtp(PID):')
        .replace(/lmtp-server: conn ([0-9.]+):\d+ \[\d+\]/, 'lmtp-server: conn $1:PORT [N]')
        .replace(/\/tmp\/dvproxy-\w+-\w+/, 'FOLDER')
        .replace(/\bid=\d+/g, 'id=N')
        .replace(/((?:SSL handshaking with |\(conn:)127\.\d+\.\d+\.\d+):\d+(?= failed|,)/g, '$1:PORT')
        .replace(/([ls]mtp-client: conn \S+) \[\d+\]/, '$1 [N]')
        .replace(/[A-Za-z0-9+/]{22}(?=[:)> ])/g, 'SID')
        .replace(/ at \d+ ms\)/, ' at N ms)')
        .replace(/\bin=(\d+)/, (_, count: string) => `in=${Number(count) - escapes}`),
    ),
    ports,
  );
}
