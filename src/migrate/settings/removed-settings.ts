import { commentedOut, draft } from '../old-setting.js';
import type { SettingTranslator, SettingTranslators } from './setting-translator.js';

/** A setting without any effect in 2.4, which needs none. */
function needless(reason: string): SettingTranslator {
  return (old) => commentedOut(old, draft('DV732', 'exact', reason, old));
}

/** A setting of a feature that is gone, with what people do instead. */
function gone(reason: string): SettingTranslator {
  return (old) => commentedOut(old, draft('DV733', 'decide', reason, old));
}

const DIRECTOR =
  'The director is gone. Route users with fixed backends in the passdb (host), shared storage behind a proxy, or the lua director of the vendor.';
const REPLICATION =
  'Replication is gone. Use storage that all servers share, or run doveadm sync from a timer for a standby.';
const STATS = 'The old statistics are gone. Count events with metric NAME { } instead.';

const DIRECTOR_SETTINGS = [
  'director_servers',
  'director_mail_servers',
  'director_flush_socket',
  'director_flush_script',
  'director_ping_idle_timeout',
  'director_ping_max_timeout',
  'director_user_expire',
  'director_user_kick_delay',
  'director_username_hash',
  'director_max_parallel_moves',
  'director_max_parallel_kicks',
  'director_output_buffer_size',
  'director_doveadm_port',
  'master_user_separator',
];
const REPLICATION_SETTINGS = [
  'replication_dsync_parameters',
  'replication_full_sync_interval',
  'replication_max_conns',
  'replicator_host',
  'replicator_port',
];
const STATS_SETTINGS = [
  'old_stats_memory_limit',
  'old_stats_command_min_time',
  'old_stats_session_min_time',
  'old_stats_user_min_time',
  'old_stats_domain_min_time',
  'old_stats_ip_min_time',
  'old_stats_carbon_server',
  'old_stats_carbon_interval',
  'old_stats_carbon_name',
];

function each(names: readonly string[], translator: SettingTranslator): SettingTranslators {
  return Object.fromEntries(names.map((name) => [name, translator]));
}

/** Settings that 2.4 has not. */
export const removedSettings: SettingTranslators = {
  ...each(DIRECTOR_SETTINGS, gone(DIRECTOR)),
  ...each(REPLICATION_SETTINGS, gone(REPLICATION)),
  ...each(STATS_SETTINGS, gone(STATS)),
  auth_stats: gone(STATS),
  config_cache_size: needless('2.4 keeps its configuration in a file and needs no cache size.'),
  login_access_sockets: gone('TCP wrappers are gone. Use a Lua passdb, or the firewall.'),
  imap_id_log: gone('2.4 logs the ID command by the event imap_id_received.'),
  imapc_ssl_verify: (old) =>
    /^no$/i.test(old.value.text)
      ? [
          {
            kind: 'section',
            key: 'imapc',
            name: null,
            body: [{ kind: 'setting', key: 'ssl_client_require_valid_cert', value: 'no' }],
            changes: [draft('DV722', 'exact', '2.4 takes the setting of TLS clients inside imapc { }.', old)],
          },
        ]
      : commentedOut(
          old,
          draft('DV732', 'exact', '2.4 verifies unless ssl_client_require_valid_cert = no.', old),
        ),
  dict_db_config: gone('Berkeley DB is gone. Use an SQL, file or redis dict.'),
  ssl_dh_parameters_length: needless('It has no effect in 2.3 either.'),
  ssl_parameters_regenerate: needless('It has no effect in 2.3 either.'),
  login_dir: needless('It has no effect in 2.3 either.'),
  dbox_rotate_min_size: needless('It has no effect in 2.3 either.'),
  dbox_rotate_days: needless('It has no effect in 2.3 either.'),
  director_consistent_hashing: needless('It has no effect in 2.3 either.'),
  mail_log_max_lines_per_sec: needless('It has no effect in 2.3 either.'),
  maildir_copy_preserve_filename: needless('It has no effect in 2.3 either.'),
  auth_count: needless('It has no effect in 2.3 either.'),
};
