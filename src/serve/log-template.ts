import type { ByteString } from '../../grammar/bytes.js';
import type { Series } from '../knowledge/versions.js';
import type { LogValues } from '../proxy/login-log.js';
import { LOGIN_VARIABLE_NAMES } from '../proxy/login-variables.js';
import { expand } from '../variables/expand.js';
import type { AuthVariables, Expansion, SystemVariables } from '../variables/scope.js';

/** What login_log_format has. */
const FORMAT_NAMES: readonly ByteString[] = ['$', 's', 'elements', 'message'];

/** Nobody asks the auth process. */
export const NO_AUTH: AuthVariables = {
  user: '',
  protocol: '',
  home: '',
  local_ip: '',
  remote_ip: '',
  local_port: '',
  remote_port: '',
  real_local_ip: '',
  real_remote_ip: '',
  real_local_port: '',
  real_remote_port: '',
  client_pid: '',
  password: '',
  id: '',
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

/** Expands login_log_format, one of its elements, or login_greeting with the whole language of the version. */
export function expandLoginTemplate(
  series: Series,
  template: ByteString,
  values: LogValues,
  system: SystemVariables,
): Expansion {
  const names = [...LOGIN_VARIABLE_NAMES[series], ...FORMAT_NAMES];
  return expand(series, template, {
    auth: NO_AUTH,
    extra: new Map(names.map((name): [ByteString, ByteString] => [name, values.get(name) ?? ''])),
    // A field that is not there is empty. Dovecot client-common.c client_var_expand_func_passdb
    providers: new Map([
      ['passdb', (field: ByteString) => ({ kind: 'value', value: values.passdb(field) ?? '' }) as const],
    ]),
    system,
  });
}
