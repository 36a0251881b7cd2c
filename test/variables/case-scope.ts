import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import type { AuthVariables, Provider, VariableScope } from '../../src/variables/scope.js';

/** A context of the recorded cases. */
export interface CaseContext {
  readonly login: string;
  readonly user: string;
  readonly password: string;
  readonly service: string;
  readonly mech: string;
  readonly passdb: Readonly<Record<string, string>>;
  readonly userdb: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly [name: string]: string | Readonly<Record<string, string>>;
}

const NO_VARIABLES: AuthVariables = {
  user: '',
  protocol: '',
  home: '',
  local_ip: '',
  remote_ip: '',
  local_port: '0',
  remote_port: '0',
  real_local_ip: '',
  real_remote_ip: '',
  real_local_port: '0',
  real_remote_port: '0',
  client_pid: '0',
  password: '',
  id: '1',
  mechanism: '',
  secured: '',
  cert: '',
  session: '',
  session_pid: '',
  local_name: '',
  client_id: '',
  login_user: '',
  master_user: '',
  original_user: '',
  ssl_ja3_hash: '',
};

function provider(
  values: Readonly<Record<string, string>>,
  extra: Readonly<Record<string, string>> = {},
): Provider {
  const known = new Map<ByteString, ByteString>(
    Object.entries({ ...values, ...extra }).map(([key, value]) => [fromUtf8(key), fromUtf8(value)]),
  );
  return (key) => {
    const value = known.get(key);
    return value === undefined ? { kind: 'missing' } : { kind: 'value', value };
  };
}

/** Scope of a recorded context, or of some variables of one's own. */
export function caseScope(context: CaseContext): VariableScope {
  const { login: _login, service, mech, passdb, userdb, env, ...rest } = context;
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(rest))
    if (typeof value === 'string') given[name] = fromUtf8(value);
  // A passdb that changed the name put it among its fields.
  const renamed = context['original_user'] !== undefined && context['stage'] === undefined;
  return {
    auth: { ...NO_VARIABLES, ...given, protocol: fromUtf8(service), mechanism: fromUtf8(mech) },
    providers: new Map([
      ['passdb', provider(passdb, renamed ? { user: context.user } : {})],
      ['userdb', provider(userdb)],
      ['env', provider(env)],
    ]),
    system: SYSTEM,
  };
}

export const SYSTEM: VariableScope['system'] = {
  hostname: 'mail.example.com',
  pid: 4711,
  uid: 0,
  gid: 0,
  cpuCount: 2,
  os: 'Linux',
  osVersion: '6.1.0',
  now: () => 1_700_000_000_123.456,
  randomBytes: (count) => Uint8Array.from({ length: count }, (_, at) => (at * 37 + 11) & 0xff),
};

export function scopeOf(auth: Partial<AuthVariables>): VariableScope {
  return { auth: { ...NO_VARIABLES, ...auth }, providers: new Map(), system: SYSTEM };
}
