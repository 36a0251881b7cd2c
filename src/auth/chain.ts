import type { ByteString } from '../../grammar/bytes.js';
import type { AuthSettings, PassdbBlock } from '../config/effective.js';
import type { PasswordVerdict } from '../passwords/verify.js';
import { verifyPassword } from '../passwords/verify-password.js';
import type { SystemVariables } from '../variables/scope.js';
import type { AuthCache } from './cache.js';
import type { OpenPassdb, PassdbDriver } from './driver.js';
import { passdbLists } from './passdb-lists.js';
import type { PolicyServer } from './policy.js';
import type { ResolveReply, WalkQuestion } from './questions.js';
import { type StartupProblem, startupProblems } from './startup.js';
import type { SystemId } from './userdb-driver.js';

type VerifyPassword = (
  password: Omit<Extract<WalkQuestion, { readonly kind: 'verify' }>, 'kind'>,
) => PasswordVerdict | Promise<PasswordVerdict>;

/** The chain of one protocol with its databases open: what `authenticate` works on. */
export interface Chain {
  readonly settings: AuthSettings;
  readonly system: SystemVariables;
  /** null: none is asked. */
  readonly policy?: PolicyServer | null;
  /** null: no auth cache. */
  readonly cache: AuthCache | null;
  /** Keep debug lines and field changes (simulate). */
  readonly detailed: boolean;
  readonly environment: ReadonlyMap<ByteString, ByteString>;
  /** Left out: names in `userdb_uid` and `userdb_gid` stay names. */
  readonly systemId?: SystemId;
  driverOf(passdb: PassdbBlock): PassdbDriver;
  /** Compares a password; see passwords/verify-password.ts. */
  readonly verify: VerifyPassword;
  /** DNS for a proxy host; rejects never. */
  resolve(host: ByteString, timeoutMs: number, signal: AbortSignal): Promise<ResolveReply>;
  close(): Promise<void>;
}

export interface ChainOptions {
  readonly settings: AuthSettings;
  readonly open: OpenPassdb;
  readonly system: SystemVariables;
  readonly resolve: Chain['resolve'];
  /** Left out: passwords/verify-password.ts. */
  readonly verify?: VerifyPassword;
  readonly cache?: AuthCache | null;
  readonly policy?: PolicyServer | null;
  readonly detailed?: boolean;
  /** Asked for each start-up problem that can be gone past; true goes on, as `--lenient` wants. */
  readonly tolerate?: (problem: StartupProblem) => boolean;
  readonly environment?: ReadonlyMap<ByteString, ByteString>;
  /** Users and groups of the machine. */
  readonly systemId?: SystemId;
}

/** The auth process of Dovecot would not start: `message` is what it says after `auth: Fatal: `. */
export class ChainRefused extends Error {
  readonly passdb: PassdbBlock | null;

  constructor(message: string, passdb: PassdbBlock | null, cause?: unknown) {
    super(message, { cause });
    this.passdb = passdb;
  }
}

/** Opens the databases of a chain, in Dovecot's order. Throws `ChainRefused` with Dovecot's first fatal error. */
export async function openChain(options: ChainOptions): Promise<Chain> {
  const { settings } = options;
  const lists = passdbLists(settings);
  const drivers = new Map<PassdbBlock, PassdbDriver>();
  const close = async () => {
    await Promise.all([...drivers.values()].map((driver) => driver.close()));
  };
  const problems = startupProblems(settings);
  const check = (when: StartupProblem['when'], passdb?: PassdbBlock) => {
    const problem = problems.find(
      (each) => each.when === when && (passdb === undefined || each.passdb === passdb),
    );
    if (problem === undefined) return;
    if (when !== 'driver' && options.tolerate?.(problem) === true) return;
    throw new ChainRefused(problem.message, problem.passdb);
  };
  const open = async (passdb: PassdbBlock) => {
    check('driver', passdb);
    const module = lists.moduleOf(passdb);
    if (drivers.has(module)) return;
    try {
      drivers.set(module, await options.open(module));
    } catch (error) {
      throw new ChainRefused(error instanceof Error ? error.message : String(error), passdb, error);
    }
  };
  try {
    check('register');
    for (const passdb of lists.passdbs) await open(passdb);
    check('last');
    for (const passdb of lists.masterdbs) {
      check('master', passdb);
      await open(passdb);
    }
    check('capability');
  } catch (error) {
    await close();
    throw error;
  }
  return {
    settings,
    system: options.system,
    cache: options.cache ?? null,
    policy: options.policy ?? null,
    detailed: options.detailed ?? false,
    environment: options.environment ?? new Map(),
    ...(options.systemId === undefined ? {} : { systemId: options.systemId }),
    driverOf(passdb) {
      const driver = drivers.get(lists.moduleOf(passdb));
      if (driver === undefined) throw new Error(`passdb ${passdb.name} is not part of this chain`);
      return driver;
    },
    resolve: options.resolve,
    verify: options.verify ?? verifyPassword,
    close,
  };
}
