import { crc32 } from 'node:zlib';
import type { AuthRequest } from '../auth/request.js';
import type { EffectiveConfig } from '../config/effective.js';
import { parseAddress } from '../config/network.js';

/** Dovecot auth-penalty.h AUTH_PENALTY_INIT_SECS, AUTH_PENALTY_MAX_SECS, AUTH_PENALTY_MAX_PENALTY */
const INIT_SECONDS = 2;
const MAX_SECONDS = 15;
const MAX_PENALTY = 4;
/** After that nothing is known of an address any more. Dovecot auth-penalty.h AUTH_PENALTY_TIMEOUT */
const EXPIRE_MS = (INIT_SECONDS + 4 + 8 + MAX_SECONDS) * 1000;
/** Names with passwords that an address is remembered with. Dovecot anvil/penalty.c CHECKSUM_VALUE_PTR_COUNT */
const MAX_CHECKSUMS = 10;
/** Addresses that are kept in mind; the one that failed first is forgotten first. */
const MAX_ADDRESSES = 100_000;

/** Who failed to log in lately; what several proxies would share one day. */
export interface PenaltyBook {
  /** Penalty of an address (`penaltyAddress`): 0 = none. Rejects never. */
  penalty(address: string): Promise<number>;
  /** A login failed; `checksum` tells the same name and password from others, 0 = not known. */
  penalize(address: string, checksum: number, penalty: number): void;
  /** A login was right. */
  forgive(address: string): void;
}

/** How long a login waits before it is looked at. Dovecot auth-penalty.c auth_penalty_to_secs */
export function penaltySeconds(penalty: number): number {
  return Math.min(INIT_SECONDS * 2 ** penalty, MAX_SECONDS);
}

/** IPv6 hosts have whole networks of addresses: the first 48 bits count. Dovecot auth-penalty.c auth_penalty_get_ident */
export function penaltyAddress(remoteIp: string): string {
  if (!remoteIp.includes(':')) return remoteIp;
  const address = parseAddress(remoteIp);
  return address?.family === 6 ? address.bytes.slice(0, 6).join('.') : remoteIp;
}

/** Dovecot auth-penalty.c get_userpass_checksum */
export function penaltyChecksum({ password }: Pick<AuthRequest, 'password'>, user: string): number {
  return password === null ? 0 : crc32(Buffer.from(password + user, 'latin1'));
}

interface Known {
  penalty: number;
  /** When the penalty grew, and when a login failed last. */
  grewAt: number;
  failedAt: number;
  /** The last ones first: a client that repeats its mistake gets no higher penalty. */
  checksums: readonly number[];
}

/** Dovecot anvil/penalty.c */
export class MemoryPenalties implements PenaltyBook {
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();

  constructor(now: () => number) {
    this.#now = now;
  }

  async penalty(address: string): Promise<number> {
    const known = this.#known.get(address);
    if (known === undefined) return 0;
    const now = this.#now();
    if (now - known.failedAt >= EXPIRE_MS) {
      this.#known.delete(address);
      return 0;
    }
    // It sinks as time goes by. Dovecot auth-penalty.c auth_penalty_anvil_callback
    const seconds = Math.floor(now / 1000) - Math.floor(known.grewAt / 1000);
    let { penalty } = known;
    for (let step = MAX_PENALTY; penalty > 0 && seconds >= penaltySeconds(step); step--) penalty -= 1;
    return penalty;
  }

  penalize(address: string, checksum: number, wanted: number): void {
    const penalty = Math.min(wanted, MAX_PENALTY);
    const now = this.#now();
    const known = this.#known.get(address) ?? { penalty: 0, grewAt: now, failedAt: now, checksums: [] };
    this.#known.delete(address);
    const repeated = checksum !== 0 && known.checksums.includes(checksum);
    const others = known.checksums.filter((other) => other !== checksum);
    const checksums = checksum === 0 ? known.checksums : [checksum, ...others].slice(0, MAX_CHECKSUMS);
    if (this.#known.size >= MAX_ADDRESSES) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(address, {
      penalty: repeated ? penalty - 1 : penalty,
      grewAt: repeated ? known.grewAt : now,
      failedAt: now,
      checksums,
    });
  }

  forgive(address: string): void {
    const known = this.#known.get(address);
    const now = this.#now();
    if (known !== undefined) this.#known.set(address, { ...known, penalty: 0, grewAt: now, failedAt: now });
  }
}

/** Tells others of what happens here, and hears of what happens there: nobody has to be asked. */
export class SharedPenalties implements PenaltyBook {
  readonly #own: PenaltyBook;
  readonly #tell: (address: string, checksum: number, penalty: number) => void;

  /** `tell`: a penalty of 0 = forgiven. */
  constructor(own: PenaltyBook, tell: (address: string, checksum: number, penalty: number) => void) {
    this.#own = own;
    this.#tell = tell;
  }

  penalty(address: string): Promise<number> {
    return this.#own.penalty(address);
  }

  penalize(address: string, checksum: number, penalty: number): void {
    this.#own.penalize(address, checksum, penalty);
    this.#tell(address, checksum, penalty);
  }

  forgive(address: string): void {
    this.#own.forgive(address);
    this.#tell(address, 0, 0);
  }

  heard(address: string, checksum: number, penalty: number): void {
    if (penalty === 0) this.#own.forgive(address);
    else this.#own.penalize(address, checksum, penalty);
  }
}

/** Without its socket no auth process hears of penalties: the way to switch them off. */
export function isPenaltyOff(config: Pick<EffectiveConfig, 'unixListenerMode'>): boolean {
  const mode = config.unixListenerMode('anvil', 'anvil-auth-penalty') ?? '0';
  return Number.parseInt(mode, 8) === 0;
}
