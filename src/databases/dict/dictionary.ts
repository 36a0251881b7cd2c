import type { ByteString } from '../../../grammar/bytes.js';
import type { LogEntry } from '../../auth/driver.js';

/** A dictionary could not be asked; the message is Dovecot's. */
export class DictFailure extends Error {
  readonly unreachable: { readonly host: string; readonly reason: string } | null;
  /** Lines that come before the failure. */
  readonly log: readonly LogEntry[];

  constructor(
    message: ByteString,
    unreachable: DictFailure['unreachable'] = null,
    log: readonly LogEntry[] = [],
  ) {
    super(message);
    this.unreachable = unreachable;
    this.log = log;
  }
}

/** A store of values by key. */
export interface Dictionary {
  /** For explanations. Never a password. */
  readonly label: string;
  /** null: there is no such key. Keys begin with `shared/`. Rejects with DictFailure. */
  lookup(key: ByteString): Promise<ByteString | null>;
  /** Keys with a prefix and no further `/`; throws DictFailure. Left out: the keys cannot be listed. */
  keys?(prefix: ByteString): AsyncIterable<ByteString>;
  close(): Promise<void>;
}
