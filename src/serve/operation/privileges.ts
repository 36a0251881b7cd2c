import { userInfo } from 'node:os';

/** The user does not exist, or this process may not become it. */
export class PrivilegeError extends Error {}

/** Node 20 has it on every system with users; its types do not tell. */
interface WithGroups {
  initgroups?(user: string, extraGroup: string): void;
}

/**
 * Goes on as another user, for good: ports below 1024, keys and sockets were opened before. Files that a reload reads, and
 * the log file, must be open to that user.
 */
export function becomeUser(user: string): void {
  // A worker that is started again is that user already.
  if (process.getuid?.() !== 0 && userInfo().username === user) return;
  const { setgid, setuid } = process;
  const { initgroups }: WithGroups = process as WithGroups;
  if (initgroups === undefined || setgid === undefined || setuid === undefined)
    throw new PrivilegeError(`--user ${user}: this system has no users to become`);
  try {
    // The group of the same name, as Debian's packages make it.
    initgroups.call(process, user, user);
    setgid.call(process, user);
    setuid.call(process, user);
  } catch (error) {
    throw new PrivilegeError(`--user ${user}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
