import type { AuthSettings, DatabaseBlock, PassdbBlock } from '../config/effective.js';

/** The passdbs in the order of the walk, as the auth process builds its lists at start (auth-chain.md section 1.2). */
export interface PassdbLists {
  readonly masterdbs: readonly PassdbBlock[];
  readonly passdbs: readonly PassdbBlock[];
  /** `skip = unauthenticated` while the list was still empty: never looked at. */
  readonly dropped: readonly PassdbBlock[];
  /**
   * The block whose module this one uses. In 2.3 blocks with the same driver and args share the first one's, with its
   * `mechanisms` and `username_filter`. Dovecot 2.3.19.1 passdb.c: passdb_preinit
   */
  moduleOf(passdb: PassdbBlock): PassdbBlock;
  /** `%{id}`: numbered as the modules are made, non-master passdbs first. */
  idOf(passdb: PassdbBlock): number;
}

const LISTS = new WeakMap<AuthSettings, PassdbLists>();

export function passdbLists(settings: AuthSettings): PassdbLists {
  const known = LISTS.get(settings);
  if (known !== undefined) return known;
  const masterdbs: PassdbBlock[] = [];
  const passdbs: PassdbBlock[] = [];
  const dropped: PassdbBlock[] = [];
  for (const passdb of settings.passdbs) {
    const list = passdb.master ? masterdbs : passdbs;
    // Dovecot 2.3.19.1 auth.c, 2.4.1 auth.c: auth_passdb_list_have_lookups, auth_preinit
    if (list.length === 0 && passdb.skip.value === 'unauthenticated') dropped.push(passdb);
    else list.push(passdb);
  }
  // Only walks ask for modules.
  let made: ReadonlyMap<PassdbBlock, Module> | undefined;
  const moduleFor = (passdb: PassdbBlock) => {
    made ??= modulesOf([...passdbs, ...masterdbs], settings.version.startsWith('2.3'));
    return made.get(passdb);
  };
  const lists: PassdbLists = {
    masterdbs,
    passdbs,
    dropped,
    moduleOf: (passdb) => moduleFor(passdb)?.block ?? passdb,
    idOf: (passdb) => moduleFor(passdb)?.id ?? passdb.index,
  };
  LISTS.set(settings, lists);
  return lists;
}

interface Module {
  readonly block: PassdbBlock;
  readonly id: number;
}

function modulesOf(passdbs: readonly PassdbBlock[], areShared: boolean): Map<PassdbBlock, Module> {
  const modules = new Map<PassdbBlock, Module>();
  const shared = new Map<string, Module>();
  let count = 0;
  for (const passdb of passdbs) {
    const key = `${passdb.driver}\0${passdb.args.text}`;
    let made = areShared ? shared.get(key) : undefined;
    if (made === undefined) {
      count += 1;
      made = { block: passdb, id: count };
      shared.set(key, made);
    }
    modules.set(passdb, made);
  }
  return modules;
}

/** Name in log lines: the section's, or the driver's for an unnamed 2.3 block. */
export function passdbLogName(passdb: Pick<DatabaseBlock, 'name' | 'driver'>): string {
  return passdb.name === '' ? passdb.driver : passdb.name;
}
