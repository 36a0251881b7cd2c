/** What a rule may ask of the machine's files; paths are Dovecot's, `--map` is applied inside. */
export interface FileProbe {
  /** `unreadable` where something is in the way, with the operating system's code (`EACCES`). */
  look(path: string): FileLook;
}

export type FileLook =
  | { readonly kind: 'file'; readonly mode: number; read(): Buffer }
  | { readonly kind: 'directory' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly code: string };
