import type { ByteString } from '../../grammar/bytes.js';

type NameKind = 'passdb' | 'userdb' | 'namespace' | 'inet_listener';

/** Hands out section names: the wanted one, or with the first free number behind it (`sql`, `sql2`, `sql3`). */
export class NameRegistry {
  readonly #taken = new Set<string>();

  /** `scope` separates names that may repeat, such as listeners of different services. */
  unique(kind: NameKind, wanted: ByteString, scope: ByteString = ''): ByteString {
    let name = wanted;
    for (let number = 2; !this.reserve(kind, name, scope); number++) name = `${wanted}${number}`;
    return name;
  }

  /** Takes a name that the configuration writes itself; false: it is taken. */
  reserve(kind: NameKind, name: ByteString, scope: ByteString = ''): boolean {
    const key = `${kind}\n${scope}\n${name}`;
    if (this.#taken.has(key)) return false;
    this.#taken.add(key);
    return true;
  }
}
