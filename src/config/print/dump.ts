import type { ByteString } from '../../../grammar/bytes.js';
import type { Origin } from '../origin.js';

/** What `doveconf` is asked to print (config-language.md section 8). */
export interface DumpOptions {
  /** `-n` changed, `-N` everything set, `-a` all, `-s` all with hidden ones, `-d` defaults (no file is read). */
  readonly scope: 'changed' | 'set' | 'all' | 'all-with-hidden' | 'defaults';
  /** NAME arguments; empty: the whole configuration. */
  readonly names: readonly ByteString[];
  /** `-P`. */
  readonly showSecrets: boolean;
  /** `-h`: values only. */
  readonly valuesOnly: boolean;
  /** `-f KEY=VALUE` arguments as given. */
  readonly filters: readonly ByteString[];
  /** `-m NAME` (2.3). */
  readonly modules: readonly ByteString[];
  /** `-S` (2.3): `key/sub/key=value` lines. */
  readonly simple: boolean;
}

/** One printed setting or section; values and names are already quoted, escaped and hidden as the program does it. */
export type DumpNode =
  | {
      readonly kind: 'setting';
      /** As printed left of ` = `. */
      readonly name: ByteString;
      readonly value: ByteString;
      readonly origin: Origin | null;
    }
  | {
      readonly kind: 'section';
      /** As printed left of ` {`: `service imap-login`, `local 10.0.0.0/8`. */
      readonly head: ByteString;
      readonly children: readonly DumpNode[];
      /** doveconf forgets the closing brace. */
      readonly isLeftOpen?: true;
      readonly origin: Origin | null;
    };

export interface Dump {
  /** Lines that follow the comment lines of the header and are not comments (2.4: `dovecot_config_version = ...`). */
  readonly nodes: readonly DumpNode[];
  /** `doveconf`'s lines on standard error besides those of the problems of reading, without the `doveconf: ` prefix. */
  readonly messages: readonly ByteString[];
  /** doveconf's own exit code for the dump: 0 or 89. */
  readonly exitCode: number;
}
