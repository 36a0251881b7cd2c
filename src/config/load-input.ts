import type { ByteString } from '../../grammar/bytes.js';
import type { Include, Section, SectionEnd, Setting } from '../../grammar/dovecot-conf/tree.js';
import type { Place, Source } from '../../grammar/source.js';
import type { DovecotVersion } from '../knowledge/versions.js';
import type { Config } from './config.js';
import type { EffectiveConfig } from './effective.js';
import type { ConfigHost } from './host.js';
import type { Origin } from './origin.js';
import type { Dump, DumpOptions } from './print/dump.js';
import type { ConfigProblem } from './problem.js';

/**
 * What Dovecot comes to next while it reads the main file with all its includes, in its own order. Sections may be
 * opened and closed in different files. Findings of the language itself come as `problem` at their moment, so that
 * the order of all problems is Dovecot's.
 */
export type ConfEvent =
  | { readonly kind: 'setting'; readonly source: Source; readonly node: Setting }
  | { readonly kind: 'section-begin'; readonly source: Source; readonly node: Section }
  | { readonly kind: 'section-end'; readonly source: Source; readonly node: SectionEnd }
  /** The line itself, before its files are opened; their events follow. */
  | { readonly kind: 'include'; readonly source: Source; readonly node: Include }
  | { readonly kind: 'problem'; readonly problem: ConfigProblem };

/** Is given one event after the other. */
export type TakeEvent = (event: ConfEvent) => void;

/** Everything the semantics of one version need. */
export interface LoadInput {
  readonly version: DovecotVersion;
  readonly main: Source;
  readonly host: ConfigHost;
  readonly lenient: boolean;
  /** `doveconf -x`: variables, `<file` and (2.4) `file` settings are expanded while reading. */
  readonly expand: boolean;
  /** Modules that are asked for (`-m`): 2.3 checks only these. */
  readonly modules?: readonly string[];
  /**
   * Reads the files, once. `section-end` events without an open section are passed on as they stand
   * (`Unexpected '}'` is the semantics' to say), and so are sections still open at the end (`Missing '}'`).
   */
  read(take: TakeEvent): void;
  /** Bytes of a file named in a configuration (absolute path), read through `--map`. Throws as `ConfigHost.readFile`. */
  readFile(path: string): ByteString;
}

/** What the semantics of one version give back. */
export interface LoadResult {
  /** All problems in the order in which Dovecot would meet them, those of the event stream included. */
  readonly problems: readonly ConfigProblem[];
  readonly readings: Config['readings'];
  readonly effective: EffectiveConfig;
  /** What doveconf says against its `-f` arguments before it reads anything; null: nothing. */
  wrongFilter(filters: readonly ByteString[]): ByteString | null;
  /** The configuration as `doveconf` prints it. */
  dump(options: DumpOptions): Dump;
}

/** Origin of a statement. */
export function originOf(source: Source, node: Located): Origin {
  return new NodeOrigin(source, node);
}

interface Located {
  readonly line: number;
  readonly span: Place['span'];
}

/** Thousands of settings have one, and few are ever asked where they stand. */
class NodeOrigin implements Origin {
  readonly source: Source;
  readonly #node: Located;

  constructor(source: Source, node: Located) {
    this.source = source;
    this.#node = node;
  }

  get span(): Place['span'] {
    return this.#node.span;
  }

  get line(): number {
    return this.#node.line;
  }
}

/** `Error in configuration file FILE line N: TEXT`, as both versions word every error of a line. */
export function lineError(source: Source, line: number, text: ByteString): ByteString {
  return `Error in configuration file ${source.path} line ${line}: ${text}`;
}

/** Path as the programs resolve it: relative to the directory of the file that holds the line. */
export function resolvePath(path: string, source: Source): string {
  if (path.startsWith('/')) return path;
  const slash = source.path.lastIndexOf('/');
  return slash === -1 ? path : source.path.slice(0, slash + 1) + path;
}
