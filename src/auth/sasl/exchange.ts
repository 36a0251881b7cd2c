import type { ByteString } from '../../../grammar/bytes.js';
import type { AuthAnswer } from '../answer.js';
import { environmentOf, proceed, type WalkPause } from '../authenticate.js';
import type { Chain } from '../chain.js';
import type { LookupContext } from '../driver.js';
import type { Walking, WalkReply } from '../questions.js';
import type { AuthRequest } from '../request.js';
import { RequestLookup } from '../request-lookup.js';
import { takeUserNames } from '../user-name.js';
import { walk } from '../walk.js';
import { answerAnonymous, answerRefused } from '../walk-answer.js';
import { WalkState } from '../walk-state.js';
import { WalkTrace } from '../walk-trace.js';
import type { Mechanism, MechanismLog, MechanismStep, ProofStep, SaslIdentity } from './mechanism.js';

/** What the auth process says to the login process. */
export type SaslReply =
  /** `user`: who the client says it is, where a mechanism asks for the name alone. */
  | { readonly kind: 'challenge'; readonly data: ByteString; readonly user?: ByteString }
  /** `data`: what the server says with its success, where the protocol can carry it. */
  | { readonly kind: 'answer'; readonly answer: AuthAnswer; readonly data: ByteString };

/** What an oauth2 database says of a token. */
type TokenVerdict =
  | { readonly kind: 'valid'; readonly fields: readonly (readonly [ByteString, ByteString])[] }
  | {
      readonly kind: 'refused';
      readonly result: 'password_mismatch' | 'user_unknown' | 'user_disabled';
      readonly message: ByteString;
    }
  | { readonly kind: 'failed'; readonly message: ByteString };

export type VerifyToken = (token: ByteString, context: LookupContext) => Promise<TokenVerdict>;

export interface ExchangeOptions {
  readonly chain: Chain;
  readonly mechanism: Mechanism;
  /** Everything but who logs in and how; `mechanism` is its name in upper case. */
  readonly request: AuthRequest;
  /** The protocol carries data with its success (RFC 4422 section 3.6); else it is one more challenge. */
  readonly finalResponse?: boolean;
  /** The oauth2 database of 2.4; left out: every token is an internal failure. */
  readonly verifyToken?: VerifyToken;
}

type State =
  | { readonly kind: 'mechanism' }
  /** The walk waits for the client's proof. */
  | { readonly kind: 'proof'; readonly walking: Walking<AuthAnswer> }
  /** The client has been told and is to acknowledge it. */
  | { readonly kind: 'told'; readonly answer: AuthAnswer };

const NUL: MechanismLog = { level: 'debug', text: 'Unexpected NUL in auth data' };

/**
 * One SASL exchange from the first response to the answer, as Dovecot's auth process has it with a login process.
 * Dovecot auth-request.c: auth_request_initial, auth_request_continue
 */
export class SaslExchange {
  readonly #options: ExchangeOptions;
  #state: State = { kind: 'mechanism' };
  /** Whose name is known already. */
  #user: ByteString | undefined = undefined;
  /** What goes with the success of a proof. */
  #final: ByteString = '';

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /** null: the client sent no initial response. Rejects only when `signal` is aborted. */
  async start(initial: ByteString | null, signal: AbortSignal): Promise<SaslReply> {
    const { mechanism } = this.#options;
    if (initial?.includes('\0') && !mechanism.takesNul) return this.#refuse(NUL);
    return this.#follow(mechanism.start(initial), signal);
  }

  /** A response to the challenge before. */
  async next(response: ByteString, signal: AbortSignal): Promise<SaslReply> {
    const state = this.#state;
    const { mechanism } = this.#options;
    if (state.kind === 'told') return { kind: 'answer', answer: state.answer, data: '' };
    const hasNul = response.includes('\0') && !mechanism.takesNul;
    if (state.kind === 'mechanism')
      return hasNul ? this.#refuse(NUL, this.#user) : this.#follow(mechanism.next(response), signal);
    const proof: ProofStep = hasNul
      ? { kind: 'refuted', log: NUL }
      : (mechanism.proof?.(response) ?? { kind: 'refuted', log: null });
    return this.#prove(state.walking, proof, signal);
  }

  async #follow(step: MechanismStep, signal: AbortSignal): Promise<SaslReply> {
    const { request } = this.#options;
    switch (step.kind) {
      case 'challenge':
        return step;
      case 'name':
        return this.#named(step.user, step.challenge);
      case 'failed':
        return this.#refuse(step.log, step.user, step.reply);
      case 'login':
        return this.#walk({ ...identified(request, step.identity), password: step.password }, signal);
      case 'certificate':
        // Dovecot mech-external.c
        if (request.certificateUser === undefined)
          return this.#refuse({ level: 'info', text: 'username not known' });
        return this.#walk(
          {
            ...identified(request, { user: '', authorizationId: step.authorizationId }),
            password: '',
          },
          signal,
        );
      case 'credentials':
        return this.#walk(
          {
            ...identified(request, step.identity),
            mode: 'credentials',
            password: null,
            wantedScheme: step.scheme,
          },
          signal,
        );
      case 'token':
        return this.#token(identified(request, step.identity), step.token, signal);
      case 'anonymous':
        return this.#ended(this.#anonymous(step.trace));
    }
  }

  async #walk(request: AuthRequest, signal: AbortSignal): Promise<SaslReply> {
    const { chain } = this.#options;
    const walking = walk(request, chain.settings, environmentOf(chain));
    return this.#paused(walking, await proceed(walking, chain, signal), signal);
  }

  async #paused(walking: Walking<AuthAnswer>, pause: WalkPause, signal: AbortSignal): Promise<SaslReply> {
    if (pause.kind === 'answer') return this.#ended(pause.answer);
    const step = this.#options.mechanism.credentials?.(pause.raw) ?? { kind: 'refuted', log: null };
    return this.#prove(walking, step, signal);
  }

  async #prove(walking: Walking<AuthAnswer>, step: ProofStep, signal: AbortSignal): Promise<SaslReply> {
    if (step.kind === 'challenge') {
      this.#state = { kind: 'proof', walking };
      return step;
    }
    const proved = step.kind === 'proved';
    if (proved) this.#final = step.data;
    const reply: WalkReply = { kind: 'prove', proved, log: proved ? null : step.log };
    return this.#paused(walking, await proceed(walking, this.#options.chain, signal, reply), signal);
  }

  async #token(request: AuthRequest, token: ByteString, signal: AbortSignal): Promise<SaslReply> {
    const refused = this.#refusedName(request.user);
    if (refused !== null) return refused;
    const state = this.#newState(request);
    takeUserNames(state);
    const context = new RequestLookup(state, false);
    context.signal = signal;
    const verdict: TokenVerdict = (await this.#options.verifyToken?.(token, context)) ?? {
      kind: 'failed',
      message: 'no oauth2 database is asked',
    };
    switch (verdict.kind) {
      case 'valid': {
        const verified = { verifiedToken: token, verifiedFields: verdict.fields };
        const walked = {
          ...request,
          mode: 'credentials',
          password: null,
          wantedScheme: '',
          ...verified,
        } as const;
        return this.#walk(walked, signal);
      }
      case 'refused':
        state.log('info', `oauth2 failed: ${verdict.message}`, 'mechanism');
        return this.#ended(answerRefused(state, new WalkTrace(state), null, verdict.result));
      case 'failed':
        state.log('error', `oauth2 failed: ${verdict.message}`, 'mechanism');
        return this.#ended(answerRefused(state, new WalkTrace(state), null, 'internal_failure'));
    }
  }

  /** The answer is there: it is given at once, or after the client was told something. */
  #ended(answer: AuthAnswer): SaslReply {
    const { mechanism, finalResponse = false } = this.#options;
    const ok = answer.result === 'ok';
    const told = ok ? this.#final : (mechanism.failureReply?.(answer) ?? '');
    if (told === '' || (finalResponse && ok)) return { kind: 'answer', answer, data: told };
    this.#state = { kind: 'told', answer };
    return { kind: 'challenge', data: told };
  }

  #newState(request: AuthRequest): WalkState {
    const { chain } = this.#options;
    return new WalkState(request, chain.settings, environmentOf(chain));
  }

  /** The mechanism itself refuses; the chain is not asked. */
  #refuse(log: MechanismLog | null, user?: ByteString, reply = ''): SaslReply {
    if (user !== undefined) {
      const refused = this.#refusedName(user);
      if (refused !== null) return refused;
    }
    const state = this.#newState({ ...this.#options.request, user: user ?? '', authorizationId: '' });
    if (user !== undefined) takeUserNames(state);
    if (log !== null) state.log(log.level, log.text, 'mechanism');
    const answer = answerRefused(state, new WalkTrace(state), log?.text ?? null);
    if (reply === '') return { kind: 'answer', answer, data: '' };
    this.#state = { kind: 'told', answer };
    return { kind: 'challenge', data: reply };
  }

  /** What a name that the auth process does not take comes to; null: it takes it. */
  #refusedName(user: ByteString): SaslReply | null {
    return this.#refusal(this.#newState({ ...this.#options.request, user, authorizationId: '' }));
  }

  #named(user: ByteString, challenge: ByteString): SaslReply {
    const state = this.#newState({ ...this.#options.request, user, authorizationId: '' });
    this.#user = user;
    const asked = { kind: 'challenge', data: challenge } as const;
    return this.#refusal(state) ?? { ...asked, user: state.user ?? user };
  }

  #refusal(state: WalkState): SaslReply | null {
    const refusal = takeUserNames(state);
    if (refusal === null) return null;
    state.log('info', refusal, 'mechanism');
    return this.#ended(answerRefused(state, new WalkTrace(state), refusal));
  }

  /** Dovecot mech-anonymous.c */
  #anonymous(trace: ByteString): AuthAnswer {
    const state = this.#newState({ ...this.#options.request, user: '', authorizationId: '' });
    state.user = trace;
    state.log('info', 'login', 'mechanism');
    state.user = state.settings.anonymousUsername;
    return answerAnonymous(state, new WalkTrace(state));
  }
}

function identified(request: AuthRequest, { user, authorizationId, digestRealm }: SaslIdentity): AuthRequest {
  return {
    ...request,
    user,
    authorizationId: authorizationId ?? '',
    authorizationGiven: authorizationId !== null,
    ...(digestRealm === undefined ? {} : { digestRealm }),
  };
}
