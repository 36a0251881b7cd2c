import { execFile } from 'node:child_process';

/** First descriptor that systemd hands over. sd_listen_fds(3) */
const FIRST_DESCRIPTOR = 3;

/** A listening socket of systemd; `name`: its FileDescriptorName. */
export interface InheritedSocket {
  readonly name: string;
  readonly descriptor: number;
}

/** Listening sockets that systemd opened for this process (socket activation). */
export function inheritedSockets(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): readonly InheritedSocket[] {
  const { LISTEN_PID: owner, LISTEN_FDS: count, LISTEN_FDNAMES: names = '' } = environment;
  if (owner !== String(pid) || count === undefined || !/^\d{1,4}$/.test(count)) return [];
  const all = names.split(':');
  return Array.from({ length: Number(count) }, (_, index) => ({
    name: all[index] ?? '',
    descriptor: FIRST_DESCRIPTOR + index,
  }));
}

/** Tells systemd how the service is (`Type=notify`); nothing where no service manager waits. sd_notify(3) */
export function notify(
  environment: Readonly<Record<string, string | undefined>>,
  state: 'READY=1' | 'RELOADING=1' | 'STOPPING=1',
): void {
  if (environment['NOTIFY_SOCKET'] === undefined) return;
  // Node has no datagram sockets of the file system: systemd's own program sends.
  execFile('systemd-notify', [`--pid=${process.pid}`, state], () => undefined);
}
