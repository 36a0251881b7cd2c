import type { ByteString } from '../../grammar/bytes.js';
import type { AuthSettings, PassdbBlock } from '../config/effective.js';
import type { Series } from '../knowledge/versions.js';
import { digest } from '../passwords/digests.js';
import { base64Of } from '../variables/binary.js';
import type { PassdbResult } from './answer.js';
import { cacheKey, userOfKey } from './cache-key.js';
import type { PassdbDriver } from './driver.js';
import type { WalkState } from './walk-state.js';

/** What a look-up found, as the cache keeps it: password with scheme (null: any), and the fields it set. */
export interface CachedRow {
  readonly password: ByteString | null;
  readonly fields: readonly (readonly [name: ByteString, value: ByteString])[];
}

export interface CacheEntry {
  /** null: the user is unknown. */
  readonly value: CachedRow | null;
  /** The last login with this entry was good. */
  lastSuccess: boolean;
  /** Older than the negative TTL: a mismatch is not believed any more. */
  readonly negativeExpired: boolean;
}

export interface CacheStatistics {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
  readonly negativeEntries: number;
  /** Bytes as Dovecot counts them. */
  readonly size: number;
}

interface Node {
  readonly key: string;
  /** Seconds. */
  readonly created: number;
  readonly size: number;
  readonly value: CachedRow | null;
  lastSuccess: boolean;
  /** Used before and after this one. */
  older: Node | null;
  newer: Node | null;
}

/** What a look-up found. */
class Hit implements CacheEntry {
  readonly value: CachedRow | null;
  readonly negativeExpired: boolean;
  readonly #node: Node;

  constructor(node: Node, negativeExpired: boolean) {
    this.value = node.value;
    this.negativeExpired = negativeExpired;
    this.#node = node;
  }

  get lastSuccess(): boolean {
    return this.#node.lastSuccess;
  }

  set lastSuccess(good: boolean) {
    this.#node.lastSuccess = good;
  }
}

/** Dovecot auth-cache.h: struct auth_cache_node on 64 bits; observed in what the auth process says of its cache */
const NODE_OVERHEAD = 32;

/**
 * The auth cache of one auth process (auth-chain.md section 7): least recently used first out, by bytes.
 * `now` is in milliseconds. Dovecot 2.3.19.1 and 2.4.1 auth-cache.c, passdb-cache.c
 */
export class AuthCache {
  readonly #limit: number;
  readonly #ttl: number;
  readonly #negativeTtl: number;
  readonly #now: () => number;
  readonly #nodes = new Map<string, Node>();
  /** The ends of the list in order of use: putting a used key last in the map would build the map anew and again. */
  #oldest: Node | null = null;
  #newest: Node | null = null;
  #size = 0;
  #hits = 0;
  #misses = 0;
  #negative = 0;

  constructor(options: { size: number; ttlMs: number; negativeTtlMs: number; now: () => number }) {
    this.#limit = options.size;
    this.#ttl = options.ttlMs;
    this.#negativeTtl = options.negativeTtlMs;
    this.#now = options.now;
  }

  /** Only passdbs with a key are cached: not passwd-file and static, in 2.4 not with `use_cache = no`. */
  covers(passdb: PassdbBlock, driver: PassdbDriver): boolean {
    return passdb.useCache && (driver.cacheKeyTemplates?.length ?? 0) > 0;
  }

  lookup(
    state: WalkState,
    passdb: PassdbBlock,
    driver: PassdbDriver,
    evenExpired: boolean,
  ): CacheEntry | null {
    const key = cacheKey(state, passdb, driver);
    const node = this.#nodes.get(key);
    if (node === undefined) {
      this.#misses += 1;
      state.debug(() => 'cache miss');
      return null;
    }
    const age = (this.#seconds() - node.created) * 1000;
    const expired = age > (node.value === null ? this.#negativeTtl : this.#ttl);
    if (expired) this.#misses += 1;
    else {
      this.#hits += 1;
      if (node !== this.#newest) {
        this.#unlink(node);
        this.#append(node);
      }
    }
    if (expired && !evenExpired) {
      state.debug(() => 'cache expired');
      return null;
    }
    state.debug(() => `cache hit: ${shown(node.value)}`);
    return new Hit(node, age > this.#negativeTtl);
  }

  /** Keeps what a look-up came to; failures of the database and refused users are never kept. */
  store(state: WalkState, passdb: PassdbBlock, driver: PassdbDriver, result: PassdbResult): void {
    if (result === 'user_unknown') {
      if (this.#negativeTtl > 0) this.#insert(state, cacheKey(state, passdb, driver), null, false);
      return;
    }
    // SCHEME_NOT_AVAILABLE and MISMATCH are below zero in Dovecot's numbering of results only where no row was found.
    if (result !== 'ok' && result !== 'password_mismatch') return;
    const any = state.fields.has('nopassword');
    if (state.passdbPassword === null && !any) {
      // The driver checked the password itself: of a good one the hash is kept.
      if (result !== 'ok' || state.request.mode !== 'verify' || state.request.password === null) return;
    }
    const password = state.passdbPassword ?? (any ? null : sha1Of(state.request.password ?? ''));
    const fields = state.fields.changed().map((field) => [field.name, field.value ?? ''] as const);
    this.#insert(state, cacheKey(state, passdb, driver), { password, fields }, result === 'ok');
  }

  /** Drops all entries, or those of the named users. Answers how many. `doveadm auth cache flush` */
  flush(users: readonly ByteString[] = []): number {
    const wanted = new Set(users);
    let count = 0;
    for (const node of [...this.#nodes.values()]) {
      if (users.length > 0 && !wanted.has(userOfKey(node.key))) continue;
      this.#remove(node);
      count += 1;
    }
    return count;
  }

  statistics(): CacheStatistics {
    return {
      hits: this.#hits,
      misses: this.#misses,
      entries: this.#nodes.size,
      negativeEntries: this.#negative,
      size: this.#size,
    };
  }

  #insert({ series }: WalkState, key: string, value: CachedRow | null, lastSuccess: boolean): void {
    const size = NODE_OVERHEAD + key.length + 2 + sizeOf(series, value);
    while (this.#oldest !== null && this.#size + size > this.#limit) this.#remove(this.#oldest);
    const known = this.#nodes.get(key);
    if (known !== undefined) this.#remove(known);
    const created = this.#seconds();
    const node: Node = { key, created, size, value, lastSuccess, older: null, newer: null };
    this.#nodes.set(key, node);
    this.#append(node);
    this.#size += size;
    if (value === null) this.#negative += 1;
  }

  #seconds(): number {
    return Math.floor(this.#now() / 1000);
  }

  #remove(node: Node): void {
    this.#nodes.delete(node.key);
    this.#unlink(node);
    this.#size -= node.size;
    if (node.value === null) this.#negative -= 1;
  }

  #append(node: Node): void {
    node.older = this.#newest;
    node.newer = null;
    if (this.#newest === null) this.#oldest = node;
    else this.#newest.newer = node;
    this.#newest = node;
  }

  #unlink({ older, newer }: Node): void {
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
    if (newer === null) this.#newest = older;
    else newer.older = older;
  }
}

/** The cache that the settings ask for; null where it is off. */
export function authCacheFor(settings: AuthSettings, now: () => number): AuthCache | null {
  if (settings.cacheSize === 0 || settings.cacheTtl === 0) return null;
  return new AuthCache({
    size: settings.cacheSize,
    ttlMs: settings.cacheTtl,
    negativeTtlMs: settings.cacheNegativeTtl,
    now,
  });
}

/** Dovecot auth-request.c: CACHED_PASSWORD_SCHEME */
function sha1Of(password: ByteString): ByteString {
  return `{SHA1}${base64Of(digest('sha1', password), { url: false, pad: true })}`;
}

/** Bytes of `PASSWORD\tNAME=VALUE...`; 2.3 leaves the equals sign out where there is no value. */
function sizeOf(series: Series, value: CachedRow | null): number {
  if (value === null) return 0;
  const equals = (text: ByteString): number => (series === '2.3' && text === '' ? 0 : 1);
  const fields = value.fields.reduce(
    (sum, [name, text]) => sum + 1 + name.length + equals(text) + text.length,
    0,
  );
  return (value.password?.length ?? 0) + fields;
}

/** `<hidden>\tfield=value` as Dovecot's debug line has it. */
function shown(value: CachedRow | null): ByteString {
  if (value === null) return '';
  const password = value.password === null ? '' : '<hidden>';
  return [password, ...value.fields.map(([name, text]) => `${name}=${text}`)].join('\t');
}
