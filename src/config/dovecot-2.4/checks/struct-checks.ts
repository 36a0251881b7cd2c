import type { ByteString } from '../../../../grammar/bytes.js';
import { isUtf8 } from '../../../../grammar/utf8.js';
import { eventFilterError, NEW_WORDS } from '../../event-filter.js';
import { DIGEST_BITS } from '../../hash-format.js';
import { parseAddress } from '../../network.js';
import { httpUrlError } from '../../uri-syntax.js';
import { escapeSectionName } from '../section-name.js';
import { type CheckContext, type StructCheck, sectionScope } from './check-context.js';
import { checkMailStorage } from './mail-storage-check.js';
import { checkMaster } from './master-check.js';
import { sieveChecks } from './sieve-checks.js';
import type { StructView } from './struct-view.js';
import * as words from './word-checks.js';

const SYSLOG_FACILITIES =
  'auth authpriv cron daemon ftp kern lpr mail news syslog user uucp local0 local1 local2 local3 local4 local5 local6 local7';

function mustNotBeZero(view: StructView, ...names: readonly ByteString[]): ByteString | null {
  const zero = names.find((name) => view.text(name) !== 'unlimited' && view.time(name) === 0);
  return zero === undefined ? null : `${zero} must not be 0`;
}

// Dovecot 2.4.1 auth-settings.c
const checkAuth: StructCheck = (view, context) => checkAuthValues(view) ?? checkDatabases(view, context);

const checkDatabases: StructCheck = (view, context) => {
  for (const kind of ['passdb', 'userdb'])
    for (const name of view.names(kind)) {
      const scope = sectionScope(context, kind, name);
      if (typeof scope === 'string') return scope;
    }
  return null;
};

function checkAuthValues(view: StructView): ByteString | null {
  const cacheSize = view.size('auth_cache_size');
  if (cacheSize > 0 && cacheSize < 1024) return `auth_cache_size value is too small (${cacheSize} bytes)`;
  const [word = '', digits] = view.text('auth_verbose_passwords').split(/:(.*)/s);
  if (digits !== undefined && !(/^[0-9]+$/.test(digits) && Number(digits) > 0 && Number(digits) < 2 ** 32))
    return `auth_verbose_passwords: Invalid truncation number: '${digits}'`;
  if (!['no', 'plain', 'sha1', 'yes'].includes(word)) return 'auth_verbose_passwords: Invalid value';
  if (view.isEmpty('auth_policy_server_url')) return null;
  if (view.isEmpty('auth_policy_hash_nonce'))
    return 'auth_policy_hash_nonce must be set when policy server is used';
  const bits = DIGEST_BITS.get(view.text('auth_policy_hash_mech'));
  if (bits === undefined) return 'invalid auth_policy_hash_mech given';
  const truncate = view.number('auth_policy_hash_truncate');
  if (truncate > 0 && truncate >= bits)
    return `policy_hash_truncate is not smaller than digest size (${truncate} >= ${bits})`;
  return null;
}

// Dovecot 2.4.1 db-oauth2.c
const checkOauth2: StructCheck = (view) => {
  const isSet = (key: string) => !view.isEmpty(`oauth2_${key}`);
  const mode = view.text('oauth2_introspection_mode');
  if (mode === '') {
    if (isSet('grant_url') || isSet('tokeninfo_url') || isSet('introspection_url'))
      return 'Missing oauth2_introspection_mode';
  } else if (
    ['auth', 'get', 'post'].includes(mode) &&
    !isSet('tokeninfo_url') &&
    !isSet('introspection_url')
  ) {
    return 'Need at least one of oauth2_tokeninfo_url or oauth2_introspection_url';
  }
  if (isSet('grant_url') && !isSet('client_id')) return 'oauth2_client_id is required with oauth2_grant_url';
  if (isSet('client_id') !== isSet('client_secret'))
    return 'oauth2_client_id and oauth2_client_secret must be provided together';
  if (!isSet('active_attribute') && isSet('active_value'))
    return 'Cannot have empty active_attribute if active_value is set';
  return null;
};

// Dovecot 2.4.1 db-ldap-settings.c
const checkLdap: StructCheck = (view) => {
  const deref = view.text('ldap_deref');
  if (!['never', 'searching', 'finding', 'always'].includes(deref.toLowerCase()))
    return `Unknown ldap_deref option '${deref}'`;
  const scope = view.text('ldap_scope');
  if (!['base', 'onelevel', 'subtree'].includes(scope.toLowerCase()))
    return `Unknown ldap_scope option '${scope}'`;
  return null;
};

// Dovecot 2.4.1 http-client-settings.c
const checkHttpClient: StructCheck = (view) => {
  const proxy = view.text('http_client_proxy_url');
  const wrong = proxy === '' ? null : httpUrlError(proxy, false);
  if (wrong !== null) return `Invalid http_client_proxy_url: ${wrong}`;
  if (view.number('http_client_request_max_attempts') === 0) return 'request_max_attempts must not be 0';
  if (view.number('http_client_max_pipelined_requests') === 0)
    return 'http_client_max_pipelined_requests must not be 0';
  if (view.number('http_client_max_parallel_connections') === 0)
    return 'http_client_max_parallel_connections must not be 0';
  const backoff = view.time('http_client_connect_backoff_time');
  const most = view.time('http_client_connect_backoff_max_time');
  if (backoff === 0) return 'http_client_connect_backoff_time_msecs must not be 0';
  if (most < backoff)
    return (
      `http_client_connect_backoff_time_msecs (${most}) ` +
      `must not be smaller than http_client_connect_backoff_max_time_msecs (${Math.min(backoff, 4294967295)})`
    );
  if (view.time('http_client_request_timeout') === 0)
    return 'http_client_request_timeout_msecs must not be 0';
  return null;
};

// Dovecot 2.4.1 fts-settings.c
const checkFts: StructCheck = (view) => {
  if (view.time('fts_search_timeout') === 0) return 'fts_search_timeout must not be 0';
  if (view.text('fts_decoder_driver') === 'script' && view.isEmpty('fts_decoder_script_socket_path'))
    return 'decoder_script_socket_path is required when fts_decoder_driver = script';
  return null;
};

// Dovecot 2.4.1 lang-settings.c
const checkLanguages: StructCheck = (view, context) => {
  const names = view.names('language');
  if (names.length === 0) return null;
  let chosen: ByteString | null = null;
  let others = 0;
  for (const filterName of names) {
    const scope = sectionScope(context, 'language', filterName);
    if (typeof scope === 'string') return scope;
    const name = scope.text('language_name');
    if (scope.boolean('language_default')) {
      if (name === 'data') return 'language data cannot have { default = yes }';
      if (chosen !== null)
        return (
          'Only one language with with { default = yes } is allowed' +
          ` (default is '${chosen}', cannot set '${name}' too)`
        );
      chosen = name;
    }
    if (name !== 'data') others++;
  }
  if (others === 0) return 'No valid languages';
  return chosen === null ? 'No language with { default = yes } found' : null;
};

// Dovecot 2.4.1 stats-settings.c
const checkExporter: StructCheck = (view) => {
  if (view.isEmpty('event_exporter_name')) return null;
  const format = view.text('event_exporter_format');
  if (format === '') return "Exporter format name can't be empty";
  return ['none', 'json', 'tab-text'].includes(format) ? null : `Unknown exporter format '${format}'`;
};

const checkMetric: StructCheck = (view) => {
  const name = view.text('metric_name');
  if (name === '') return null;
  if (view.isEmpty('metric_filter')) return `metric ${name} { filter } is empty - will not match anything`;
  return eventFilterError(view.text('metric_filter'), NEW_WORDS);
};

const checkStats: StructCheck = (view, context) => {
  for (const name of view.names('metric')) {
    const scope = sectionScope(context, 'metric', name);
    if (typeof scope === 'string') return scope;
    const exporter = scope.text('metric_exporter');
    if (exporter === '') continue;
    if (typeof sectionScope(context, 'event_exporter', exporter) === 'string')
      return `metric ${name} refers to non-existent exporter '${exporter}'`;
  }
  return null;
};

// Dovecot 2.4.1 program-client.c
const checkExecute: StructCheck = (view) => {
  if (view.text('execute_driver') !== 'tcp') return null;
  const port = /:([0-9]+)$/.exec(view.isEmpty('execute_tcp_host') ? view.text('execute_name') : '')?.[1];
  if (port !== undefined ? Number(port) > 0 : view.number('execute_tcp_port') > 0) return null;
  return 'execute_tcp_port must not be 0 with execute_driver=tcp';
};

// Dovecot 2.4.1 quota-settings.c
const checkQuotaRoot: StructCheck = (view) => {
  const driver = view.text('quota_driver');
  if (!['count', 'fs', 'imapc', 'maildir'].includes(driver)) return `Unknown quota_driver: ${driver}`;
  if (view.number('quota_storage_percentage') === 0) return 'quota_storage_percentage must not be 0';
  return view.number('quota_message_percentage') === 0 ? 'quota_message_percentage must not be 0' : null;
};

// Dovecot 2.4.4 quota-settings.c; 2.4.1 checks no such struct
const checkQuota: StructCheck = (view) =>
  view.size('quota_mail_size') === 0 ? 'quota_mail_size must not be 0. (Did you mean "unlimited"?)' : null;

// Dovecot 2.4.1 imap-settings.c, and 2.4.4, which is built without it
const checkImap: StructCheck = (view, context) =>
  words.imapWorkarounds(view, context) ??
  (view.boolean('imap4rev2_enable') ? 'Dovecot not built with --enable-experimental-imap4rev2.' : null);

// Dovecot 2.4.1 pop3-settings.c
const checkPop3: StructCheck = (view, context) => {
  const words_ = words.pop3Workarounds(view, context);
  if (words_ !== null) return words_;
  return view.text('pop3_delete_type') === 'flag' && view.isEmpty('pop3_deleted_flag')
    ? 'pop3_delete_type=flag, but pop3_deleted_flag not set'
    : null;
};

// Dovecot 2.4.1 mail-storage-settings.c
const checkMailbox: StructCheck = (view, context) =>
  checkMailboxUse(view.text('mailbox_name'), view.list('mailbox_special_use'), context);

function checkMailboxUse(
  name: ByteString,
  uses: readonly ByteString[],
  context: CheckContext,
): ByteString | null {
  if (!isUtf8(name)) return `mailbox ${name}: name isn't valid UTF-8`;
  const known = ['all', 'archive', 'drafts', 'flagged', 'important', 'junk', 'sent', 'trash'];
  for (const use of uses)
    if (!use.startsWith('\\') || !known.includes(use.slice(1).toLowerCase()))
      context.warn(`mailbox ${name}: special_use label ${use} is not an RFC-defined label - allowing anyway`);
  return null;
}

const checkNamespace: StructCheck = (view, context) => {
  const name = view.text('namespace_name');
  const separator = view.text('namespace_separator');
  if (separator.length > 1) return `Namespace ${name}: Hierarchy separator must be only one character long`;
  const prefix = view.text('namespace_prefix');
  if (!isUtf8(prefix)) return `Namespace ${name}: prefix not valid UTF8: ${prefix}`;
  for (const box of view.names('mailbox')) {
    const scope = sectionScope(context, 'mailbox', box, `namespace/${name}`);
    if (typeof scope === 'string') return scope;
    const error = checkMailboxUse(scope.text('mailbox_name'), scope.list('mailbox_special_use'), context);
    if (error !== null)
      return `Failed to get mailbox ${box}: mailbox settings (filter=mailbox/${escapeSectionName(box)}): Invalid settings: ${error}`;
  }
  return null;
};

const ACL_LETTERS = /^[lrwstipekxa]*/;

// Dovecot 2.4.1 acl-settings.c, acl-rights.c
const checkAclRights: StructCheck = (view) => {
  const id = view.text('acl_id');
  if (id === '') return null;
  if (!/^(user=|group=|group-override=)|^(owner|authenticated|anyone|anonymous)$/s.test(id))
    return `Invalid identifier '${id}'`;
  const rights = view
    .text('acl_rights')
    .replace(/^-/, '')
    .replace(/^[ \t]+/, '');
  const rest = rights.slice(ACL_LETTERS.exec(rights)?.[0].length ?? 0);
  if (rest !== '' && !/^[ \t:]/.test(rest)) return `Unknown ACL '${rest[0]}'`;
  return rest.trimStart() === '' || rest.trimStart().startsWith(':')
    ? null
    : "Missing ':' prefix in ACL extensions";
};

// Dovecot 2.4.1 ssl-settings.c
const checkSslServer: StructCheck = (view) =>
  view.text('ssl') !== 'no' &&
  view.boolean('ssl_server_request_client_cert') &&
  view.isEmpty('ssl_server_ca_file')
    ? 'ssl_server_request_client_cert set, but ssl_server_ca_file not'
    : null;

// Dovecot 2.4.1 login-settings.c
const checkLogin: StructCheck = (view) =>
  view.text('ssl') === 'required' && view.boolean('auth_allow_cleartext')
    ? 'auth_allow_cleartext=yes has no effect with ssl=required'
    : null;

// Dovecot 2.4.1 master-service-settings.c
const checkMasterService: StructCheck = (view) => {
  const facility = view.text('syslog_facility');
  if (!SYSLOG_FACILITIES.split(' ').includes(facility)) return `Unknown syslog_facility: ${facility}`;
  for (const name of ['log_debug', 'log_core_filter', 'process_shutdown_filter']) {
    const error = view.isEmpty(name) ? null : eventFilterError(view.text(name), NEW_WORDS);
    if (error !== null) return `Invalid ${name}: ${error}`;
  }
  return null;
};

// Dovecot 2.4.1 lmtp-settings.c
const checkLmtp: StructCheck = (view, context) =>
  words.lmtpWorkarounds(view, context) ??
  (view.number('lmtp_user_concurrency_limit') === 0
    ? 'lmtp_user_concurrency_limit must not be 0 (did you mean "unlimited"?)'
    : null);

// Dovecot 2.4.1 imapc-settings.c
const checkImapc: StructCheck = (view, context) =>
  mustNotBeZero(view, 'imapc_max_idle_time') ??
  (view.size('imapc_max_line_length') === 0 ? 'imapc_max_line_length must not be 0' : null) ??
  words.imapcFeatures(view, context);

/** What Dovecot checks of each struct after reading. */
export const structChecks: ReadonlyMap<ByteString, StructCheck> = new Map<ByteString, StructCheck>([
  ['acl_rights', checkAclRights],
  ['auth', checkAuth],
  ['auth_oauth2', checkOauth2],
  ['auth_ldap', checkLdap],
  ['doveadm', words.doveadmWords],
  ['stats_exporter', checkExporter],
  ['stats_metric', checkMetric],
  ['stats', checkStats],
  ['execute', checkExecute],
  ['fts', checkFts],
  ['http_client', checkHttpClient],
  [
    'http_server',
    (view) =>
      view.number('http_server_max_pipelined_requests') === 0
        ? 'http_server_max_pipelined_requests must not be 0'
        : null,
  ],
  ['imap', checkImap],
  ['quota', checkQuota],
  ['imapc', checkImapc],
  ['languages', checkLanguages],
  ['lmtp', checkLmtp],
  ['login', checkLogin],
  ['mail_log', words.mailLogWords],
  ['mail_storage', checkMailStorage],
  ['mail_namespace', checkNamespace],
  ['mailbox', checkMailbox],
  ['master_service', checkMasterService],
  ['master', checkMaster],
  [
    'dict_redis',
    (view) => {
      const host = view.text('redis_host');
      return parseAddress(host) === null ? 'redis_host is not a valid IP' : null;
    },
  ],
  ['pop3', checkPop3],
  ['pop3c', words.pop3cFeatures],
  [
    'push_notification_ox',
    (view) => {
      const url = view.text('push_notification_ox_url');
      const wrong = url === '' ? null : httpUrlError(url, true);
      if (wrong !== null) return `Invalid push_notification_ox_url '${url}': ${wrong}`;
      return view.time('push_notification_ox_cache_ttl') === 0
        ? 'push_notification_ox_cache_ttl must not be 0'
        : null;
    },
  ],
  ['quota_root', checkQuotaRoot],
  ['ssl', words.sslOptions],
  ['ssl_server', checkSslServer],
  ['submission_login', words.submissionWorkarounds],
  ['submission', words.submissionWorkarounds],
  ['managesieve', words.managesieveWorkarounds],
  ...sieveChecks,
]);
