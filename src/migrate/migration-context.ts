import type { ByteString } from '../../grammar/bytes.js';
import type { Source } from '../../grammar/source.js';
import type { Config } from '../config/config.js';
import type { NewFile, Question } from './change.js';
import type { NameRegistry } from './name-registry.js';

/** What every part of one migration shares. */
export interface MigrationContext {
  /** The 2.3 configuration: its trees, its effective settings, its external files (`config.extFile`). */
  readonly config: Config;
  /** `2.4.1`. */
  readonly target: string;
  /** Names that 2.4 wants and 2.3 did not have; hands out each name once. */
  readonly names: NameRegistry;
  /** The administrator's choice (`--answer KEY=CHOICE`, or for a whole code `CODE=CHOICE`), else the default. */
  answer(question: Question): string;
  /** Bytes of another file that the configuration names (a passwd-file, a dict file); null where it cannot be read. */
  readFile(path: string): ByteString | null;
  /** The same with its name, for a file that becomes a new one. */
  readSource(path: string): Source | null;
  /** A 2.3 external file becomes a 2.4 file of the same name, mode and owner. Once for each file. */
  addFile(file: NewFile): void;
}
