import { InvalidArgumentError } from 'commander';

/** Where the admin socket is unless told otherwise. */
export const DEFAULT_ADMIN = '/run/dvproxy/admin.sock';

/** `unix:PATH`. */
export function parseAdmin(text: string): string {
  const path = text.startsWith('unix:') ? text.slice('unix:'.length) : '';
  if (path === '')
    throw new InvalidArgumentError('expected unix:PATH, such as unix:/run/dvproxy/admin.sock.');
  return path;
}
