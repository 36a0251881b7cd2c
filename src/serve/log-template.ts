import type { ByteString } from '../../grammar/bytes.js';
import type { Series } from '../knowledge/versions.js';
import type { LogValues } from '../proxy/login-log.js';
import { expand } from '../variables/expand.js';
import type { AuthVariables, SystemVariables } from '../variables/scope.js';

const NAMES: readonly ByteString[] = [
  ...'undslrpmabcke$',
  'user',
  'username',
  'domain',
  'service',
  'protocol',
  'lip',
  'rip',
  'local_ip',
  'remote_ip',
  'pid',
  'mech',
  'mechanism',
  'lport',
  'rport',
  'local_port',
  'remote_port',
  'secured',
  'mail_pid',
  'session',
  'real_lip',
  'real_rip',
  'real_lport',
  'real_rport',
  'real_local_ip',
  'real_remote_ip',
  'real_local_port',
  'real_remote_port',
  'orig_user',
  'orig_username',
  'orig_domain',
  'original_user',
  'original_username',
  'original_domain',
  'auth_user',
  'auth_username',
  'auth_domain',
  'listener',
  'local_name',
  'elements',
  'message',
];

const NO_AUTH: AuthVariables = {
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

/** Expands a log template with the whole language of its version; what cannot be expanded stays empty. */
export function expandLogTemplate(
  series: Series,
  template: ByteString,
  values: LogValues,
  system: SystemVariables,
): ByteString {
  const extra = new Map(NAMES.map((name): [ByteString, ByteString] => [name, values.get(name) ?? '']));
  const expansion = expand(series, template, {
    auth: NO_AUTH,
    extra,
    providers: new Map([
      [
        'passdb',
        (field: ByteString) => {
          const value = values.passdb(field);
          return value === undefined ? { kind: 'missing' } : { kind: 'value', value };
        },
      ],
    ]),
    system,
  });
  return expansion.kind === 'ok' ? expansion.text : (expansion.partial ?? '');
}
