import type { ByteString } from '../../grammar/bytes.js';
import type { ConfTree, Include, Section, Setting } from '../../grammar/dovecot-conf/tree.js';
import type { Place, Source, Span } from '../../grammar/source.js';
import type { Config } from '../config/config.js';

/** A setting as it is written, with the sections around it in its own file, outermost first. */
export interface WrittenSetting {
  readonly source: Source;
  readonly node: Setting;
  readonly path: readonly Section[];
}

/** The statements of all files by what they are, in the order of reading. */
interface Written {
  readonly bySource: Map<Source, WrittenSetting[]>;
  /** By the last part of the key. */
  readonly byName: Map<ByteString, WrittenSetting[]>;
  readonly includes: { source: Source; node: Include }[];
  /** By keyword. */
  readonly sections: Map<ByteString, { source: Source; node: Section }[]>;
  /** Settings of one key in one block, each with the one before it. */
  readonly repeated: (readonly [WrittenSetting, WrittenSetting])[];
}

const KNOWN = new WeakMap<Config, Written>();

/** Every rule asks for them. */
function written(config: Config): Written {
  let known = KNOWN.get(config);
  if (known === undefined) {
    known = { bySource: new Map(), byName: new Map(), includes: [], sections: new Map(), repeated: [] };
    for (const tree of distinctTrees(config)) collect(tree, known);
    KNOWN.set(config, known);
  }
  return known;
}

/** A setting with the one before it right inside the same section. */
interface Chained extends WrittenSetting {
  readonly before: Chained | null;
}

/** A section, or the file itself, whose statements are gone through. */
interface Level {
  readonly path: readonly Section[];
  readonly outer: Level | null;
  last: Chained | null;
  count: number;
  /** The last setting of each key, where there are many. */
  byKey: Map<ByteString, WrittenSetting> | null;
}

function collect(tree: ConfTree, found: Written): void {
  const { source, size } = tree;
  const settings: WrittenSetting[] = [];
  found.bySource.set(source, settings);
  let level: Level = { path: [], outer: null, last: null, count: 0, byKey: null };
  for (let index = tree.nextSaying(0); index < size; index = tree.nextSaying(index + 1)) {
    const node = tree.at(index);
    if (node.kind === 'setting') {
      const { key } = node;
      const setting = { source, node, path: level.path, before: level.last };
      const earlier = earlierOf(level, key);
      if (earlier !== undefined) found.repeated.push([earlier, setting]);
      level.last = setting;
      level.count++;
      level.byKey?.set(key, setting);
      const name = key.includes('/') ? key.slice(key.lastIndexOf('/') + 1) : key;
      const sameName = found.byName.get(name);
      if (sameName === undefined) found.byName.set(name, [setting]);
      else sameName.push(setting);
      settings.push(setting);
    } else if (node.kind === 'section') {
      const sameKey = found.sections.get(node.key);
      if (sameKey === undefined) found.sections.set(node.key, [{ source, node }]);
      else sameKey.push({ source, node });
      const path = level.outer === null ? [node] : [...level.path, node];
      level = { path, outer: level, last: null, count: 0, byKey: null };
    } else if (node.kind === 'section-end') level = level.outer ?? level;
    else if (node.kind === 'include') found.includes.push({ source, node });
  }
}

/** So few settings are compared one by one, which costs less than a map for each of thousands of sections. */
const FEW = 8;

/** The last setting of the key so far. */
function earlierOf(level: Level, key: ByteString): WrittenSetting | undefined {
  if (level.count > FEW) {
    level.byKey ??= lastOfEach(level.last);
    return level.byKey.get(key);
  }
  for (let one = level.last; one !== null; one = one.before) if (one.node.key === key) return one;
  return undefined;
}

function lastOfEach(last: Chained | null): Map<ByteString, WrittenSetting> {
  const byKey = new Map<ByteString, WrittenSetting>();
  for (let one = last; one !== null; one = one.before)
    if (!byKey.has(one.node.key)) byKey.set(one.node.key, one);
  return byKey;
}

/** Every `key = value` of all files, in the order of reading. */
export function writtenSettings(config: Config): readonly WrittenSetting[] {
  const { bySource } = written(config);
  const [only] = bySource.values();
  return only !== undefined && bySource.size === 1 ? only : [...bySource.values()].flat();
}

/** Settings of one key in one block, each with the one before it. */
export function repeatedSettings(config: Config): Written['repeated'] {
  return written(config).repeated;
}

/** Those of some names (the last part of the key), by name and then in the order of reading. */
export function settingsNamed(config: Config, ...names: readonly ByteString[]): readonly WrittenSetting[] {
  return names.flatMap((name) => written(config).byName.get(name) ?? []);
}

/** Every last part of a key that is there. */
export function writtenNames(config: Config): readonly ByteString[] {
  return [...written(config).byName.keys()];
}

/** Those of files that have one of these texts anywhere: few files have what some rules look for in every value. */
export function settingsBeside(config: Config, ...texts: readonly ByteString[]): readonly WrittenSetting[] {
  return [...written(config).bySource].flatMap(([{ text }, settings]) =>
    texts.some((one) => text.includes(one)) ? settings : [],
  );
}

/** A file that is included twice is looked at once. */
function distinctTrees(config: Config): ConfTree[] {
  const seen = new Set<string>();
  return config.trees.filter(({ source }) => !seen.has(source.realPath) && seen.add(source.realPath));
}

export function valuePlace({ source, node }: WrittenSetting): Place {
  return { source, span: trimmed(source, node.value.span) };
}

export function keyPlace({ source, node }: WrittenSetting): Place {
  return { source, span: node.keySpan };
}

function trimmed(source: Source, span: Span): Span {
  const text = source.text.slice(span.start, span.end);
  const end = span.start + text.trimEnd().length;
  return { start: span.start, end: Math.max(end, span.start) };
}

/** Every `!include` and `!include_try` of all files. */
export function includes(config: Config): readonly { source: Source; node: Include }[] {
  return written(config).includes;
}

/** The setting that a place is part of. */
export function settingAt(config: Config, { source, span }: Place): WrittenSetting | null {
  return (
    writtenSettings(config).find(
      (one) =>
        one.source.realPath === source.realPath &&
        one.node.span.start <= span.start &&
        span.start < one.node.span.end,
    ) ?? null
  );
}

/** What goes when a setting is removed: its lines, or all but the comment behind it. */
export function removalOf({ source, node }: WrittenSetting): Place {
  const behind = source.text.slice(node.value.span.end, node.span.end);
  const isAlone = !behind.includes('#') && !source.text.slice(node.span.start, node.keySpan.start).trim();
  if (isAlone) return { source, span: node.span };
  return { source, span: { start: node.keySpan.start, end: node.value.span.end } };
}

/** The value of a setting right inside the section at a place, or around it, last one first; null where none is written. */
export function valueInSection(config: Config, at: Place, key: string): Place | null {
  const found = settingsNamed(config, key).filter(
    ({ source, node, path }) =>
      node.key === key && source.realPath === at.source.realPath && isAround(path.at(-1), at.span),
  );
  const last = found.at(-1);
  return last === undefined ? null : valuePlace(last);
}

/** Whether the place is the section or something in it; where a block opens may be only its head. */
function isAround(section: Section | undefined, span: Span): boolean {
  return section !== undefined && section.span.start <= span.start && span.end <= section.span.end;
}

/** Every section with this keyword, with its file, in the order of reading. */
export function sectionsNamed(config: Config, key: ByteString): readonly { source: Source; node: Section }[] {
  return written(config).sections.get(key) ?? [];
}
