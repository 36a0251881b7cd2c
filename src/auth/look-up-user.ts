import type { UserdbBlock } from '../config/effective.js';
import { seriesOf } from '../knowledge/versions.js';
import { authenticate, environmentOf } from './authenticate.js';
import type { Chain } from './chain.js';
import { neverAborted } from './never-aborted.js';
import type { UserdbAnswer, UserdbQuestion } from './userdb-answer.js';
import type { OpenUserdb, SystemId, UserdbDriver, UserdbOutcome } from './userdb-driver.js';
import { staticUserdb } from './userdb-static.js';
import { type UserdbWalkQuestion, type UserdbWalkReply, walkUserdbs } from './userdb-walk.js';

/** The userdbs of one protocol, open. */
export interface Userdbs {
  readonly chain: Chain;
  readonly systemId: SystemId;
  driverOf(userdb: UserdbBlock): UserdbDriver | null;
  close(): Promise<void>;
}

/** Opens the userdbs beside a chain. Throws what keeps the auth process from starting. */
export async function openUserdbs(chain: Chain, open: OpenUserdb, systemId: SystemId): Promise<Userdbs> {
  const { userdbs, version } = chain.settings;
  const drivers = new Map<UserdbBlock, UserdbDriver>();
  for (const userdb of userdbs) {
    if (userdb.driver === 'static') staticUserdb(seriesOf(version), userdb, systemId);
    const driver = await open(userdb);
    if (driver !== null) drivers.set(userdb, driver);
  }
  return {
    chain,
    systemId,
    driverOf: (userdb) => drivers.get(userdb) ?? null,
    async close() {
      await Promise.all([...drivers.values()].map((driver) => driver.close()));
    },
  };
}

/** Looks a user up behind a login that is not proxied, or by the name alone. Rejects only when `signal` is aborted. */
export async function lookUpUser(
  question: UserdbQuestion,
  userdbs: Userdbs,
  signal: AbortSignal = neverAborted(),
): Promise<UserdbAnswer> {
  const { chain, systemId } = userdbs;
  const environment = { ...environmentOf(chain), systemId };
  const walking = walkUserdbs(question, chain.settings, environment);
  let step = walking.next();
  while (step.done !== true) {
    signal.throwIfAborted();
    step = walking.next(await reply(step.value, question, userdbs, signal));
  }
  return step.value;
}

async function reply(
  asked: UserdbWalkQuestion,
  { request }: UserdbQuestion,
  userdbs: Userdbs,
  signal: AbortSignal,
): Promise<UserdbWalkReply> {
  if (asked.kind === 'passdb-lookup') {
    const lookup = { ...request, mode: 'lookup', password: null, mechanism: '' } as const;
    return { kind: 'passdb-lookup', answer: await authenticate(lookup, userdbs.chain, signal) };
  }
  const { userdb, context } = asked;
  const driver = userdbs.driverOf(userdb);
  const outcome: UserdbOutcome =
    driver === null ? notAsked(userdb) : await driver.lookup({ ...context, signal });
  return { kind: 'userdb', outcome, inWorker: userdb.useWorker || (driver?.blocking ?? false) };
}

function notAsked({ driver }: UserdbBlock): UserdbOutcome {
  const text = `dvproxy does not ask userdb driver '${driver}': what it would answer is not known`;
  return { kind: 'internal', log: [{ level: 'error', text }] };
}
