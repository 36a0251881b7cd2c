import type { ByteString } from '../../grammar/bytes.js';
import { expandText } from '../variables/expand.js';
import type {
  AuthVariables,
  Escape,
  Expansion,
  Provider,
  ProviderValue,
  VariableScope,
} from '../variables/scope.js';
import type { MoreVariables } from './driver.js';
import { passdbLists } from './passdb-lists.js';
import type { WalkState } from './walk-state.js';

/** The auth process's variable table for a request (variables.md section 4.1). */
function authVariables(state: WalkState, user: ByteString = state.user ?? ''): AuthVariables {
  const { request } = state;
  return {
    user,
    protocol: request.protocol,
    home: '',
    local_ip: request.localIp,
    remote_ip: request.remoteIp,
    local_port: String(request.localPort),
    remote_port: String(request.remotePort),
    real_local_ip: request.realLocalIp,
    real_remote_ip: request.realRemoteIp,
    real_local_port: String(request.realLocalPort),
    real_remote_port: String(request.realRemotePort),
    client_pid: '0',
    password: request.mode === 'verify' ? (request.password ?? '') : '',
    id:
      state.userdb !== null
        ? String(state.userdb.index)
        : state.passdb === null
          ? ''
          : String(passdbLists(state.settings).idOf(state.passdb)),
    mechanism: request.mechanism,
    secured: request.secured,
    cert: request.validClientCertificate ? 'valid' : '',
    session: request.session,
    session_pid: '',
    local_name: request.localName,
    client_id: request.clientId,
    login_user: state.loginUser ?? '',
    master_user: state.masterUser ?? '',
    original_user: state.originalUser ?? '',
    ssl_ja3_hash: '',
  };
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
export function requestScope(
  state: WalkState,
  more?: ReadonlyMap<ByteString, Provider>,
  user?: ByteString,
  extra?: ReadonlyMap<ByteString, ByteString>,
): VariableScope {
  return {
    auth: authVariables(state, user),
    ...(extra === undefined ? {} : { extra }),
    providers: providers(state, more),
    system: state.environment.system,
  };
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
