import type { HaproxyInfo } from '../../src/proxy/haproxy-header.js';
import type { ClientAddresses } from '../../src/proxy/login-client.js';
import type { Transcript } from './transcript.js';

/** Random bytes that make the nonce of a recorded SCRAM message. */
export function recordedNonce(transcript: Transcript, count: number): Uint8Array {
  const text = transcript.steps.map(([, , , what]) => (typeof what === 'string' ? what : '')).join('');
  const message = Buffer.from(/SCRAM-\S+ (\S+)/.exec(text)?.[1] ?? '', 'base64').toString('latin1');
  const nonce = /,r=(.*)$/.exec(message)?.[1] ?? '';
  return Uint8Array.from({ length: count }, (_, index) => {
    const character = nonce.charAt(index) === '~' ? ',' : nonce.charAt(index);
    return character === '' ? 0 : character.charCodeAt(0) - 33;
  });
}

/** Name in the client's hello; it shows only in what 2.4 tells the backend. */
export function recordedServerName(transcript: Transcript): string {
  const text = JSON.stringify(transcript.steps);
  return /(?:x-connected-name\\+" \\+"|DESTNAME=)([^"\\ ]+)/.exec(text)?.[1] ?? '';
}

/** What the log says of a TLS handshake that failed; '' where none did. */
export function recordedTlsError(transcript: Transcript): string {
  const text = transcript.log.join('\n');
  return (
    /Connection closed: (.*?) \(state=/.exec(text)?.[1] ??
    /Failed to start SSL handshake: (.*?): user=/.exec(text)?.[1] ??
    ''
  );
}

/** The recording names the client's address in the log lines alone (trusted clients change it later). */
function recordedRemoteIp(transcript: Transcript): string {
  const logged = /rip=([0-9.]+)/.exec(transcript.log.join('\n'))?.[1] ?? '127.0.0.1';
  return logged.startsWith('127.') ? logged : '127.0.0.2';
}

/** Ports of the recordings where TLS begins at once. */
export const IMPLICIT_TLS_PORTS: readonly number[] = [21302, 21304, 21309, 21322, 21324, 21329];

/** Where a client of a recording came from and to. */
export function recordedAddresses(
  transcript: Transcript,
  what: Readonly<Record<string, string | number>>,
  haproxy?: HaproxyInfo,
): ClientAddresses {
  const logged = /lip=([0-9.]+)/.exec(transcript.log.join('\n'))?.[1] ?? '127.0.0.1';
  const local = '127.0.0.1';
  const remoteIp = haproxy === undefined ? String(what['source_ip'] ?? recordedRemoteIp(transcript)) : local;
  const localIp = haproxy === undefined ? String(what['dest_ip'] ?? logged) : local;
  const localPort = Number(what['proxy_port']);
  const remotePort = Number(what['client_port']);
  return {
    localIp,
    localPort,
    remoteIp,
    remotePort,
    realLocalIp: localIp,
    realLocalPort: localPort,
    realRemoteIp: remoteIp,
    realRemotePort: remotePort,
    ...(haproxy?.addresses ?? {}),
    ...(haproxy === undefined ? {} : { haproxy }),
  };
}
