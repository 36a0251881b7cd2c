import type { Section } from '../../../grammar/dovecot-conf/tree.js';
import type { Span } from '../../../grammar/source.js';
import { readExtFiles } from '../../../src/check/ext-files.js';
import { type WrittenSetting, writtenSettings } from '../../../src/check/statements.js';
import type { Config } from '../../../src/config/config.js';
import { loadConfig } from '../../../src/config/load.js';
import type { DovecotVersion, Series } from '../../../src/knowledge/versions.js';
import { CORPUS, corpusHost, corpusMaps } from '../../conformance/corpus.js';

/** A mistake that administrators make, as a change of a configuration that Dovecot accepts. */
export interface Mutation {
  readonly name: string;
  readonly series: readonly Series[];
  /** Any of them names the mistake. */
  readonly codes: readonly string[];
  /** The change; null where the configuration has no place for this mistake. */
  apply(set: BaseSet): Change | null;
}

/** New texts of files, and where the mistake stands afterwards. */
export interface Change {
  readonly texts: ReadonlyMap<string, string>;
  readonly file: string;
  readonly line: number;
}

/** A configuration before it is broken. */
export interface BaseSet {
  readonly slug: string;
  readonly version: DovecotVersion;
  readonly series: Series;
  /** Path of the main file as it is really read. */
  readonly main: string;
  readonly config: Config;
  /** Every file that was read, by real path. */
  readonly texts: ReadonlyMap<string, string>;
  /** One of several places, the same in every run and another one in every set. */
  pick<T>(from: readonly T[]): T | null;
}

export const BOTH: readonly Series[] = ['2.3', '2.4'];
export const ONLY_23: readonly Series[] = ['2.3'];
export const ONLY_24: readonly Series[] = ['2.4'];

export function loadTexts(
  slug: string,
  main: string,
  version: DovecotVersion,
  texts: ReadonlyMap<string, string>,
): Config {
  const host = corpusHost(version);
  return loadConfig({
    path: `${CORPUS}/${slug}/${main}`,
    host: {
      ...host,
      readFile: (path) => {
        const text = texts.get(path);
        return text === undefined ? host.readFile(path) : Buffer.from(text, 'latin1');
      },
    },
    version,
    maps: corpusMaps(slug),
  });
}

export function baseSet(
  slug: string,
  main: string,
  version: DovecotVersion,
  texts: ReadonlyMap<string, string> = new Map(),
): BaseSet {
  const config = loadTexts(slug, main, version, texts);
  const sources = [
    ...config.trees.map(({ source }) => source),
    ...readExtFiles(config).flatMap(({ sources }) => sources),
  ];
  let turn = [...slug].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 65_521, 7);
  return {
    slug,
    version,
    series: version.startsWith('2.3') ? '2.3' : '2.4',
    main: `${CORPUS}/${slug}/${main}`,
    config,
    texts: new Map(sources.map((source) => [source.realPath, source.text])),
    pick: (from) => {
      turn = (turn * 75 + 74) % 65_537;
      return from[turn % Math.max(from.length, 1)] ?? null;
    },
  };
}

/** Sections whose keys are the administrator's own names. */
const FREE =
  /^(?:plugin|dict|fields|.*_fields|import_environment|protocols|.*_environment|imap_id_send|mail_plugins|auth_mechanisms|.*_capability|lua_settings|pgsql_parameters|.*_attributes|login_trusted_networks|listen|mailbox_special_use|special_use)$/;

/** Settings of the configuration whose names Dovecot looks up, in files of the set. */
export function settingsOf(set: BaseSet, pattern: RegExp = /^/): WrittenSetting[] {
  return writtenSettings(set.config).filter(
    ({ source, node, path }) =>
      set.texts.has(source.realPath) &&
      source.realPath.startsWith(CORPUS) &&
      pattern.test(node.key) &&
      !path.some(({ key }) => FREE.test(key)),
  );
}

/** One of the settings that this pattern names. */
export function settingOf(set: BaseSet, pattern: RegExp): WrittenSetting | null {
  return set.pick(settingsOf(set, pattern));
}

/** Sections outside of others with this keyword, with the file of each. */
export function sectionsOf(set: BaseSet, key: RegExp): { file: string; node: Section }[] {
  return set.config.trees.flatMap(({ source, statements }) =>
    statements.flatMap((node) =>
      node.kind === 'section' && key.test(node.key) && source.realPath.startsWith(CORPUS)
        ? [{ file: source.realPath, node }]
        : [],
    ),
  );
}

/** Replaces a part of a file; the mistake stands where the new text begins, or `shift` lines below. */
export function replaced(set: BaseSet, file: string, span: Span, text: string, shift = 0): Change {
  const before = set.texts.get(file) ?? '';
  const after = before.slice(0, span.start) + text + before.slice(span.end);
  return { texts: new Map([[file, after]]), file, line: lineAt(after, span.start) + shift };
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Another value for a setting. */
export function withValue(set: BaseSet, setting: WrittenSetting | null, text: string | null): Change | null {
  if (setting === null || text === null) return null;
  return replaced(set, setting.source.realPath, setting.node.value.span, text);
}

/** Lines at the end of the main file; the mistake is `line` of them, from 1. */
export function appended(set: BaseSet, lines: readonly string[], line = 1): Change {
  const before = set.texts.get(set.main) ?? '';
  const head = before === '' || before.endsWith('\n') ? before : `${before}\n`;
  return {
    texts: new Map([[set.main, `${head}${lines.join('\n')}\n`]]),
    file: set.main,
    line: lineAt(head, head.length) - 1 + line,
  };
}

/** Lines into a section, right below its head. */
export function inserted(
  set: BaseSet,
  section: { file: string; node: Section } | null,
  lines: readonly string[],
): Change | null {
  if (section === null) return null;
  const { end } = section.node.headSpan;
  return replaced(set, section.file, { start: end, end }, `${lines.join('\n')}\n`);
}

/** What a database file of the set holds. */
export function extTexts(set: BaseSet, kind: string): { file: string; text: string }[] {
  return readExtFiles(set.config)
    .filter((ext) => ext.kind === kind)
    .flatMap(({ sources }) => sources.slice(0, 1))
    .map(({ realPath, text }) => ({ file: realPath, text }));
}

/** Replaces the first match in a file, from an offset on; the mistake stands on the line of the match. */
export function replacedMatch(
  set: BaseSet,
  file: string,
  pattern: RegExp,
  by: (match: RegExpExecArray) => string,
  from = 0,
): Change | null {
  const behind = new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`);
  behind.lastIndex = from;
  const match = behind.exec(set.texts.get(file) ?? '');
  if (match === null) return null;
  return replaced(set, file, { start: match.index, end: match.index + match[0].length }, by(match));
}
