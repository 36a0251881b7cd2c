import type { ByteString } from '../../grammar/bytes.js';
import type { AuthSettings } from '../config/effective.js';
import type { Escape, Expansion, Provider } from '../variables/scope.js';
import type { LookupContext, MoreVariables } from './driver.js';
import { neverAborted } from './never-aborted.js';
import type { AuthRequest } from './request.js';
import { expandFor } from './request-scope.js';
import type { WalkState } from './walk-state.js';

/** What a driver may ask of the request while a walk waits for its answer. */
export class RequestLookup implements LookupContext {
  readonly request: AuthRequest;
  readonly settings: AuthSettings;
  readonly user: ByteString;
  readonly alreadyAuthenticated: boolean;
  signal: AbortSignal = neverAborted();
  readonly #state: WalkState;
  readonly #inWorker: boolean;

  constructor(state: WalkState, inWorker: boolean) {
    this.request = state.request;
    this.settings = state.settings;
    this.user = state.user ?? '';
    this.alreadyAuthenticated = state.authenticated;
    this.#state = state;
    this.#inWorker = inWorker;
  }

  expand(
    template: ByteString,
    escaping?: Escape,
    providers?: ReadonlyMap<ByteString, Provider>,
    more?: MoreVariables,
  ): Expansion {
    const state = this.#state;
    const expansion = expandFor(state, template, escaping, providers, more);
    // observed 2.3.19.1 with SQL queries
    if (expansion.kind === 'error' && state.series === '2.3' && this.#inWorker)
      state.remarks.push(`the auth-worker of 2.3 dies with signal 11 (${expansion.message})`);
    return expansion;
  }

  extraField(name: ByteString): ByteString | null {
    return this.#state.fields.find(name);
  }

  extraFields(): readonly (readonly [name: ByteString, value: ByteString | null])[] {
    return this.#state.fields.list.map(({ name, value }) => [name, value]);
  }
}
