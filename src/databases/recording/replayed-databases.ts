import { closeSync, openSync, readSync } from 'node:fs';
import type { OpenUserdb } from '../../auth/userdb-driver.js';
import type { Databases } from '../open.js';
import { RECORDING_HEAD } from './format.js';
import type { Replay } from './replay.js';

/** Bytes of a file in which it says that it is a recording. */
const HEAD_SIZE = 4096;

/** Fixtures that are recordings, and the others. A file that cannot be read is left for whoever needs it. */
export function splitRecordings(fixtures: readonly string[]): { recordings: string[]; others: string[] } {
  const recordings = fixtures.filter((path) => /\.ya?ml$/.test(path) && RECORDING_HEAD.test(headOf(path)));
  return { recordings, others: fixtures.filter((path) => !recordings.includes(path)) };
}

function headOf(path: string): string {
  try {
    const file = openSync(path, 'r');
    const buffer = Buffer.alloc(HEAD_SIZE);
    const size = readSync(file, buffer);
    closeSync(file);
    return buffer.toString('latin1', 0, size);
  } catch {
    return '';
  }
}

/** Databases whose answers come out of recordings: none of them is asked. */
export function replayedDatabases(databases: Databases, paths: readonly string[]): Databases {
  let reading: Promise<Replay> | null = null;
  const replay = () => {
    reading ??= import('./replay.js').then((module) => module.Replay.read(paths));
    return reading;
  };
  return {
    ...databases,
    openPassdb: async (block) => {
      const own = await databases.openPassdb(block);
      return own.name === 'static' ? own : (await replay()).passdb(block, own);
    },
    openSqlUserdb: (block) => databases.openSqlUserdb(block),
    openLdapUserdb: (block) => databases.openLdapUserdb(block),
    fixtureUserdb: (block) => databases.fixtureUserdb(block),
    tokenCheck: () => databases.tokenCheck(),
    replay,
    close: () => databases.close(),
  };
}

/** The same for userdbs. */
export function replayedUserdbs(databases: Databases, open: OpenUserdb): OpenUserdb {
  const { replay } = databases;
  if (replay === undefined) return open;
  return async (block) => {
    const own = await open(block);
    return own === null ? null : (await replay()).userdb(block, own);
  };
}
