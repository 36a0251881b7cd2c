import type { ByteString } from '../../grammar/bytes.js';
import { expandText } from '../variables/expand.js';
import type {
  AuthVariables,
  Escape,
  Expansion,
  Provider,
  ProviderValue,
  SystemVariables,
  VariableScope,
} from '../variables/scope.js';
import type { MoreVariables } from './driver.js';
import { passdbLists } from './passdb-lists.js';
import type { AuthRequest } from './request.js';
import type { WalkState } from './walk-state.js';

/**
 * The auth process's variable table for a request (variables.md section 4.1). Names are those of the moment when it is
 * made: fields that change them later are not seen.
 */
class RequestVariables implements AuthVariables {
  readonly user: ByteString;
  readonly login_user: ByteString;
  readonly master_user: ByteString;
  readonly home = '';
  readonly client_pid = '0';
  readonly session_pid = '';
  readonly ssl_ja3_hash = '';
  readonly #state: WalkState;
  readonly #request: AuthRequest;

  constructor(state: WalkState, user: ByteString) {
    this.user = user;
    this.login_user = state.loginUser ?? '';
    this.master_user = state.masterUser ?? '';
    this.#state = state;
    this.#request = state.request;
  }

  get protocol(): ByteString {
    return this.#request.protocol;
  }

  get local_ip(): ByteString {
    return this.#request.localIp;
  }

  get remote_ip(): ByteString {
    return this.#request.remoteIp;
  }

  get local_port(): ByteString {
    return String(this.#request.localPort);
  }

  get remote_port(): ByteString {
    return String(this.#request.remotePort);
  }

  get real_local_ip(): ByteString {
    return this.#request.realLocalIp;
  }

  get real_remote_ip(): ByteString {
    return this.#request.realRemoteIp;
  }

  get real_local_port(): ByteString {
    return String(this.#request.realLocalPort);
  }

  get real_remote_port(): ByteString {
    return String(this.#request.realRemotePort);
  }

  get password(): ByteString {
    return this.#request.mode === 'verify' ? (this.#request.password ?? '') : '';
  }

  get id(): ByteString {
    const { userdb, passdb, settings } = this.#state;
    if (userdb !== null) return String(userdb.index);
    return passdb === null ? '' : String(passdbLists(settings).idOf(passdb));
  }

  get mechanism(): ByteString {
    return this.#request.mechanism;
  }

  get secured(): ByteString {
    return this.#request.secured;
  }

  get cert(): ByteString {
    return this.#request.validClientCertificate ? 'valid' : '';
  }

  get session(): ByteString {
    return this.#request.session;
  }

  get local_name(): ByteString {
    return this.#request.localName;
  }

  get client_id(): ByteString {
    return this.#request.clientId;
  }

  get original_user(): ByteString {
    return this.#state.originalUser ?? '';
  }
}

function found(state: WalkState, value: ByteString | null): ProviderValue {
  if (value !== null) return { kind: 'value', value };
  // 2.3 falls back to the default of `%{passdb:F:DEFAULT}`; 2.4 reads a missing field as empty. observed both
  return state.series === '2.3' ? { kind: 'missing' } : { kind: 'value', value: '' };
}

/** `passdb:`, `userdb:`, `env:` and what a driver adds for its row. */
function providers(
  state: WalkState,
  more?: ReadonlyMap<ByteString, Provider>,
): ReadonlyMap<ByteString, Provider> {
  const all = new Map<ByteString, Provider>([
    ['passdb', (key) => found(state, state.fields.find(key))],
    ['userdb', (key) => found(state, state.userdbFields?.find(key) ?? null)],
    ['env', (key) => ({ kind: 'value', value: state.environment.environment?.get(key) ?? '' })],
  ]);
  if (more !== undefined) for (const [prefix, provider] of more) all.set(prefix, provider);
  return all;
}

/** Expands templates with the values of this moment; one table for all templates of one block, as Dovecot does. */
class RequestScope implements VariableScope {
  readonly auth: AuthVariables;
  readonly extra?: ReadonlyMap<ByteString, ByteString>;
  readonly system: SystemVariables;
  readonly #state: WalkState;
  readonly #more: ReadonlyMap<ByteString, Provider> | undefined;
  #providers: ReadonlyMap<ByteString, Provider> | null = null;

  constructor(
    state: WalkState,
    user: ByteString,
    more?: ReadonlyMap<ByteString, Provider>,
    extra?: ReadonlyMap<ByteString, ByteString>,
  ) {
    this.auth = new RequestVariables(state, user);
    if (extra !== undefined) this.extra = extra;
    this.system = state.environment.system;
    this.#state = state;
    this.#more = more;
  }

  get providers(): ReadonlyMap<ByteString, Provider> {
    this.#providers ??= providers(this.#state, this.#more);
    return this.#providers;
  }
}

export function requestScope(
  state: WalkState,
  more?: ReadonlyMap<ByteString, Provider>,
  user: ByteString = state.user ?? '',
  extra?: ReadonlyMap<ByteString, ByteString>,
): VariableScope {
  return new RequestScope(state, user, more, extra);
}

/** What a driver expands: queries, paths, fields of its rows. */
export function expandFor(
  state: WalkState,
  template: ByteString,
  escaping?: Escape,
  more?: ReadonlyMap<ByteString, Provider>,
  variables?: MoreVariables,
): Expansion {
  // The text `y` alone is the one without variables that 2.4 does not take as it stands.
  if (!template.includes('%') && template !== 'y') return { kind: 'ok', text: template };
  const scope = requestScope(state, more, variables?.user, variables?.extra);
  return expandText(state.series, template, scope, escaping);
}
