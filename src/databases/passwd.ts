import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ByteString } from '../../grammar/bytes.js';
import type { LogEntry, LookupContext, LookupOutcome, PassdbDriver } from '../auth/driver.js';
import type { PassdbBlock } from '../config/effective.js';
import type { Series } from '../knowledge/versions.js';

/** Dovecot passdb-passwd.c: PASSWD_PASS_SCHEME */
const DEFAULT_SCHEME = 'CRYPT';
/** Dovecot passdb-passwd.c: PASSWD_CACHE_KEY */
const CACHE_KEY = { '2.3': '%u', '2.4': '%{user}' } as const;
const TIMEOUT = 30_000;
/** getent(1) */
const EXIT_NOT_FOUND = 2;

/** One answer of the system's user database: the fields of the line, null where the name is not there. */
export type AskSystem = (
  database: 'passwd' | 'shadow',
  name: ByteString,
) => Promise<readonly ByteString[] | null>;

/**
 * Asks the name service of the machine, whatever sources it has (files, sssd, LDAP). Rejects with an Error.
 * A C program calls getpwnam() and getspnam(); `getent` does just that.
 */
export const askSystem: AskSystem = (database, name) =>
  new Promise((resolve, reject) => {
    // A name with a NUL or none at all is nobody's; getent would list all users without one.
    if (name === '' || name.includes('\0') || name.includes(':') || name.includes('\n')) {
      resolve(null);
      return;
    }
    const args = ['--', database, Buffer.from(name, 'latin1').toString('utf8')];
    execFile('getent', args, { encoding: 'latin1', timeout: TIMEOUT }, (error, stdout) => {
      if (error !== null) {
        if (error.code === EXIT_NOT_FOUND) resolve(null);
        else
          reject(new Error(typeof error.code === 'string' ? error.code : `getent failed: ${error.message}`));
        return;
      }
      const fields = stdout.replace(/\n.*$/s, '').split(':');
      // A number is looked up as a number: what comes back is somebody else.
      resolve(fields[0] === name ? fields : null);
    });
  });

/** All lines of a database, as getpwent() gives them. Throws an Error. */
export async function* listSystem(database: 'passwd'): AsyncGenerator<readonly ByteString[]> {
  const child = spawn('getent', ['--', database], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? null : `getent failed with status ${code}`));
  });
  try {
    for await (const line of createInterface({ input: child.stdout.setEncoding('latin1') }))
      yield line.split(':');
    const failure = await ended;
    if (failure !== null) throw new Error(`getpwent() failed: ${failure}`);
  } finally {
    child.kill();
  }
}

/**
 * Opens a passwd or, in 2.3, a shadow passdb. Throws an Error with Dovecot's `auth: Fatal: ` text.
 * Dovecot 2.3.19.1 passdb-passwd.c, passdb-shadow.c; 2.4.1 passdb-passwd.c
 */
export async function openPasswd(
  driver: 'passwd' | 'shadow',
  block: PassdbBlock,
  series: Series,
  ask: AskSystem = askSystem,
): Promise<PassdbDriver> {
  const args = block.args.text;
  if (series === '2.3' && args !== '' && args !== 'blocking=no')
    throw new Error(`passdb ${driver}: Unknown setting: ${args}`);
  return {
    name: driver,
    canLookupCredentials: true,
    blocking: series === '2.3' ? args === '' : block.useWorker,
    cacheKeyTemplates: [CACHE_KEY[series]],
    lookup: (context) => lookup(driver, context, ask),
    close: async () => {},
  };
}

async function lookup(
  driver: 'passwd' | 'shadow',
  { user }: LookupContext,
  ask: AskSystem,
): Promise<LookupOutcome> {
  const log: LogEntry[] = [{ level: 'debug', text: 'lookup' }];
  const query = { text: user, database: `getent ${driver}` };
  let fields: readonly ByteString[] | null;
  try {
    fields = await ask(driver, user);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const call = driver === 'passwd' ? 'getpwnam' : 'getspnam';
    return { kind: 'internal', log: [...log, { level: 'error', text: `${call}() failed: ${reason}` }] };
  }
  const queries = [{ ...query, rows: fields === null ? 0 : 1 }];
  if (fields === null)
    return { kind: 'unknown', log: [...log, { level: 'info', text: 'unknown user' }], queries };
  const password = fields[1] ?? '';
  // Dovecot auth-common.h: IS_VALID_PASSWD
  if (password === '' || password.startsWith('*') || password.startsWith('!')) {
    const shown = driver === 'passwd' ? ` '${password}'` : '';
    return {
      kind: 'disabled',
      log: [...log, { level: 'info', text: `invalid password field${shown}` }],
      queries,
    };
  }
  return {
    kind: 'found',
    // The name as the system has it, the same: but it is a field, which an answer without others shows.
    fields: [
      ['password', password],
      ['user', user],
    ],
    defaultScheme: DEFAULT_SCHEME,
    compares: password,
    log,
    queries,
  };
}
