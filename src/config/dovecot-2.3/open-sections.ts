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
  readonly #stack: OpenSection[] = [];
  readonly #global: Layer;

  constructor(global: Layer) {
    this.#global = global;
  }

  get isEmpty(): boolean {
    return this.#stack.length === 0;
  }

  get innermost(): OpenSection | undefined {
    return this.#stack.at(-1);
  }

  /** Where settings go, and the path before their names. */
  get layer(): Layer {
    return this.innermost?.layer ?? this.#global;
  }

  get path(): string {
    return this.innermost?.path ?? '';
  }

  /** Layers from the innermost section to the global one. */
  get layers(): Layer[] {
    return [...this.#stack.map((open) => open.layer).reverse(), this.#global];
  }

  /** Keywords of the sections that are no filters. */
  get keys(): ByteString[] {
    return this.#stack.filter((open) => !open.isFilter).map((open) => open.key);
  }

  /** Opens a section; what is not given is as around it. */
  push(
    section: Pick<OpenSection, 'key' | 'isFilter'> & Partial<OpenSection>,
    source: Source,
    line: number,
  ): void {
    const { key, isFilter, layer = this.layer, path = this.path, skipped = false } = section;
    this.#stack.push({ key, isFilter, layer, path, skipped, source, line, target: null });
  }

  /** What the innermost section's path leads to. */
  enter(target: SectionNode): void {
    const { innermost } = this;
    if (innermost !== undefined) innermost.target = target;
  }

  /** From here on nothing inside the innermost section is judged. */
  skip(): void {
    const { innermost } = this;
    if (innermost !== undefined) innermost.skipped = true;
  }

  /** false: nothing is open. */
  pop(): boolean {
    return this.#stack.pop() !== undefined;
  }
}
