import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import type { Setting } from '../../grammar/dovecot-conf/tree.js';
import type { Source } from '../../grammar/source.js';
import type { Config } from '../config/config.js';
import type { MappedFiles } from '../config/mapped-files.js';
import { SETTINGS_2_3 } from '../knowledge/generated/settings-2.3.19.1.js';
import type { Version24 } from '../knowledge/versions.js';
import type { NewFile, Question, TranslatedString } from './change.js';
import { type Assignment, type ConfigWalk, lastPart } from './config-walk.js';
import type { MigrationContext } from './migration-context.js';
import { NameRegistry } from './name-registry.js';
import { type Frame, type OldSetting, placeOf } from './old-setting.js';
import { translateString } from './strings/translate-string.js';

export interface TranslationOptions {
  readonly config: Config;
  readonly target: Version24;
  readonly walk: ConfigWalk;
  /** `--answer`: by `CODE/subject` or `CODE`. */
  readonly answers: ReadonlyMap<string, string>;
  /** What the configuration was read from. */
  readonly source: Pick<MappedFiles, 'source'>;
}

/** The state of one migration: what the 2.3 files say up to here, names in use, files to write. */
export class Translation implements MigrationContext {
  readonly config: Config;
  readonly target: Version24;
  readonly walk: ConfigWalk;
  readonly names = new NameRegistry();
  readonly files: NewFile[] = [];
  readonly assignments: readonly Assignment[];
  readonly #source: Pick<MappedFiles, 'source'>;
  readonly #answers: ReadonlyMap<string, string>;
  readonly #orders: ReadonlyMap<Setting, number>;
  /** Values of global settings as known at this point of reading. */
  readonly #known = new Map<ByteString, ByteString>();

  constructor({ config, target, walk, answers, source }: TranslationOptions) {
    this.config = config;
    this.target = target;
    this.walk = walk;
    this.#source = source;
    this.#answers = answers;
    this.assignments = walk.assignments();
    this.#orders = new Map(this.assignments.map(({ node }, order) => [node, order]));
  }

  answer({ key, choices, default: usual }: Question): string {
    const given = this.#answers.get(key) ?? this.#answers.get(key.split('/', 1)[0] ?? key);
    return given !== undefined && choices.some(({ name }) => name === given) ? given : usual;
  }

  readFile(path: string): ByteString | null {
    return this.readSource(path)?.text ?? null;
  }

  readSource(path: string): Source | null {
    try {
      return this.#source.source(fromUtf8(path));
    } catch {
      return null;
    }
  }

  addFile(file: NewFile): void {
    this.files.push(file);
  }

  /** Where a statement stands in the order of reading; statements of package files have none. */
  orderOf(node: Setting): number {
    return this.#orders.get(node) ?? -1;
  }

  /** A string of the old setting with 2.4 variables. */
  string(text: ByteString, old: OldSetting): TranslatedString {
    if (!text.includes('%')) return { text, changes: [] };
    return translateString(text, { setting: old.path, place: placeOf(old) });
  }

  /** Takes note of a global value: `$name` behind it means this one. */
  learn(key: ByteString, value: ByteString): void {
    this.#known.set(key, value);
  }

  /** What `$name` of 2.3 stands for here; null: no such setting. */
  known(name: ByteString): ByteString | null {
    const value = this.#known.get(name);
    if (value !== undefined) return value;
    const row = SETTINGS_2_3.find(([path]) => path === name);
    return row === undefined ? null : (row[2] ?? '');
  }

  /** Whether a global setting is assigned again behind a statement. */
  isAssignedLater(key: ByteString, order: number): boolean {
    return this.assignments.some(
      ({ node, frames }, at) => at > order && frames.length === 0 && node.key === key,
    );
  }

  /** The plugin settings that count where a plugin section with these sections around it stands: name to value. */
  pluginSettings(frames: readonly Frame[]): ReadonlyMap<ByteString, Assignment> {
    const found = new Map<ByteString, Assignment>();
    for (const one of this.assignments) {
      const plugin = one.frames.findIndex(({ key }) => key === 'plugin');
      if (plugin === -1) continue;
      const around = one.frames.slice(0, plugin);
      if (around.every((frame, at) => isSameFrame(frame, frames[at]))) found.set(lastPart(one.node.key), one);
    }
    return found;
  }
}

function isSameFrame(frame: Frame, other: Frame | undefined): boolean {
  return other !== undefined && frame.key === other.key && frame.name === other.name;
}
