/** What a rule may ask of the machine's files; paths are Dovecot's, `--map` is applied inside. */
export interface FileProbe {
  /** `unreadable` where something is in the way, with the operating system's code (`EACCES`). */
  look(path: string): FileLook;
  /** Whether the files of this path are at hand: the path is mapped to a copy. */
  isMapped(path: string): boolean;
}

export type FileLook =
  | { readonly kind: 'file'; readonly realPath: string; readonly mode: number; read(): Buffer }
  | { readonly kind: 'directory' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly code: string };
