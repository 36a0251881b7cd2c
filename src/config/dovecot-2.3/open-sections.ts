import type { ByteString } from '../../../grammar/bytes.js';
import type { Source } from '../../../grammar/source.js';
import type { Layer, SectionNode } from './layer.js';

/** A section that is open while the file is read. */
export interface OpenSection {
  readonly key: ByteString;
  readonly isFilter: boolean;
  readonly layer: Layer;
  /** Path of the settings inside, with its last slash: `passdb/0/`. */
  readonly path: string;
  /** Opened by a line that Dovecot refuses: its settings are not judged. */
  skipped: boolean;
  readonly source: Source;
  readonly line: number;
  /** What its path leads to, where that is known. */
  target: SectionNode | null;
  /** The section around it. */
  readonly outer: OpenSection | null;
}

/** The sections around the statement that is read, outermost first. */
export class OpenSections {
  /** Where settings go, and the path before their names. */
  layer: Layer;
  path = '';
  innermost: OpenSection | null = null;
  readonly #global: Layer;

  constructor(global: Layer) {
    this.#global = global;
    this.layer = global;
  }

  /** Layers from the innermost section to the global one. */
  get layers(): Layer[] {
    return [...this.#open().map((open) => open.layer), this.#global];
  }

  /** Keywords of the sections that are no filters. */
  get keys(): ByteString[] {
    return this.#open()
      .filter((open) => !open.isFilter)
      .map((open) => open.key)
      .reverse();
  }

  /** false: nothing is open. */
  pop(): boolean {
    if (this.innermost === null) return false;
    this.enter(this.innermost.outer);
    return true;
  }

  enter(innermost: OpenSection | null): void {
    this.innermost = innermost;
    this.layer = innermost === null ? this.#global : innermost.layer;
    this.path = innermost === null ? '' : innermost.path;
  }

  /** Innermost first. */
  #open(): OpenSection[] {
    const open: OpenSection[] = [];
    for (let one = this.innermost; one !== null; one = one.outer) open.push(one);
    return open;
  }
}
