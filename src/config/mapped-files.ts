import { type ByteString, fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import { Source } from '../../grammar/source.js';
import { errnoCode } from './errno-text.js';
import type { ConfigHost } from './host.js';

export interface PathMap {
  readonly from: string;
  readonly to: string;
}

/** The files of a configuration under the names that Dovecot has for them, read from where `--map` says. */
export class MappedFiles {
  readonly #host: ConfigHost;
  readonly #maps: readonly PathMap[];

  constructor(host: ConfigHost, maps: readonly PathMap[]) {
    this.#host = host;
    this.#maps = [...maps].sort((a, b) => b.from.length - a.from.length);
  }

  /** Where a path is really read from; both as text of the machine, not bytes. */
  realPath(path: string): string {
    for (const { from, to } of this.#maps) {
      if (path === from) return to;
      const below = from === '/' ? from : `${from}/`;
      if (path.startsWith(below)) return `${to === '/' ? '' : to}/${path.slice(below.length)}`;
    }
    return path;
  }

  /** The text of a file. Throws the operating system's error; a directory is empty (observed, both versions). */
  source(path: ByteString): Source {
    const realPath = this.realPath(toUtf8(path));
    try {
      return new Source(path, this.#textOf(realPath), realPath);
    } catch (error) {
      if (errnoCode(error) === 'EISDIR') return new Source(path, '', realPath);
      throw error;
    }
  }

  read(path: ByteString): ByteString {
    return this.#textOf(this.realPath(toUtf8(path)));
  }

  #textOf(realPath: string): ByteString {
    const content = this.#host.readFile(realPath);
    return typeof content === 'string' ? content : content.toString('latin1');
  }

  /** Matches of a glob pattern, as Dovecot names them, in its order. */
  glob(pattern: ByteString): ByteString[] {
    const text = toUtf8(pattern);
    const real = this.realPath(text);
    const matches = this.#host.glob(real);
    if (real === text) return matches.map(fromUtf8);
    const map = this.#maps.find(({ from, to }) => real.startsWith(to) && text.startsWith(from));
    if (map === undefined) return matches.map(fromUtf8);
    const to = map.to === '/' ? '' : map.to;
    const from = map.from === '/' ? '' : map.from;
    return matches.map((path) => fromUtf8(path.startsWith(to) ? from + path.slice(to.length) : path));
  }
}
