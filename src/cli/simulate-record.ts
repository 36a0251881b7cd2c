import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import type { OpenPassdb } from '../auth/driver.js';
import type { OpenUserdb } from '../auth/userdb-driver.js';
import { errnoText } from '../config/errno-text.js';
import type { Recorder, RecorderOptions } from '../databases/recording/recorder.js';
import { CommandFailure, EXIT_USAGE } from './exit-codes.js';

export interface Openers {
  readonly passdb: OpenPassdb;
  readonly userdb: OpenUserdb;
}

/** Makes the folder of a recording; fails the command where nothing can be written there, before anybody is asked. */
function prepare(folder: string): void {
  try {
    // Not recursive: Node never returns from making a folder below /proc.
    if (!existsSync(folder)) mkdirSync(folder);
    accessSync(folder, constants.W_OK);
    if (!statSync(folder).isDirectory()) throw new Error('Not a directory');
  } catch (error) {
    throw new CommandFailure(`cannot record in ${folder}: ${errnoText(error)}`, EXIT_USAGE);
  }
}

/** The same databases, listened to; `write` makes the fixture when all is asked. */
export function recorded(options: RecorderOptions, open: Openers): Openers & { write(): Promise<void> } {
  prepare(options.folder);
  let loading: Promise<Recorder> | null = null;
  const recorder = () => {
    loading ??= import('../databases/recording/recorder.js').then((module) => new module.Recorder(options));
    return loading;
  };
  return {
    passdb: async (block) => (await recorder()).passdbs(open.passdb)(block),
    userdb: async (block) => (await recorder()).userdbs(open.userdb)(block),
    write: async () => (await recorder()).write(),
  };
}
