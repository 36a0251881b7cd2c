import type { ByteString } from '../../grammar/bytes.js';
import type { Series } from '../knowledge/versions.js';
import { decodePassword, splitScheme } from '../passwords/stored-password.js';
import type { AuthAnswer } from './answer.js';
import type { Chain } from './chain.js';
import type { WalkQuestion, WalkReply } from './questions.js';
import type { AuthRequest } from './request.js';
import { walk } from './walk.js';
import type { WalkEnvironment } from './walk-state.js';

const NEVER = new AbortController().signal;

/**
 * Answers one request with the databases of a chain: drives the walk, asks the drivers, checks passwords.
 * Rejects only when `signal` is aborted; what fails in a database is part of the answer.
 */
export async function authenticate(
  request: AuthRequest,
  chain: Chain,
  signal: AbortSignal = NEVER,
): Promise<AuthAnswer> {
  const walking = walk(request, chain.settings, environmentOf(chain));
  let step = walking.next();
  while (step.done !== true) {
    signal.throwIfAborted();
    step = walking.next(await reply(step.value, chain, signal));
  }
  return step.value;
}

const ENVIRONMENTS = new WeakMap<Chain, WalkEnvironment>();

function environmentOf(chain: Chain): WalkEnvironment {
  let environment = ENVIRONMENTS.get(chain);
  if (environment === undefined) {
    environment = {
      system: chain.system,
      detailed: chain.detailed,
      environment: chain.environment,
      driverFacts(passdb) {
        const driver = chain.driverOf(passdb);
        return {
          blocking: driver.blocking ?? false,
          canLookupCredentials: driver.canLookupCredentials,
          cached: chain.cache?.covers(passdb, driver) ?? false,
        };
      },
    };
    ENVIRONMENTS.set(chain, environment);
  }
  return environment;
}

async function reply(question: WalkQuestion, chain: Chain, signal: AbortSignal): Promise<WalkReply> {
  switch (question.kind) {
    case 'lookup': {
      const outcome = await chain.driverOf(question.passdb).lookup({ ...question.context, signal });
      return { kind: 'lookup', outcome };
    }
    case 'verify': {
      const { kind: _, ...password } = question;
      return { kind: 'verify', verdict: await chain.verify(password) };
    }
    case 'decode':
      return decode(question.series, question.stored, question.defaultScheme);
    case 'resolve':
      return {
        kind: 'resolve',
        reply: await chain.resolve(question.host, question.timeoutMs, signal),
      };
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
