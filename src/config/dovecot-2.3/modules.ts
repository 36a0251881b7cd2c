import { nameTable } from '../../../grammar/name-table.js';

/** Whether a setting of some modules belongs to the wanted ones (`-m`; none: all are wanted). */
export type WantsSetting = (modules: readonly string[], name: string) => boolean;

const MAIL = ['mail', 'maildir', 'mbox', 'mdbox', 'imapc', 'pop3c'];

/** Modules that a module needs, or that are parts of it (Dovecot 2.3.19.1, parsers_are_connected()). */
const DEPENDENCIES: Readonly<Record<string, readonly string[]>> = nameTable({
  mail: MAIL,
  imap: [...MAIL, 'smtp-submit'],
  pop3: MAIL,
  lda: [...MAIL, 'smtp-submit'],
  lmtp: ['lda', ...MAIL, 'smtp-submit'],
  submission: MAIL,
  doveadm: MAIL,
  managesieve: MAIL,
  'imap-urlauth-worker': MAIL,
  'imap-login': ['login'],
  'pop3-login': ['login'],
  'submission-login': ['login'],
  'managesieve-login': ['login'],
  'imap-urlauth-login': ['login'],
  'ssl-server': ['ssl'],
});

/** Settings of the master service, which every program wants (lib-master/master-service-settings.c). */
const EVERYWHERE = new Set(
  (
    'base_dir state_dir instance_name log_path info_log_path debug_log_path log_timestamp log_debug ' +
    'log_core_filter process_shutdown_filter syslog_facility import_environment stats_writer_socket_path ' +
    'config_cache_size version_ignore shutdown_clients verbose_proctitle haproxy_trusted_networks haproxy_timeout'
  ).split(' '),
);

export function withDependencies(wanted: readonly string[]): ReadonlySet<string> {
  return new Set(wanted.flatMap((name) => [name, ...(DEPENDENCIES[name] ?? [])]));
}

export function wantedModules(wanted: readonly string[]): WantsSetting {
  if (wanted.length === 0) return () => true;
  const names = withDependencies(wanted);
  return (modules, name) => EVERYWHERE.has(name) || modules.some((module) => names.has(module));
}
