import type { ByteString } from '../../grammar/bytes.js';
import type { ConfTree, Include, Section, Setting, Statement } from '../../grammar/dovecot-conf/tree.js';
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
    for (const { source, statements } of distinctTrees(config)) {
      const settings: WrittenSetting[] = [];
      known.bySource.set(source, settings);
      collect(source, statements, [], settings, known);
    }
    KNOWN.set(config, known);
  }
  return known;
}

function collect(
  source: Source,
  statements: readonly Statement[],
  path: readonly Section[],
  settings: WrittenSetting[],
  found: Written,
): void {
  const own: WrittenSetting[] = [];
  for (const node of statements) {
    if (node.kind === 'setting') {
      const { key } = node;
      const setting = { source, node, path };
      const name = key.includes('/') ? key.slice(key.lastIndexOf('/') + 1) : key;
      const sameName = found.byName.get(name);
      if (sameName === undefined) found.byName.set(name, [setting]);
      else sameName.push(setting);
      settings.push(setting);
      own.push(setting);
    } else if (node.kind === 'include') found.includes.push({ source, node });
    else if (node.kind === 'section') {
      const sameKey = found.sections.get(node.key);
      if (sameKey === undefined) found.sections.set(node.key, [{ source, node }]);
      else sameKey.push({ source, node });
      collect(source, node.body, [...path, node], settings, found);
    }
  }
  addRepeated(own, found.repeated);
}

/** Blocks of so many settings are compared one by one, which costs less than a map for each of thousands. */
const FEW = 8;

function addRepeated(settings: readonly WrittenSetting[], repeated: Written['repeated']): void {
  if (settings.length > FEW) {
    const last = new Map<ByteString, WrittenSetting>();
    for (const setting of settings) {
      const earlier = last.get(setting.node.key);
      if (earlier !== undefined) repeated.push([earlier, setting]);
      last.set(setting.node.key, setting);
    }
    return;
  }
  settings.forEach((setting, index) => {
    const { key } = setting.node;
    for (let before = index - 1; before >= 0; before--) {
      const earlier = settings[before];
      if (earlier?.node.key !== key) continue;
      repeated.push([earlier, setting]);
      return;
    }
  });
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
