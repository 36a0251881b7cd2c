import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import type { ExtFile, ExtKind } from './ext-file.js';
import type { ConfigHost } from './host.js';
import type { MappedFiles } from './mapped-files.js';
import { readExtFile } from './read-ext-file.js';

/** External files of one configuration: read at the first question, once per path and kind. */
export class ExtFileCache {
  readonly #files: MappedFiles;
  readonly #host: ConfigHost;
  readonly #known = new Map<string, ExtFile>();

  constructor(files: MappedFiles, host: ConfigHost) {
    this.#files = files;
    this.#host = host;
  }

  get(path: string, kind: ExtKind): ExtFile {
    const key = `${kind} ${path}`;
    let file = this.#known.get(key);
    if (file === undefined) {
      const name: ByteString = fromUtf8(path);
      file = readExtFile(name, kind, this.#files, this.#host.environment);
      this.#known.set(key, file);
    }
    return file;
  }
}
