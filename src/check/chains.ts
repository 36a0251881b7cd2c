import type { Place } from '../../grammar/source.js';
import type { Config } from '../config/config.js';
import type { AuthSettings, PassdbBlock, UserdbBlock } from '../config/effective.js';

/** The auth settings of the configuration as a whole, then those of each protocol that has others. */
export const authSettings = oncePerConfig<readonly AuthSettings[]>(({ effective }) => {
  const ofProtocols = effective.protocols.map((protocol) => effective.auth({ protocol }));
  return [...new Set([effective.auth(), ...ofProtocols])];
});

/** Every distinct list of passdbs that requests can walk, in file order. */
export const passdbLists = oncePerConfig<readonly (readonly PassdbBlock[])[]>((config) =>
  distinct([...new Set(authSettings(config).map((auth) => auth.passdbs))]),
);

export const allPassdbs = oncePerConfig<readonly PassdbBlock[]>((config) =>
  distinctBlocks(passdbLists(config)),
);

export const allUserdbs = oncePerConfig<readonly UserdbBlock[]>((config) =>
  distinctBlocks([...new Set(authSettings(config).map((auth) => auth.userdbs))]),
);

const byDriver = oncePerConfig((config) => {
  const groups = new Map<string, (PassdbBlock | UserdbBlock)[]>();
  for (const block of [...allPassdbs(config), ...allUserdbs(config)]) {
    const group = groups.get(block.driver);
    if (group === undefined) groups.set(block.driver, [block]);
    else group.push(block);
  }
  return groups;
});

/** All passdbs of one driver, then its userdbs. */
export function blocksOfDriver(config: Config, driver: string): readonly (PassdbBlock | UserdbBlock)[] {
  return byDriver(config).get(driver) ?? [];
}

/** What is read from a configuration once: every rule asks the same questions. */
export function oncePerConfig<T>(read: (config: Config) => T): (config: Config) => T {
  const known = new WeakMap<Config, { readonly value: T }>();
  return (config) => {
    let entry = known.get(config);
    if (entry === undefined) {
      entry = { value: read(config) };
      known.set(config, entry);
    }
    return entry.value;
  };
}

function distinct<B extends PassdbBlock>(lists: readonly (readonly B[])[]): (readonly B[])[] {
  if (lists.length < 2) return [...lists];
  const seen = new Set<string>();
  return lists.filter((list) => {
    const key = list.map(blockKey).join(' ');
    return !seen.has(key) && seen.add(key);
  });
}

function distinctBlocks<B extends PassdbBlock | UserdbBlock>(lists: readonly (readonly B[])[]): readonly B[] {
  const [only] = lists;
  if (only !== undefined && lists.length === 1) return only;
  const seen = new Set<string>();
  return lists.flat().filter((block) => {
    const key = blockKey(block);
    return !seen.has(key) && seen.add(key);
  });
}

/** The same text for the same block. */
export function blockKey(block: PassdbBlock | UserdbBlock): string {
  let key = BLOCK_KEYS.get(block);
  if (key === undefined) {
    key = `${block.at.source.realPath}:${block.at.span.start}:${block.name}`;
    BLOCK_KEYS.set(block, key);
  }
  return key;
}

const BLOCK_KEYS = new WeakMap<PassdbBlock | UserdbBlock, string>();

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
