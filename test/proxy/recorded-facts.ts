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
export function recordedRemoteIp(transcript: Transcript): string {
  const logged = /rip=([0-9.]+)/.exec(transcript.log.join('\n'))?.[1] ?? '127.0.0.1';
  return logged.startsWith('127.') ? logged : '127.0.0.2';
}
