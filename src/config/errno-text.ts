/** strerror() of the codes that opening, reading and writing a file gives. */
const TEXTS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
  EMFILE: 'Too many open files',
  ENXIO: 'No such device or address',
  EIO: 'Input/output error',
  EPIPE: 'Broken pipe',
  EAGAIN: 'Resource temporarily unavailable',
};

export function errnoCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** The operating system's words for a failed open, read or write. */
export function errnoText(error: unknown): string {
  const code = errnoCode(error);
  return TEXTS[code] ?? (error instanceof Error ? error.message : String(error));
}
