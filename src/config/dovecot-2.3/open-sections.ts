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
}

/** The sections around the statement that is read, outermost first. */
export class OpenSections {
  /** Where settings go, and the path before their names. */
  layer: Layer;
  path = '';
  innermost: OpenSection | undefined;
  readonly #stack: OpenSection[] = [];
  readonly #global: Layer;

  constructor(global: Layer) {
    this.#global = global;
    this.layer = global;
  }

  /** Layers from the innermost section to the global one. */
  get layers(): Layer[] {
    return [...this.#stack.map((open) => open.layer).reverse(), this.#global];
  }

  /** Keywords of the sections that are no filters. */
  get keys(): ByteString[] {
    return this.#stack.filter((open) => !open.isFilter).map((open) => open.key);
  }

  push(section: OpenSection): void {
    this.#stack.push(section);
    this.#enter(section);
  }

  /** false: nothing is open. */
  pop(): boolean {
    if (this.#stack.pop() === undefined) return false;
    this.#enter(this.#stack.at(-1));
    return true;
  }

  #enter(innermost: OpenSection | undefined): void {
    this.innermost = innermost;
    this.layer = innermost === undefined ? this.#global : innermost.layer;
    this.path = innermost === undefined ? '' : innermost.path;
  }
}
