import type { OpenPassdb } from '../auth/driver.js';
import type { OpenUserdb } from '../auth/userdb-driver.js';
import type { Recorder, RecorderOptions } from '../databases/recording/recorder.js';

export interface Openers {
  readonly passdb: OpenPassdb;
  readonly userdb: OpenUserdb;
}

/** The same databases, listened to; `write` makes the fixture when all is asked. */
export function recorded(options: RecorderOptions, open: Openers): Openers & { write(): Promise<void> } {
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
