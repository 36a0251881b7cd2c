import type { ByteString } from '../../../grammar/bytes.js';
import type { NewStatement } from '../change.js';
import { isDictDriver, noDriver, translateDictUri } from '../dict-uri.js';
import { splitList } from '../list-settings.js';
import { commentedOut, draft, section, setting } from '../old-setting.js';
import { resolveValue } from '../references.js';
import { writtenKey } from '../value-text.js';
import { translateLocation } from './mail-location.js';
import { removedSettings } from './removed-settings.js';
import type { SettingTranslator, SettingTranslators } from './setting-translator.js';
import { rename, translateSimple } from './simple-settings.js';

function isYes(text: ByteString): boolean {
  return /^(?:y|yes|1)$/i.test(text);
}

const cleartext: SettingTranslator = (old, t) => {
  const value = isYes(old.value.text) ? 'no' : 'yes';
  // Dovecot 2.4.1 refuses the pair.
  if (value === 'yes' && t.config.effective.setting('ssl')?.text === 'required') {
    const without =
      'With ssl = required nobody logs in without TLS; 2.4 refuses auth_allow_cleartext = yes beside it.';
    return commentedOut(old, draft('DV732', 'exact', without, old));
  }
  const reason = 'auth_allow_cleartext is disable_plaintext_auth turned around.';
  return [setting('auth_allow_cleartext', value, old, [draft('DV722', 'exact', reason, old)])];
};

const preferCiphers: SettingTranslator = (old) => {
  const value = isYes(old.value.text) ? 'server' : 'client';
  const reason = '2.4 names who chooses the cipher: client or server.';
  return [setting('ssl_server_prefer_ciphers', value, old, [draft('DV722', 'exact', reason, old)])];
};

/**
 * ssl_ca served two ends: clients' certificates, and backends' certificates of the login proxy, while ssl_client_ca_file
 * was for the LMTP proxy alone (proxy-protocol.md section 1.3).
 */
const certificateAuthorities: SettingTranslator = (old, t) => {
  const reason =
    'ssl_ca was trusted for certificates of clients and of the backends that imap, pop3, submission and sieve proxy to; 2.4 has a setting for each end.';
  const server = setting('ssl_server_ca_file', old.value.text, old, [draft('DV723', 'exact', reason, old)]);
  const client = setting('ssl_client_ca_file', old.value.text);
  if ((t.config.effective.setting('ssl_client_ca_file')?.text ?? '') === '') return [server, client];
  const inside = old.frames.find(({ key }) => key === 'protocol')?.name ?? null;
  if (inside !== null) return [server, client];
  const logins = t.config.effective.protocols.filter((name) => LOGIN_PROTOCOLS.has(name));
  return [server, ...logins.map((name) => section('protocol', name, [client]))];
};

const LOGIN_PROTOCOLS = new Set(['imap', 'pop3', 'submission', 'sieve']);

const sslOptions: SettingTranslator = (old, t) => {
  const words = splitList(old.value.text, /[ ,\t]+/);
  const kept = words.filter((word) => word !== 'no_compression');
  if (kept.length === words.length) return translateSimple(old, t);
  const reason = 'TLS compression is always off in 2.4, which refuses no_compression.';
  const change = draft('DV732', 'exact', reason, old);
  return kept.length === 0
    ? commentedOut(old, change)
    : [setting('ssl_options', kept.join(' '), old, [change])];
};

const minProtocol: SettingTranslator = (old, t) => {
  if (old.value.text !== 'SSLv3') return translateSimple(old, t);
  return [
    setting('ssl_min_protocol', 'TLSv1', old, [draft('DV722', 'equivalent', '2.4 knows no SSLv3.', old)]),
  ];
};

/** Debug lines of TLS are an event filter in 2.4. */
const verboseSsl: SettingTranslator = (old, t) => {
  const filter = 'category=ssl';
  if (!isYes(old.value.text))
    return commentedOut(old, draft('DV732', 'exact', `2.4 logs this with log_debug = ${filter} only.`, old));
  const others = t.assignments.some(({ node }) => node.key === 'log_debug');
  if (others)
    return commentedOut(
      old,
      draft('DV722', 'decide', `Add OR ${filter} to log_debug: 2.4 has one filter.`, old),
    );
  const change = draft('DV722', 'equivalent', `2.4 switches it on by log_debug = ${filter}.`, old);
  return [setting('log_debug', filter, old, [change])];
};

const workerCount: SettingTranslator = (old) => [
  section(
    'service',
    'auth-worker',
    [setting('process_limit', old.value.text, old)],
    [
      draft(
        'DV728',
        'exact',
        'The number of auth workers is the process limit of their service in 2.4.',
        old,
      ),
    ],
  ),
];

const policyTimeout: SettingTranslator = (old) => [
  section(
    'auth_policy',
    null,
    [setting('http_client_request_timeout', `${old.value.text} ms`, old)],
    [
      draft(
        'DV722',
        'exact',
        'The time limit is one of the HTTP client inside auth_policy { }, with a unit.',
        old,
      ),
    ],
  ),
];

/** `name=value ...` as a string list, which replaces the defaults of 2.4. */
const policyAttributes: SettingTranslator = (old, t) => {
  const { text } = resolveValue(old, t, true);
  const change = draft(
    'DV725',
    'exact',
    `2.4 has a block of names and values, ${old.key} { name = value }.`,
    old,
  );
  const body = splitList(text, /[ \t]+/).map((word) => {
    const equals = word.indexOf('=');
    const translated = t.string(equals === -1 ? '' : word.slice(equals + 1), old);
    const name = equals === -1 ? word : word.slice(0, equals);
    return setting(writtenKey(name), translated.text, undefined, translated.changes);
  });
  const none = setting(old.key, '', undefined, [change]);
  return body.length === 0 ? [none] : [none, section(old.key, null, body)];
};

/** `TZ FOO=bar`: names are taken over, the rest is set. Dovecot's own names are in the list of 2.4 already. */
const environment: SettingTranslator = (old, t) => {
  const { text } = resolveValue(old, t, true);
  const change = draft(
    'DV725',
    'exact',
    '2.4 has a block of names and values, %{env:NAME} takes one over.',
    old,
  );
  const body = splitList(text, /[ \t]+/)
    .filter((word) => !OWN_ENVIRONMENT.has(word))
    .map((word) => {
      const equals = word.indexOf('=');
      return equals === -1
        ? setting(writtenKey(word), `%{env:${word}}`)
        : setting(writtenKey(word.slice(0, equals)), word.slice(equals + 1));
    });
  return body.length === 0 ? commentedOut(old, change) : [section(old.key, null, body, [change])];
};

// Dovecot 2.4.1 doveconf -d import_environment
const OWN_ENVIRONMENT = new Set([
  'TZ',
  'CORE_OUTOFMEM',
  'CORE_ERROR',
  'LISTEN_PID',
  'LISTEN_FDS',
  'NOTIFY_SOCKET',
  'PATH',
]);

/** `imap_id_send = name * version *`: pairs, * = Dovecot's own value. */
const idSend: SettingTranslator = (old, t) => {
  const { text } = resolveValue(old, t, true);
  const words = [...text.matchAll(/"((?:\\.|[^"\\])*)"|(\S+)/g)].map(
    ([, inQuotes, bare]) => inQuotes ?? bare ?? '',
  );
  const change = draft(
    'DV725',
    'exact',
    '2.4 has a block of names and values, imap_id_send { name = value }.',
    old,
  );
  const body: NewStatement[] = [];
  for (let at = 0; at + 1 < words.length; at += 2)
    body.push(setting(writtenKey(words[at] ?? ''), idValue(words[at] ?? '', words[at + 1] ?? '')));
  return [
    setting('imap_id_send', '', undefined, [change]),
    ...(body.length === 0 ? [] : [section('imap_id_send', null, body)]),
  ];
};

/** `*` was Dovecot's own value (Dovecot 2.3.19.1 imap-id.c). */
function idValue(name: ByteString, value: ByteString): ByteString {
  if (value !== '*') return value;
  const own: Readonly<Record<string, string>> = {
    name: 'Dovecot',
    version: '%{dovecot:version}',
    os: '%{system:os}',
    'os-version': '%{system:os-version}',
    'support-url': '%{dovecot:support-url}',
    'support-email': '%{dovecot:support-email}',
    revision: '%{dovecot:revision}',
  };
  return own[name.toLowerCase()] ?? value;
}

/** Raw logs of an HTTP server that is configured in a filter of its own. */
function rawLog(filter: string): SettingTranslator {
  return (old) => {
    const reason = `2.4 has http_server_rawlog_dir inside ${filter} { } for it.`;
    const body = [setting('http_server_rawlog_dir', old.value.text, old)];
    return [section(filter, null, body, [draft('DV721', 'exact', reason, old)])];
  };
}

/** `+A B` adds to the list that Dovecot makes, anything else replaces it. */
const capability: SettingTranslator = (old, t) => {
  const { text } = resolveValue(old, t, true);
  if (!text.startsWith('+')) return translateSimple(old, t);
  const words = splitList(text.slice(1), /[ \t]+/);
  const change = draft(
    'DV725',
    'exact',
    '2.4 adds capabilities in a block, imap_capability { NAME = yes }.',
    old,
  );
  return [
    section(
      'imap_capability',
      null,
      words.map((word) => setting(writtenKey(word), 'yes')),
      [change],
    ),
  ];
};

const attributeDict: SettingTranslator = (old, t) => {
  if (!isDictDriver(old.value.text)) return commentedOut(old, noDriver(old.value.text, old));
  const change = draft(
    'DV729',
    'exact',
    'The dict of mail attributes is a section of mail_attribute { } in 2.4.',
    old,
  );
  return [section('mail_attribute', null, translateDictUri(old.value.text, old, t), [change])];
};

/** `posix`, `sis posix`, `crypt:...:posix`: file system drivers of attachments. */
const attachmentFs: SettingTranslator = (old) => {
  const driver = splitList(old.value.text, /[ :]+/).at(-1) ?? 'posix';
  const isPlain =
    old.value.text === 'posix' || old.value.text === 'sis posix' || old.value.text === 'sis-queue posix';
  const reason = isPlain
    ? 'The file system of attachments is a section of mail_ext_attachment { } in 2.4.'
    : `mail_attachment_fs = ${old.value.text} has several parts: check the fs section.`;
  const body =
    old.value.text.startsWith('sis') && driver === 'posix'
      ? [section('fs', 'sis', [section('fs', 'posix', [])])]
      : [section('fs', driver, [])];
  return [
    section('mail_ext_attachment', null, body, [
      draft('DV722', isPlain ? 'equivalent' : 'decide', reason, old),
    ]),
  ];
};

/** Obsolete in 2.3 already, which takes the lowest version that is on. */
const protocolVersions: SettingTranslator = (old, t) => {
  const lowest = t.config.effective.setting('ssl_min_protocol')?.text ?? '';
  const change = draft('DV744', 'exact', 'ssl_min_protocol says the lowest version that is allowed.', old);
  return lowest === ''
    ? commentedOut(old, change)
    : [setting('ssl_min_protocol', lowest === 'SSLv3' ? 'TLSv1' : lowest, old, [change])];
};

function renamedTo(name: string): SettingTranslator {
  return (old, t) => rename(old, t, name);
}

/** 2.3 took megabytes where no unit was written (obsolete in 2.3 already). */
const cacheSize: SettingTranslator = (old, t) => {
  const { text } = old.value;
  if (!/^[0-9]+$/.test(text) || BigInt(text) === 0n || BigInt(text) > 1023n) return translateSimple(old, t);
  return [
    setting('auth_cache_size', `${text}M`, old, [
      draft('DV744', 'exact', '2.3 takes a small number as megabytes.', old),
    ]),
  ];
};

export const globalSettings: SettingTranslators = {
  ...removedSettings,
  disable_plaintext_auth: cleartext,
  ssl_prefer_server_ciphers: preferCiphers,
  ssl_ca: certificateAuthorities,
  ssl_options: sslOptions,
  ssl_min_protocol: minProtocol,
  ssl_protocols: protocolVersions,
  verbose_ssl: verboseSsl,
  // 2.4.1 still has it, beside log_debug = category=auth.
  auth_debug: (old, t) => translateSimple(old, t),
  auth_worker_max_count: workerCount,
  auth_policy_server_timeout_msecs: policyTimeout,
  auth_policy_request_attributes: policyAttributes,
  import_environment: environment,
  imap_id_send: idSend,
  doveadm_http_rawlog_dir: rawLog('doveadm_server'),
  stats_http_rawlog_dir: rawLog('stats_server'),
  imap_capability: capability,
  mail_location: translateLocation,
  mail: translateLocation,
  mail_attribute_dict: attributeDict,
  mail_attachment_fs: attachmentFs,
  mail_attachment_dir: renamedTo('mail_ext_attachment_path'),
  mail_attachment_hash: renamedTo('mail_ext_attachment_hash'),
  mail_attachment_min_size: renamedTo('mail_ext_attachment_min_size'),
  auth_cache_size: cacheSize,
};
