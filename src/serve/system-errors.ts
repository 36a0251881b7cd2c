/** strerror() of what sockets say. */
const TEXTS: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EAFNOSUPPORT: 'Address family not supported by protocol',
  ECONNABORTED: 'Software caused connection abort',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTDOWN: 'Host is down',
  EHOSTUNREACH: 'No route to host',
  EINVAL: 'Invalid argument',
  EMFILE: 'Too many open files',
  ENETDOWN: 'Network is down',
  ENETUNREACH: 'Network is unreachable',
  ENFILE: 'Too many open files in system',
  ENOBUFS: 'No buffer space available',
  EPERM: 'Operation not permitted',
  EPIPE: 'Broken pipe',
  ETIMEDOUT: 'Connection timed out',
};

export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The operating system's words for a failed call. */
export function systemErrorText(error: unknown): string {
  return TEXTS[errorCode(error)] ?? (error instanceof Error ? error.message : String(error));
}

/** OpenSSL's error as Dovecot shows it: `error:0A00010B:SSL routines::wrong version number`. */
export function tlsErrorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const match = /error:([0-9A-F]+):([^:]*):[^:]*:([^:\n]+)/.exec(message);
  if (match === null) return systemErrorText(error);
  return `error:${match[1]}:${match[2]}::${match[3]}`;
}

/** Bytes that one read asks for. */
export const READ_SIZE = 65_536;

/** What a read that failed says, in Dovecot's words; '' for an orderly end. */
export function readErrorText(error: unknown): string {
  if (error === null || error === undefined) return '';
  if (/error:[0-9A-F]+:/.test(error instanceof Error ? error.message : '')) return tlsErrorText(error);
  return `read(size=${READ_SIZE}) failed: ${systemErrorText(error)}`;
}
