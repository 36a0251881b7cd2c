import type { Place } from '../../grammar/source.js';
import type { Config } from '../config/config.js';
import type { AuthSettings, PassdbBlock, UserdbBlock } from '../config/effective.js';

const KNOWN = new WeakMap<Config, readonly AuthSettings[]>();

/** The auth settings of the configuration as a whole, then those of each protocol. */
export function authSettings(config: Config): readonly AuthSettings[] {
  const known = KNOWN.get(config);
  if (known !== undefined) return known;
  const { effective } = config;
  const settings = [effective.auth(), ...effective.protocols.map((protocol) => effective.auth({ protocol }))];
  KNOWN.set(config, settings);
  return settings;
}

/** Every distinct list of passdbs that requests can walk, in file order. */
export function passdbLists(config: Config): (readonly PassdbBlock[])[] {
  return distinct(authSettings(config).map((auth) => auth.passdbs));
}

export function allPassdbs(config: Config): PassdbBlock[] {
  return distinctBlocks(authSettings(config).flatMap((auth) => auth.passdbs));
}

export function allUserdbs(config: Config): UserdbBlock[] {
  return distinctBlocks(authSettings(config).flatMap((auth) => auth.userdbs));
}

function distinct<B extends PassdbBlock>(lists: readonly (readonly B[])[]): (readonly B[])[] {
  const seen = new Set<string>();
  return lists.filter((list) => {
    const key = list.map(blockKey).join(' ');
    return !seen.has(key) && seen.add(key);
  });
}

function distinctBlocks<B extends PassdbBlock | UserdbBlock>(blocks: readonly B[]): B[] {
  const seen = new Set<string>();
  return blocks.filter((block) => !seen.has(blockKey(block)) && seen.add(blockKey(block)));
}

/** The same text for the same block. */
export function blockKey(block: PassdbBlock | UserdbBlock): string {
  return `${block.at.source.realPath}:${block.at.span.start}:${block.name}`;
}

/** Blocks are made anew at each question; where a block opens tells which it is. */
export function isSameBlock(a: PassdbBlock | UserdbBlock, b: PassdbBlock | UserdbBlock): boolean {
  return a.kind === b.kind && blockKey(a) === blockKey(b);
}

/** What an administrator calls a block: its name, else its driver. */
export function titleOf(block: PassdbBlock | UserdbBlock): string {
  return block.name === '' ? `${block.kind} ${block.driver}` : `${block.kind} ${block.name}`;
}

/** The opening line of a block. */
export function headOf({ at }: PassdbBlock | UserdbBlock): Place {
  const text = at.source.text.slice(at.span.start, at.span.end);
  const lead = text.length - text.trimStart().length;
  const length = text.slice(lead).search(/\s*(?:\r?\n|$)/);
  const start = at.span.start + lead;
  return { source: at.source, span: { start, end: start + Math.max(length, 1) } };
}
