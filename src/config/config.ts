import type { ConfTree } from '../../grammar/dovecot-conf/tree.js';
import type { Source } from '../../grammar/source.js';
import type { DovecotVersion } from '../knowledge/versions.js';
import type { EffectiveConfig } from './effective.js';
import type { ExtFile, ExtKind } from './ext-file.js';
import type { ConfigHost } from './host.js';
import type { ConfigProblem } from './problem.js';

export interface LoadOptions {
  /** Main file as the user named it. */
  readonly path: string;
  readonly host: ConfigHost;
  /** Which Dovecot to be; by default what the first setting says (cli.md). */
  readonly version?: DovecotVersion;
  /** `--map FROM=TO`: absolute path prefixes that are read from elsewhere. */
  readonly maps?: readonly { readonly from: string; readonly to: string }[];
  /** Go on after an error that Dovecot refuses; the reading used is in `readings`. */
  readonly lenient?: boolean;
  /** Told the bytes of each file before its statements are read. */
  beforeParsing?(bytes: number): void;
}

/** A configuration with everything that was wrong with it. */
export interface Config {
  readonly version: DovecotVersion;
  readonly main: Source;
  /** Main file and includes in the order of reading. */
  readonly trees: readonly ConfTree[];
  /** Every finding, in the order in which Dovecot would come to it. The first error is Dovecot's own first error. */
  readonly problems: readonly ConfigProblem[];
  /** What Dovecot refuses with `doveconf`; null = it would start. */
  readonly refusal: ConfigProblem | null;
  /** `--lenient`: how refused values were read, for every output to state. */
  readonly readings: readonly { readonly problem: ConfigProblem; readonly text: string }[];
  /** Best-effort effective settings, complete when `refusal` is null. */
  readonly effective: EffectiveConfig;
  /** A 2.3 ext file; read at the first question, the same object for the same path and kind. */
  extFile(path: string, kind: ExtKind): ExtFile;
}
