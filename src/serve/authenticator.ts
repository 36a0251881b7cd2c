import { randomInt } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ByteString, toUtf8 } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import { authenticate } from '../auth/authenticate.js';
import { authCacheFor } from '../auth/cache.js';
import { type Chain, ChainRefused, openChain } from '../auth/chain.js';
import type { PolicyServer } from '../auth/policy.js';
import type { ResolveReply } from '../auth/questions.js';
import type { AuthRequest } from '../auth/request.js';
import { SaslExchange, type VerifyToken } from '../auth/sasl/exchange.js';
import { createMechanism } from '../auth/sasl/mechanisms.js';
import type { AuthSettings } from '../config/effective.js';
import type { Databases } from '../databases/open.js';
import { seriesOf } from '../knowledge/versions.js';
import type { SystemVariables } from '../variables/scope.js';
import { AuthDialogue } from './auth-dialogue.js';
import { type PenaltyBook, penaltyAddress, penaltyChecksum, penaltySeconds } from './auth-penalty.js';
import { DelayedFailures } from './delayed-failures.js';
import type { ServeLog } from './log.js';

/** Addresses of a host name. Rejects never. */
export type Resolve = (host: string, timeoutMs: number, signal: AbortSignal) => Promise<ResolveReply>;

/** The machine's own resolver. */
export async function resolveByDns(
  host: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ResolveReply> {
  const timer = new AbortController();
  const timeout = sleep(timeoutMs, 'timeout' as const, {
    signal: AbortSignal.any([timer.signal, signal]),
  }).catch(() => 'timeout' as const);
  try {
    const found = await Promise.race([lookup(host, { all: true }), timeout]);
    if (found === 'timeout') return { kind: 'failed', message: 'Timed out' };
    return { kind: 'addresses', ips: found.map(({ address }) => address) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // getaddrinfo(3) in glibc's words.
    const message =
      code === 'EAI_AGAIN' ? 'Temporary failure in name resolution' : 'Name or service not known';
    return { kind: 'failed', message };
  } finally {
    timer.abort();
  }
}

export interface AuthenticatorOptions {
  readonly settings: AuthSettings;
  readonly databases: Databases;
  readonly system: SystemVariables;
  readonly resolve: Resolve;
  readonly log: ServeLog;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** null: none is asked. */
  readonly policy: PolicyServer | null;
  /** 2.4 oauth2_openid_configuration_url; '' = none. */
  readonly openidConfigurationUrl: ByteString;
  /** null: addresses whose logins fail get no penalty. */
  readonly penalties: PenaltyBook | null;
}

/** The auth process of one protocol: its chain, its cache, its log lines and its delays. */
export class Authenticator {
  readonly #chain: Chain;
  readonly #log: ServeLog;
  readonly #openidConfigurationUrl: ByteString;
  readonly #verifyToken: VerifyToken | null;
  readonly #penalties: PenaltyBook | null;
  readonly #failures = new DelayedFailures();

  private constructor(
    chain: Chain,
    { log, openidConfigurationUrl, penalties }: AuthenticatorOptions,
    verifyToken: VerifyToken | null,
  ) {
    this.#penalties = penalties;
    this.#verifyToken = verifyToken;
    this.#chain = chain;
    this.#log = log;
    this.#openidConfigurationUrl = openidConfigurationUrl;
  }

  /** Throws `ChainRefused` where Dovecot's auth process would not start. */
  static async open(options: AuthenticatorOptions): Promise<Authenticator> {
    const { settings, databases, system, resolve } = options;
    const environment = new Map<string, string>();
    for (const [name, value] of Object.entries(options.environment)) {
      if (value !== undefined) environment.set(name, value);
    }
    const chain = await openChain({
      settings,
      open: databases.openPassdb,
      system,
      resolve: (host, timeoutMs, signal) => resolve(toUtf8(host), timeoutMs, signal),
      policy: options.policy,
      cache: authCacheFor(settings, Date.now),
      environment,
      // Debug lines are made only where they are wanted.
      detailed: settings.debug || settings.debugPasswords || settings.debugEvents,
    });
    const wantsTokens = settings.mechanisms.some((name) => name === 'OAUTHBEARER' || name === 'XOAUTH2');
    if (!wantsTokens) return new Authenticator(chain, options, null);
    try {
      return new Authenticator(chain, options, await databases.tokenCheck());
    } catch (error) {
      await chain.close();
      const message = error instanceof Error ? error.message : String(error);
      // Dovecot 2.4.1 mech-oauth2.c; observed
      throw new ChainRefused(`Cannot initialize oauth2: ${message}`, null, error);
    }
  }

  /** A login is answered after the delays that failures bring, a look-up at once. Rejects when `signal` is aborted. */
  async authenticate(request: AuthRequest, signal: AbortSignal): Promise<AuthAnswer> {
    const isLogin = request.mode !== 'lookup';
    const penalty = isLogin ? await this.#serve(request, signal) : 0;
    const answer = await authenticate(request, this.#chain, signal);
    this.say(answer.log);
    if (isLogin) await this.#delay(request, answer, penalty, signal);
    return answer;
  }

  /** An exchange of the request's mechanism; null for one that is not served. */
  dialogue(request: AuthRequest): AuthDialogue | null {
    const chain = this.#chain;
    const { settings, system } = chain;
    const mechanism = createMechanism(request.mechanism, {
      series: seriesOf(settings.version),
      realms: settings.realms,
      system,
      // Only the session that sent a challenge hands it in.
      isOwnChallenge: () => true,
      ...(this.#openidConfigurationUrl === ''
        ? {}
        : { openidConfigurationUrl: this.#openidConfigurationUrl }),
    });
    if (mechanism === null) return null;
    const verifyToken = this.#verifyToken;
    const exchange = new SaslExchange({
      chain,
      mechanism,
      request,
      ...(verifyToken === null ? {} : { verifyToken }),
    });
    let penalty = 0;
    return new AuthDialogue(
      exchange,
      async (signal) => {
        penalty = await this.#serve(request, signal);
      },
      async ({ answer }, signal) => {
        this.say(answer.log);
        await this.#delay(request, answer, penalty, signal);
      },
    );
  }

  /** Writes what the auth process writes. */
  say(log: AuthAnswer['log']): void {
    for (const entry of log)
      if (entry.logged === true) this.#log.whole(entry.level, entry.line ?? `auth: ${entry.text}`);
  }

  /** Waits as long as the address has to for what it did before; gives its penalty. Dovecot auth-request-handler.c */
  async #serve({ remoteIp }: AuthRequest, signal: AbortSignal): Promise<number> {
    if (this.#penalties === null) return 0;
    const penalty = await this.#penalties.penalty(penaltyAddress(remoteIp));
    if (penalty > 0) await sleep(penaltySeconds(penalty) * 1000, undefined, { signal });
    return penalty;
  }

  async #delay(
    request: AuthRequest,
    answer: AuthAnswer,
    penalty: number,
    signal: AbortSignal,
  ): Promise<void> {
    const address = penaltyAddress(request.remoteIp);
    const until = answer.delayUntil === null ? 0 : answer.delayUntil * 1000 - Date.now();
    if (until > 0) await sleep(until, undefined, { signal });
    if (answer.result === 'ok') {
      if (penalty > 0) this.#penalties?.forgive(address);
      return;
    }
    const internal = this.#internalDelay(answer);
    if (internal > 0) await sleep(internal, undefined, { signal });
    if (!this.#isDelayed(answer)) return;
    this.#penalties?.penalize(address, penaltyChecksum(request, answer.user), penalty + 1);
    await this.#failures.wait(Math.floor(this.#chain.settings.failureDelay / 1000), signal);
  }

  /** Dovecot 2.3.19.1 auth-request-handler.c; 2.4.1 auth_request_want_failure_delay */
  #isDelayed({ nodelay, result }: AuthAnswer): boolean {
    const { version, failureDelay } = this.#chain.settings;
    if (nodelay) return false;
    return seriesOf(version) === '2.3' || (result !== 'tempfail' && failureDelay > 0);
  }

  /** 2.4, where a passdb could not be asked: up to half as much again. Dovecot 2.4.1 auth-request.c */
  #internalDelay({ passdbResult, result }: AuthAnswer): number {
    const { version, internalFailureDelay } = this.#chain.settings;
    const waits = seriesOf(version) === '2.4' && result === 'tempfail' && passdbResult === 'internal_failure';
    if (!waits) return 0;
    const half = Math.floor(internalFailureDelay / 2);
    return internalFailureDelay + (half === 0 ? 0 : randomInt(half));
  }

  /** For look-ups that are no logins. */
  get chain(): Chain {
    return this.#chain;
  }

  async close(): Promise<void> {
    this.#failures.close();
    await this.#chain.close();
  }
}
