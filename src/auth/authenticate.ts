import type { ByteString } from '../../grammar/bytes.js';
import type { PassdbBlock } from '../config/effective.js';
import type { Series } from '../knowledge/versions.js';
import { requestedCredentials } from '../passwords/credentials.js';
import { decodePassword, splitScheme } from '../passwords/stored-password.js';
import type { PasswordVerdict } from '../passwords/verify.js';
import type { AuthAnswer } from './answer.js';
import type { Chain } from './chain.js';
import type { LookupOutcome } from './driver.js';
import { neverAborted } from './never-aborted.js';
import { POLICY_ALLOWS } from './policy.js';
import type { Walking, WalkQuestion, WalkReply } from './questions.js';
import type { AuthRequest } from './request.js';
import { walk } from './walk.js';
import type { DriverFacts, WalkEnvironment } from './walk-state.js';

/**
 * Answers one request with the databases of a chain: drives the walk, asks the drivers, checks passwords.
 * Rejects only when `signal` is aborted; what fails in a database is part of the answer.
 */
export async function authenticate(
  request: AuthRequest,
  chain: Chain,
  signal: AbortSignal = neverAborted(),
): Promise<AuthAnswer> {
  return authenticateNow(request, chain, signal);
}

/** The same without waiting where no driver waits: an answer from files and memory comes at once. */
export function authenticateNow(
  request: AuthRequest,
  chain: Chain,
  signal: AbortSignal = neverAborted(),
): AuthAnswer | Promise<AuthAnswer> {
  const walking = walk(request, chain.settings, environmentOf(chain));
  const finish = (pause: WalkPause): AuthAnswer | Promise<AuthAnswer> => {
    if (pause.kind === 'answer') return pause.answer;
    return proofByPassword(request, chain, pause).then(async (proof) =>
      finish(await proceed(walking, chain, signal, proof)),
    );
  };
  const pause = proceed(walking, chain, signal);
  return pause instanceof Promise ? pause.then(finish) : finish(pause);
}

/** Where a walk stops: at its end, or where a mechanism has to ask its client. */
export type WalkPause =
  | { readonly kind: 'answer'; readonly answer: AuthAnswer }
  | Extract<WalkQuestion, { readonly kind: 'prove' }>;

/** Drives a walk from its start, or on from a reply, to its next pause; a promise where a reply has to be waited for. */
export function proceed(
  walking: Walking<AuthAnswer>,
  chain: Chain,
  signal: AbortSignal,
  from?: WalkReply,
): WalkPause | Promise<WalkPause> {
  let step = from === undefined ? walking.next() : walking.next(from);
  while (step.done !== true) {
    signal.throwIfAborted();
    if (step.value.kind === 'prove') return step.value;
    const answered = reply(step.value, chain, signal);
    if (answered instanceof Promise) return answered.then((late) => proceed(walking, chain, signal, late));
    step = walking.next(answered);
  }
  return { kind: 'answer', answer: step.value };
}

/** Nobody is there to answer a challenge: the plain password is compared, as a client that has it would prove it. */
async function proofByPassword(
  request: AuthRequest,
  chain: Chain,
  { series, scheme, raw }: Extract<WalkQuestion, { readonly kind: 'prove' }>,
): Promise<WalkReply> {
  if (request.password === null) return { kind: 'prove', proved: true, log: null, assumed: true };
  const isBinary = scheme === 'CRAM-MD5' || scheme === 'DIGEST-MD5';
  const stored = isBinary
    ? `{${scheme}.hex}${Buffer.from(raw, 'latin1').toString('hex')}`
    : `{${scheme}}${raw}`;
  const { user, digestRealm } = request;
  const verdict = await chain.verify({
    series,
    stored,
    defaultScheme: 'PLAIN',
    plaintext: request.password,
    user: digestRealm === undefined ? user : `${user}@${digestRealm}`,
    allowWeakSchemes: true,
  });
  return verdict.kind === 'match'
    ? { kind: 'prove', proved: true, log: null }
    : { kind: 'prove', proved: false, log: { level: 'info', text: 'Password mismatch' } };
}

/** Drivers that do not heed use_worker. Dovecot 2.4.1 passdb.c: passdb_preinit */
const NEVER_IN_WORKER: ReadonlySet<string> = new Set(['static', 'imap']);

const ENVIRONMENTS = new WeakMap<Chain, WalkEnvironment>();

export function environmentOf(chain: Chain): WalkEnvironment {
  let environment = ENVIRONMENTS.get(chain);
  if (environment === undefined) {
    const facts = new Map<PassdbBlock, DriverFacts>();
    environment = {
      policy: chain.policy?.settings ?? null,
      system: chain.system,
      detailed: chain.detailed,
      environment: chain.environment,
      ...(chain.systemId === undefined ? {} : { systemId: chain.systemId }),
      driverFacts(passdb) {
        let known = facts.get(passdb);
        if (known === undefined) {
          const driver = chain.driverOf(passdb);
          known = {
            blocking: (driver.blocking ?? false) || (passdb.useWorker && !NEVER_IN_WORKER.has(passdb.driver)),
            canLookupCredentials: driver.canLookupCredentials,
            cached: chain.cache?.covers(passdb, driver) ?? false,
          };
          facts.set(passdb, known);
        }
        return known;
      },
    };
    ENVIRONMENTS.set(chain, environment);
  }
  return environment;
}

/** Applies `then` to a value that is there or will be. */
function whenThere<T, U>(value: T | Promise<T>, then: (value: T) => U): U | Promise<U> {
  return value instanceof Promise ? value.then(then) : then(value);
}

const lookedUp = (outcome: LookupOutcome): WalkReply => ({ kind: 'lookup', outcome });
const verified = (verdict: PasswordVerdict): WalkReply => ({ kind: 'verify', verdict });

function reply(
  question: Exclude<WalkQuestion, { readonly kind: 'prove' }>,
  chain: Chain,
  signal: AbortSignal,
): WalkReply | Promise<WalkReply> {
  switch (question.kind) {
    case 'lookup':
      question.context.signal = signal;
      return whenThere(chain.driverOf(question.passdb).lookup(question.context), lookedUp);
    case 'verify':
      return whenThere(chain.verify(question), verified);
    case 'decode':
      return decode(question.series, question.stored, question.defaultScheme);
    case 'credentials': {
      const { kind: _, ...asked } = question;
      return requestedCredentials({ ...asked, randomBytes: chain.system.randomBytes }).then(
        (credentials) => ({
          kind: 'credentials',
          credentials,
        }),
      );
    }
    case 'policy':
      return askPolicy(chain, question, signal);
    case 'policy-report':
      chain.policy?.report(question.state, question.outcome);
      return { kind: 'policy-report' };
    case 'resolve':
      return chain
        .resolve(question.host, question.timeoutMs, signal)
        .then((found) => ({ kind: 'resolve', reply: found }));
    case 'cache':
      return {
        kind: 'cache',
        entry:
          chain.cache?.lookup(
            question.state,
            question.passdb,
            chain.driverOf(question.passdb),
            question.evenExpired,
          ) ?? null,
      };
    case 'looked-up':
      chain.cache?.store(question.state, question.passdb, chain.driverOf(question.passdb), question.result);
      return { kind: 'looked-up' };
  }
}

async function askPolicy(
  { policy }: Chain,
  { state, when }: Extract<WalkQuestion, { readonly kind: 'policy' }>,
  signal: AbortSignal,
): Promise<WalkReply> {
  return { kind: 'policy', verdict: (await policy?.check(state, when, signal)) ?? POLICY_ALLOWS };
}

/** Takes a stored password apart as a credentials look-up does. Dovecot passdb.c: passdb_get_credentials */
function decode(
  series: Series,
  stored: ByteString,
  defaultScheme: ByteString,
): Extract<WalkReply, { readonly kind: 'decode' }> {
  const { scheme, data } = splitScheme(stored);
  const name = scheme ?? defaultScheme;
  const decoded = decodePassword(series, name, data);
  switch (decoded.kind) {
    case 'decoded':
      return { kind: 'decode', message: null, scheme: name, empty: decoded.raw === '' };
    case 'unknown-scheme':
      return { kind: 'decode', message: `Unknown scheme ${name}`, scheme: name, empty: true };
    case 'invalid': {
      const message = `Password data is not valid for scheme ${name}: ${decoded.reason}`;
      return { kind: 'decode', message, scheme: name, empty: true };
    }
  }
}
