import type { ByteString } from '../../grammar/bytes.js';
import type { Place } from '../../grammar/source.js';

/** Where a value was written. */
export interface Origin extends Place {
  /** 1-based line as Dovecot counts it (the last physical line of a continued statement). */
  readonly line: number;
}

/** A setting's text with the place that set it; `origin` is null for a default of the settings table. */
export interface Written {
  readonly text: ByteString;
  readonly origin: Origin | null;
}

/** A typed value with the same. Durations are milliseconds, sizes bytes; `Infinity` stands for unlimited / infinite. */
export interface Typed<T> {
  readonly value: T;
  readonly origin: Origin | null;
}
