import type { Escape } from '../../variables/scope.js';
import type { SqlAnswer, SqlDatabase } from './database.js';

/** A database of a kind that is not connected to; every query fails and says why. */
export class UnaskedDatabase implements SqlDatabase {
  readonly label: string;
  readonly escape: Escape;

  constructor(engine: string, escaping: Escape) {
    this.label = engine;
    this.escape = escaping;
  }

  async query(): Promise<SqlAnswer> {
    return {
      kind: 'error',
      message: `dvproxy does not connect to ${this.label} databases; give the data with --fixture`,
      unreachable: { host: this.label, reason: 'no driver for this kind of database' },
    };
  }

  async close(): Promise<void> {}
}
