import type { ByteString } from '../../grammar/bytes.js';

/** What the configuration layer needs of the machine; handed in at the top, so that tests can pass a table of files. */
export interface ConfigHost {
  /**
   * Bytes of a file, or its text with one character for each byte. Throws the `ErrnoException` of the operating system
   * (ENOENT, EACCES, EISDIR, ...).
   */
  readFile(path: string): Buffer | ByteString;
  /** glob(3) with brace expansion, no tilde, byte order; [] where nothing matches. */
  glob(pattern: string): string[];
  isDirectory(path: string): boolean;
  /** Asks DNS for the hosts of `local` and `remote`; absent: nobody is asked, and such a filter matches nothing. */
  readonly lookUp?: HostLookup;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A host's first address, or why there is none in the words of getaddrinfo(3): `Name or service not known`. */
export type HostLookup = (
  name: string,
) =>
  | { readonly kind: 'found'; readonly address: string }
  | { readonly kind: 'unknown'; readonly reason: string };
