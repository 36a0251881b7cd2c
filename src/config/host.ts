/** What the configuration layer needs of the machine; handed in at the top, so that tests can pass a table of files. */
export interface ConfigHost {
  /** Bytes of a file. Throws the `ErrnoException` of the operating system (ENOENT, EACCES, EISDIR, ...). */
  readFile(path: string): Buffer;
  /** glob(3) with brace expansion, no tilde, byte order; [] where nothing matches. */
  glob(pattern: string): string[];
  isDirectory(path: string): boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}
