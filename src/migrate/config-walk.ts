import { type ByteString, toUtf8 } from '../../grammar/bytes.js';
import type { ConfTree, Include, Setting, Statement } from '../../grammar/dovecot-conf/tree.js';
import type { Source } from '../../grammar/source.js';
import type { Config } from '../config/config.js';
import { resolvePath } from '../config/load-input.js';
import type { Frame } from './old-setting.js';

/** Which files an include pattern matches, by the names that Dovecot has for them. */
export type Glob = (pattern: ByteString) => readonly ByteString[];

export interface Assignment {
  readonly source: Source;
  readonly node: Setting;
  readonly frames: readonly Frame[];
}

/** Files of a package: they come with the new version, so they are read but not migrated. */
export function isPackaged(path: ByteString): boolean {
  return /^\/usr\/(?:local\/)?share\/dovecot\//.test(path);
}

/** The trees of a configuration, and what each include line reads. */
export class ConfigWalk {
  readonly main: ConfTree;
  readonly #trees: ReadonlyMap<string, ConfTree>;
  readonly #glob: Glob;

  constructor(config: Config, glob: Glob) {
    this.#glob = glob;
    this.#trees = new Map([...config.trees].reverse().map((tree) => [tree.source.path, tree]));
    const main = this.#trees.get(config.main.path);
    if (main === undefined) throw new Error(`no tree of ${toUtf8(config.main.path)}`);
    this.main = main;
  }

  /** The files that an include reads, in their order. */
  included(source: Source, node: Include): readonly ConfTree[] {
    return this.#glob(resolvePath(node.pattern, source)).flatMap((path) => {
      const tree = this.#trees.get(path);
      return tree === undefined ? [] : [tree];
    });
  }

  /** Every assignment of all files in the order of reading. */
  assignments(): readonly Assignment[] {
    const found: Assignment[] = [];
    this.#collect(this.main, this.main.statements, [], found, new Set([this.main]));
    return found;
  }

  #collect(
    { source }: ConfTree,
    statements: readonly Statement[],
    frames: readonly Frame[],
    found: Assignment[],
    open: Set<ConfTree>,
  ): void {
    for (const node of statements) {
      if (node.kind === 'setting') found.push(assignmentOf(source, node, frames));
      else if (node.kind === 'section') {
        const inside = [...frames, { key: node.key, name: node.name }];
        this.#collect({ source } as ConfTree, node.body, inside, found, open);
      } else if (node.kind === 'include')
        for (const tree of this.included(source, node)) {
          if (open.has(tree)) continue;
          this.#collect(tree, tree.statements, frames, found, new Set([...open, tree]));
        }
    }
  }
}

/** `plugin/quota = x` stands for `plugin { quota = x }`, `service/imap/user = x` for a setting two sections deeper. */
function assignmentOf(source: Source, node: Setting, frames: readonly Frame[]): Assignment {
  return { source, node, frames: [...frames, ...keyFrames(node.key)] };
}

const NAMELESS = new Set(['plugin', 'dict']);

/** The sections that a key with slashes names. */
export function keyFrames(key: ByteString): Frame[] {
  const parts = key.split('/');
  parts.pop();
  const frames: Frame[] = [];
  for (let at = 0; at < parts.length; ) {
    const name = parts[at] ?? '';
    if (NAMELESS.has(name) || at + 1 === parts.length) {
      frames.push({ key: name, name: null });
      at += 1;
    } else {
      frames.push({ key: name, name: unescaped(parts[at + 1] ?? '') });
      at += 2;
    }
  }
  return frames;
}

/** Section names inside keys are escaped (config-language.md section 1). */
function unescaped(name: ByteString): ByteString {
  const letters: Readonly<Record<string, string>> = { s: '/', e: '=', '\\': '\\', _: ' ', '+': ',', '.': '' };
  return name.replaceAll(/\\(.)/g, (whole, letter: string) => letters[letter] ?? whole);
}

export function lastPart(key: ByteString): ByteString {
  return key.slice(key.lastIndexOf('/') + 1);
}
