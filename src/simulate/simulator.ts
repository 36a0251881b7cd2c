import { type ByteString, toUtf8 } from '../../grammar/bytes.js';
import { nameTable } from '../../grammar/name-table.js';
import type { AuthAnswer } from '../auth/answer.js';
import { authenticate, authenticateNow } from '../auth/authenticate.js';
import { type Chain, ChainRefused, openChain } from '../auth/chain.js';
import type { OpenPassdb } from '../auth/driver.js';
import { lookUpUser, openUserdbs, type Userdbs } from '../auth/look-up-user.js';
import type { PolicyServer } from '../auth/policy.js';
import { policySettings } from '../auth/policy-settings.js';
import type { ResolveReply } from '../auth/questions.js';
import type { AuthRequest } from '../auth/request.js';
import type { VerifyToken } from '../auth/sasl/exchange.js';
import type { StartupProblem } from '../auth/startup.js';
import type { UserdbAnswer } from '../auth/userdb-answer.js';
import type { OpenUserdb, SystemId } from '../auth/userdb-driver.js';
import type { Config } from '../config/config.js';
import type { AuthSettings, ConnectionFilter, LoginSettings } from '../config/effective.js';
import { seriesOf } from '../knowledge/versions.js';
import { decideLogin } from '../proxy/decide-login.js';
import type { Destination } from '../proxy/destination.js';
import type { LoginDecision } from '../proxy/login-decision.js';
import type { SystemVariables } from '../variables/scope.js';
import { failOpenNote } from './fail-open.js';
import { mechanismNotes, notesOn } from './notes.js';
import { outcomeOf } from './outcome.js';
import { type Question, requestOf } from './question.js';
import type { Note, Simulation } from './simulation.js';

export interface SimulatorOptions {
  readonly config: Config;
  readonly openPassdb: OpenPassdb;
  readonly system: SystemVariables;
  /** For users that are not proxied; left out: no userdb is asked. */
  readonly userdbs?: { readonly open: OpenUserdb; readonly systemId: SystemId };
  /** DNS; null: names stay names, and `proxy_maybe` takes them for another server. */
  readonly resolve: Chain['resolve'] | null;
  /** Keep what an explanation shows: debug log, every change of a field. */
  readonly detailed: boolean;
  /** Go on after what Dovecot refuses at start, and say so. */
  readonly lenient: boolean;
  /** As `doveadm auth test` asks: no login process behind it. */
  readonly doveadm: boolean;
  /** The oauth2 database of 2.4; left out: no token can be checked. */
  readonly tokenCheck?: () => Promise<VerifyToken | null>;
  /** Left out: the policy server is not asked, and the answer says so where one is set. */
  readonly policy?: PolicyServer;
}

const PROTOCOLS: Readonly<Record<string, Destination['protocol']>> = nameTable({
  imap: 'imap',
  imaps: 'imap',
  pop3: 'pop3',
  pop3s: 'pop3',
  lmtp: 'lmtp',
  submission: 'submission',
  submissions: 'submission',
  sieve: 'sieve',
  managesieve: 'sieve',
});

const LMTP_PORT = 24;

/** TTL of a connection that comes from a client, not another proxy. proxy-protocol.md section 2 */
const FIRST_TTL = { '2.3': 5, '2.4': 7 } as const;

interface NotedChain {
  readonly chain: Chain;
  /** What is told beside each answer: how a refused configuration was read. */
  readonly notes: readonly Note[];
}

/** A chain with what is the same for all questions of its kind of connection. */
interface OpenedChain extends NotedChain {
  readonly login: LoginSettings;
}

/** Mechanisms by which the password itself comes. */
const PASSWORDS_AS_THEY_ARE: ReadonlySet<string> = new Set(['PLAIN', 'LOGIN']);

/** Kinds of connections that are kept in mind; there may be one for each client address. */
const MAX_KINDS = 10_000;

/** Asks one configuration, as often as wanted; chains and their databases are opened once for all connections with the same settings. */
export class Simulator {
  readonly #options: SimulatorOptions;
  readonly #chains = new Map<AuthSettings, Promise<NotedChain>>();
  /** Those that are open, by kind of connection. */
  readonly #opened = new Map<string, OpenedChain>();

  readonly #userdbs = new Map<Chain, Promise<Userdbs>>();
  #opensTokens: Promise<VerifyToken | null> | null = null;

  constructor(options: SimulatorOptions) {
    this.#options = options;
  }

  get config(): Config {
    return this.#options.config;
  }

  /** Throws `ChainRefused` where Dovecot's auth process would not start. */
  async ask(question: Question, signal?: AbortSignal): Promise<Simulation> {
    const opened = await this.#openedFor(question);
    const request = requestOf(question, !this.#options.doveadm);
    const { answer, told } = sendsPassword(request)
      ? { answer: await authenticate(request, opened.chain, signal), told: null }
      : await this.#bySasl(request, opened.chain, signal);
    const simulation = {
      ...this.#simulationOf(question, request, answer, opened),
      ...(told === null ? {} : { told }),
    };
    return this.#options.detailed ? this.#explain(simulation, opened, signal) : simulation;
  }

  /** The same at once, where the chain is open, no database waits and nothing is to be explained. */
  askNow(question: Question, signal?: AbortSignal): Simulation | Promise<Simulation> {
    const opened = this.#options.detailed ? undefined : this.#opened.get(keyOf(question));
    if (opened === undefined) return this.ask(question, signal);
    const request = requestOf(question, !this.#options.doveadm);
    if (!sendsPassword(request)) return this.ask(question, signal);
    const answer = authenticateNow(request, opened.chain, signal);
    return answer instanceof Promise
      ? answer.then((late) => this.#simulationOf(question, request, late, opened))
      : this.#simulationOf(question, request, answer, opened);
  }

  /** Opened once. */
  #tokenCheck(): Promise<VerifyToken | null> {
    this.#opensTokens ??= this.#options.tokenCheck?.() ?? Promise.resolve(null);
    return this.#opensTokens;
  }

  /** By a mechanism that has a dialogue of its own; loaded when it is asked for. */
  async #bySasl(request: AuthRequest, chain: Chain, signal?: AbortSignal) {
    const { answerBySasl } = await import('./sasl-answer.js');
    const setup = {
      chain,
      verifyToken: () => this.#tokenCheck(),
      openidConfigurationUrl:
        this.#options.config.effective.setting('oauth2_openid_configuration_url')?.text ?? '',
    };
    return answerBySasl(request, setup, signal);
  }

  #simulationOf(
    question: Question,
    request: AuthRequest,
    answer: AuthAnswer,
    opened: OpenedChain,
  ): Simulation {
    const decision =
      answer.result === 'ok' && answer.crash === null ? this.#decide(question, answer, opened) : null;
    const notes = [
      ...opened.notes,
      ...mechanismNotes(question, opened.chain.settings.mechanisms),
      ...notesOn(answer, decision),
    ];
    const { version } = this.#options.config;
    return { version, question, request, answer, decision, outcome: outcomeOf(answer, decision), notes };
  }

  /** The same walk with a wrong password, the login process's settings and the userdbs. */
  async #explain(simulation: Simulation, opened: OpenedChain, signal?: AbortSignal): Promise<Simulation> {
    const { question, request, answer, decision } = simulation;
    const isIn = answer.result === 'ok' && answer.crash === null;
    const wrong = isIn ? await this.#withWrongPassword(request, answer, opened.chain, signal) : null;
    const open =
      wrong === null || wrong.result !== 'ok'
        ? null
        : failOpenNote(
            { answer: wrong, decision: this.#decide(question, wrong, opened) },
            answer,
            request.mode === 'lookup',
          );
    // It stands before what the answer itself tells.
    const place = opened.notes.length + mechanismNotes(question, opened.chain.settings.mechanisms).length;
    return {
      ...simulation,
      ...(decision?.kind === 'proxy' ? { login: opened.login } : {}),
      ...(decision?.kind === 'local' ? await this.#userdb(request, answer, opened.chain, signal) : {}),
      notes: open === null ? simulation.notes : simulation.notes.toSpliced(place, 0, open),
    };
  }

  async close(): Promise<void> {
    for (const each of await Promise.allSettled(this.#userdbs.values()))
      if (each.status === 'fulfilled') await each.value.close();
    const chains = await Promise.allSettled(this.#chains.values());
    await Promise.all(
      chains.map((each) => (each.status === 'fulfilled' ? each.value.chain.close() : undefined)),
    );
  }

  /** What follows a login that is not proxied, where userdbs are configured. */
  async #userdb(
    request: AuthRequest,
    answer: Simulation['answer'],
    chain: Chain,
    signal?: AbortSignal,
  ): Promise<{ userdb?: UserdbAnswer }> {
    const { userdbs, detailed } = this.#options;
    if (userdbs === undefined || !detailed || request.mode === 'lookup') return {};
    if (chain.settings.userdbs.length === 0) return {};
    let opening = this.#userdbs.get(chain);
    if (opening === undefined) {
      opening = openUserdbs(chain, userdbs.open, userdbs.systemId);
      this.#userdbs.set(chain, opening);
    }
    let opened: Userdbs;
    try {
      opened = await opening;
    } catch (error) {
      throw new ChainRefused(error instanceof Error ? error.message : String(error), null, error);
    }
    return { userdb: await lookUpUser({ request, login: answer }, opened, signal) };
  }

  /** The same walk with a password that fits nowhere: tells whether the chain lets anybody in. */
  async #withWrongPassword(request: AuthRequest, answer: AuthAnswer, chain: Chain, signal?: AbortSignal) {
    if (request.mode === 'lookup') return answer;
    if (!sendsPassword(request)) return null;
    const wrong: Chain = { ...chain, cache: null, verify: async () => ({ kind: 'mismatch' }) };
    return authenticate({ ...request, password: otherThan(request.password) }, wrong, signal);
  }

  #decide(question: Question, answer: AuthAnswer, { login }: OpenedChain): LoginDecision {
    const { config } = this.#options;
    const protocol = PROTOCOLS[question.service.toLowerCase()];
    if (protocol === undefined) return { kind: 'local' };
    return decideLogin(answer, {
      version: config.version,
      protocol,
      localIp: question.localIp,
      // Without a port of its own an LMTP destination has that of the listener: LMTP's own where it is not told.
      localPort: question.localPort === 0 && protocol === 'lmtp' ? LMTP_PORT : question.localPort,
      // By other mechanisms no password reaches the server; where the chain checks one it is among the fields.
      clientPassword: PASSWORDS_AS_THEY_ARE.has(question.mechanism.toUpperCase()) ? question.password : null,
      mechanism: question.mechanism.toUpperCase(),
      proxyTimeoutMs: login.proxyTimeout,
      proxyTtl: FIRST_TTL[seriesOf(config.version)],
    });
  }

  #unaskedPolicy(): Note[] {
    const { config, policy, doveadm } = this.#options;
    if (policy !== undefined || doveadm || policySettings(config.effective) === null) return [];
    const text =
      'the policy server (auth_policy_server_url) was not asked: it may refuse the login or delay it';
    return [{ code: 'not_asked', message: `${text}; add --ask-policy to do so` }];
  }

  async #openedFor(question: Question): Promise<OpenedChain> {
    const key = keyOf(question);
    const known = this.#opened.get(key);
    if (known !== undefined) return known;
    const { effective } = this.#options.config;
    const filter = filterOf(question);
    const settings = effective.auth(filter);
    let opening = this.#chains.get(settings);
    if (opening === undefined) {
      opening = this.#open(settings);
      this.#chains.set(settings, opening);
    }
    const opened = { ...(await opening), login: effective.login(filter) };
    if (this.#opened.size >= MAX_KINDS) this.#opened.clear();
    this.#opened.set(key, opened);
    return opened;
  }

  async #open(settings: AuthSettings): Promise<NotedChain> {
    const { config, openPassdb, system, resolve, detailed, lenient, userdbs } = this.#options;
    const tolerated: StartupProblem[] = [];
    if (settings.mechanisms.some((name) => /^(?:XOAUTH2|OAUTHBEARER)$/i.test(name)))
      await this.#tokenCheck().catch((error: unknown) => {
        // Dovecot 2.4.1 mech-oauth2.c; observed
        const message = error instanceof Error ? error.message : String(error);
        throw new ChainRefused(`Cannot initialize oauth2: ${message}`, null, error);
      });
    const chain = await openChain({
      settings,
      open: openPassdb,
      system,
      detailed,
      policy: this.#options.policy ?? null,
      resolve: resolve ?? notResolved,
      ...(userdbs === undefined ? {} : { systemId: userdbs.systemId }),
      ...(lenient ? { tolerate: (problem: StartupProblem) => tolerated.push(problem) > 0 } : {}),
    });
    const notes = [
      ...config.readings.map(({ text }): Note => ({ code: 'lenient', message: text })),
      ...tolerated.map(
        ({ message }): Note => ({ code: 'lenient', message: `auth: Fatal: ${toUtf8(message)}` }),
      ),
      ...this.#unaskedPolicy(),
    ];
    return { chain, notes };
  }
}

/** The password goes to the chain as it is; or there is none, and the chain is asked about the user. */
function sendsPassword({ mode, mechanism }: AuthRequest): boolean {
  return mode === 'lookup' || PASSWORDS_AS_THEY_ARE.has(mechanism);
}

/** Questions with the same key meet the same settings. */
function keyOf({ service, localIp, remoteIp, localName }: Question): string {
  return `${service}\0${localIp}\0${remoteIp}\0${localName}`;
}

async function notResolved(): Promise<ResolveReply> {
  return { kind: 'not-asked' };
}

function filterOf(question: Question): ConnectionFilter {
  return {
    protocol: question.service,
    ...(question.localIp === '' ? {} : { localIp: question.localIp }),
    ...(question.remoteIp === '' ? {} : { remoteIp: question.remoteIp }),
    ...(question.localName === '' ? {} : { localName: question.localName }),
  };
}

/** Databases that check passwords themselves (LDAP binds, IMAP) must see a wrong one. */
function otherThan(password: ByteString | null): ByteString {
  return password === 'wrong password' ? 'another wrong password' : 'wrong password';
}
