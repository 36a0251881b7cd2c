import type { ByteString } from '../../../grammar/bytes.js';
import { expand } from '../../variables/expand.js';
import type { AuthVariables, Provider, VariableScope } from '../../variables/scope.js';
import { quoted } from './expression.js';

const FILLED: AuthVariables = {
  user: 'x',
  protocol: 'x',
  home: 'x',
  local_ip: 'x',
  remote_ip: 'x',
  local_port: '1',
  remote_port: '1',
  real_local_ip: 'x',
  real_remote_ip: 'x',
  real_local_port: '1',
  real_remote_port: '1',
  client_pid: '1',
  password: 'x',
  id: '1',
  mechanism: 'x',
  secured: 'x',
  cert: 'x',
  session: 'x',
  session_pid: '1',
  local_name: 'x',
  client_id: 'x',
  login_user: 'x',
  master_user: 'x',
  original_user: 'x',
  ssl_ja3_hash: 'x',
};

const filled: Provider = () => ({ kind: 'value', value: 'x' });

/** Every variable has a value here: a filter that puts one in shows. */
const SCOPE: VariableScope = {
  auth: FILLED,
  providers: new Map([
    ['passdb', filled],
    ['userdb', filled],
    ['env', filled],
  ]),
  system: {
    hostname: 'x',
    pid: 1,
    uid: 1,
    gid: 1,
    now: () => 0,
    randomBytes: (count) => new Uint8Array(count),
  },
};

/** What 2.4's filters make of a text; null where they fail. */
export function constantResult(text: ByteString, filters: readonly ByteString[]): ByteString | null {
  const result = expand('2.4', `%{${[`literal(${quoted(text)})`, ...filters].join(' | ')}}`, SCOPE);
  return result.kind === 'ok' ? result.text : null;
}
