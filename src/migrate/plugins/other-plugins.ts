import type { ByteString } from '../../../grammar/bytes.js';
import { nameTable } from '../../../grammar/name-table.js';
import type { NewStatement } from '../change.js';
import { isDictDriver, noDriver, translateDictUri } from '../dict-uri.js';
import { commentedOut, draft, section, setting } from '../old-setting.js';
import { resolveValue } from '../references.js';
import type { SettingTranslator, SettingTranslators } from '../settings/setting-translator.js';
import { block, moved, pluginText } from './plugin-setting.js';

/** `vfile:/etc/dovecot/acls:cache_secs=300` */
const acl: SettingTranslator = (old, t) => {
  const { text } = resolveValue(old, t, true);
  const [driver = '', ...parts] = text.split(':');
  const change = draft(
    'DV739',
    'exact',
    'The parts of the plugin setting acl are settings of their own in 2.4.',
    old,
  );
  const lines: NewStatement[] = [setting('acl_driver', driver, old, [change])];
  for (const part of parts) {
    const seconds = /^cache_secs=(\d+)$/.exec(part)?.[1];
    if (seconds !== undefined) lines.push(setting('acl_cache_ttl', `${seconds} secs`));
    else if (part !== '') {
      const reason =
        '2.4 reads a global ACL file; the rules of a directory of ACL files belong into acl sections of the mailboxes.';
      lines.push(
        setting('acl_global_path', t.string(part, old).text, undefined, [
          draft('DV739', 'decide', reason, old),
        ]),
      );
    }
  }
  return lines;
};

const aclAnyone: SettingTranslator = (old) => [
  setting('imap_acl_allow_anyone', old.value.text === 'allow' ? 'yes' : 'no', old, [
    draft('DV739', 'exact', '2.4 has a switch for it.', old),
  ]),
];

/** A dict URI as a dict section inside a named filter. */
function dictOf(filter: string): SettingTranslator {
  return (old, t) => {
    const { text } = resolveValue(old, t, true);
    if (!isDictDriver(text)) return commentedOut(old, noDriver(text, old));
    const change = draft('DV729', 'exact', `The dict is a section inside ${filter} { } in 2.4.`, old);
    return [block(filter, null, translateDictUri(text, old, t), old, [change])];
  };
}

/** `gz`, with the level in `zlib_save_level`. */
const compress: SettingTranslator = (old, t) => {
  const { text } = resolveValue(old, t, true);
  const method = text === 'zlib' ? 'deflate' : text;
  if (!['gz', 'bz2', 'deflate', 'zstd', 'lz4'].includes(method))
    return commentedOut(
      old,
      draft(
        'DV733',
        'decide',
        `2.4 cannot read or write ${text}: compress the mails anew with gz or zstd before the upgrade.`,
        old,
      ),
    );
  const change = draft('DV740', 'exact', 'The plugin zlib is mail_compress in 2.4.', old);
  return [setting('mail_compress_write_method', method, old, [change])];
};

const LEVELS: Readonly<Record<string, string>> = nameTable({
  gz: 'compress_gz_level',
  deflate: 'compress_deflate_level',
  zlib: 'compress_deflate_level',
  bz2: 'compress_bz2_block_size_100k',
  zstd: 'compress_zstd_level',
});

const compressLevel: SettingTranslator = (old, t) => {
  const method = t.pluginSettings(old.frames).get('zlib_save')?.node.value.text ?? '';
  const key = LEVELS[method];
  const change = draft('DV740', 'exact', 'Each compression has a level of its own in 2.4.', old);
  return key === undefined ? commentedOut(old, change) : [setting(key, old.value.text, old, [change])];
};

const KEYS = 'Keys of mail_crypt are files or sections in 2.4.';

const publicKey: SettingTranslator = (old, t) => {
  const change = draft('DV740', 'exact', KEYS, old);
  if (old.value.form === 'file')
    return [setting('crypt_global_public_key_file', old.value.text, old, [change])];
  return [
    setting('crypt_global_public_key_file', `inline:${resolveValue(old, t, true).text}`, old, [change]),
  ];
};

/** `mail_crypt_global_private_key`, `..._key2`, with the password beside it. */
function privateKey(list: string): SettingTranslator {
  return (old, t) => {
    const number = /\d+$/.exec(old.key)?.[0] ?? '';
    const change = draft('DV740', 'exact', KEYS, old);
    const value = old.value.form === 'file' ? old.value.text : `inline:${resolveValue(old, t, true).text}`;
    return [block(list, `main${number}`, [setting('crypt_private_key_file', value)], old, [change])];
  };
}

function privateKeyPassword(list: string): SettingTranslator {
  return (old, t) => {
    const number = /\d+$/.exec(old.key)?.[0] ?? '';
    const { text, changes } = pluginText(old, t);
    const body = [setting('crypt_private_key_password', text)];
    return [block(list, `main${number}`, body, old, [draft('DV740', 'exact', KEYS, old), ...changes])];
  };
}

/** 0 writes no encryption, 2 is what 2.4 writes by default. */
const saveVersion: SettingTranslator = (old) => {
  if (old.value.text === '0')
    return [
      setting('crypt_write_algorithm', '', old, [
        draft('DV740', 'exact', 'An empty algorithm writes mails as they are.', old),
      ]),
    ];
  const isDefault = old.value.text === '2';
  const reason = isDefault
    ? '2.4 writes this form by default (crypt_write_algorithm).'
    : '2.4 does not write this old form any more; it still reads it.';
  return commentedOut(old, draft('DV740', isDefault ? 'exact' : 'equivalent', reason, old));
};

function cryptTo(name: string): SettingTranslator {
  return (old, t) => moved(old, t, name, 'DV740');
}

const notifyMailbox: SettingTranslator = (old) => {
  const change = draft('DV741', 'exact', 'A mailbox has notify_status = yes in its section in 2.4.', old);
  return [block('mailbox', old.value.text, [setting('mailbox_notify_status', 'yes')], old, [change])];
};

/** `ox:url=http://...,cache_lifetime=...`, `dlog`, `lua:file=...` */
const push: SettingTranslator = (old, t) => {
  const { text, changes } = pluginText(old, t);
  const colon = text.indexOf(':');
  const driver = colon === -1 ? text : text.slice(0, colon);
  const number = /\d*$/.exec(old.key)?.[0] ?? '';
  const change = draft('DV741', 'exact', 'A push notification is a section of its own in 2.4.', old);
  const known: Readonly<Record<string, string>> = {
    url: 'ox_url',
    cache_lifetime: 'ox_cache_ttl',
    user_from_metadata: 'ox_user_from_metadata',
    file: 'lua_file',
  };
  const body: NewStatement[] = [setting('driver', driver)];
  for (const part of colon === -1 ? [] : text.slice(colon + 1).split(/[ ,]+/)) {
    const [name = '', ...value] = part.split('=');
    const key = known[name];
    if (key !== undefined) body.push(setting(key, value.length === 0 ? 'yes' : value.join('=')));
  }
  return [block('push_notification', `${driver}${number}`, body, old, [change, ...changes])];
};

const welcome: SettingTranslator = (old, t) => {
  const { text, changes } = pluginText(old, t);
  const [service = '', ...rest] = text.split(/\s+/);
  const change = draft('DV741', 'exact', 'The script is an execute section of welcome { } in 2.4.', old);
  const args = rest.length === 0 ? [] : [setting('args', rest.join(' '))];
  return [block('welcome', null, [section('execute', service, args)], old, [change, ...changes])];
};

/** The file has lines `PRIORITY MAILBOX`. */
const trash: SettingTranslator = (old, t) => {
  const path = resolveValue(old, t, true).text;
  const content = t.readFile(path);
  if (content === null)
    return commentedOut(
      old,
      draft(
        'DV741',
        'decide',
        `2.4 wants trash_priority = N in the mailbox sections; ${path} cannot be read here.`,
        old,
      ),
    );
  const lines = content.split('\n').flatMap((line) => {
    const [, priority, name] = /^\s*(\d+)\s+(.*\S)\s*$/.exec(line) ?? [];
    return priority === undefined || name === undefined ? [] : [{ priority, name }];
  });
  const change = draft('DV741', 'exact', `${path} is trash_priority in the mailbox sections in 2.4.`, old);
  const sections = lines.map(({ priority, name }, at) =>
    section('mailbox', name, [setting('trash_priority', priority)], at === 0 ? [change] : []),
  );
  return sections.length > 0 ? sections : commentedOut(old, change);
};

const lazyExpunge: SettingTranslator = (old, t) => moved(old, t, 'lazy_expunge_mailbox', 'DV741');

const listEscape: SettingTranslator = (old, t) =>
  moved(old, t, 'mailbox_list_storage_escape_char', 'DV741', 'The plugin listescape is this setting in 2.4.');

const gone =
  (reason: string): SettingTranslator =>
  (old) =>
    commentedOut(old, draft('DV733', 'decide', reason, old));

const expire: SettingTranslator = (old) =>
  commentedOut(
    old,
    draft('DV733', 'decide', 'The expire plugin is gone: set autoexpunge in the mailbox section.', old),
  );

/** By the name without its number. */
export const otherPluginSettings: SettingTranslators = {
  acl,
  acl_anyone: aclAnyone,
  acl_shared_dict: dictOf('acl_sharing_map'),
  acl_ignore_namespace: gone('Set acl_ignore = yes inside the namespace instead.'),
  zlib_save: compress,
  zlib_save_level: compressLevel,
  mail_crypt_global_public_key: publicKey,
  mail_crypt_global_private_key: privateKey('crypt_global_private_key'),
  mail_crypt_global_private_password: privateKeyPassword('crypt_global_private_key'),
  mail_crypt_private_key: privateKey('crypt_user_key_encryption_key'),
  mail_crypt_private_password: cryptTo('crypt_user_key_password'),
  mail_crypt_curve: cryptTo('crypt_user_key_curve'),
  mail_crypt_require_encrypted_user_key: cryptTo('crypt_user_key_require_encrypted'),
  mail_crypt_acl_require_secure_key_sharing: cryptTo('crypt_acl_require_secure_key_sharing'),
  mail_crypt_save_version: saveVersion,
  last_login_dict: dictOf('last_login'),
  notify_status_dict: dictOf('notify_status'),
  notify_status_mailbox: notifyMailbox,
  quota_clone_dict: dictOf('quota_clone'),
  push_notification_driver: push,
  push_notification_backend: push,
  welcome_script: welcome,
  trash,
  lazy_expunge: lazyExpunge,
  lazy_expunge_exclude: gone('2.4 keeps expunged mails of every mailbox.'),
  listescape_char: listEscape,
  expire,
  expire_dict: expire,
  expire_cache: expire,
  mail_replica: gone('Replication is gone: use shared storage, or doveadm sync from a timer.'),
  replication_sync_timeout: gone('Replication is gone.'),
  old_stats_refresh: gone('The old statistics are gone: use metric NAME { }.'),
  old_stats_track_cmds: gone('The old statistics are gone: use metric NAME { }.'),
  stats_refresh: gone('The old statistics are gone: use metric NAME { }.'),
  stats_track_cmds: gone('The old statistics are gone: use metric NAME { }.'),
  imap_zlib_compression_level: gone('COMPRESS of IMAP uses compress_deflate_level in 2.4.'),
  sieve_extdata_dict_uri: gone('The Sieve plugin extdata has no settings in 2.4.'),
  charset_aliases: (old, t) => [
    block(
      'charset_aliases',
      null,
      resolveValue(old, t, true)
        .text.split(/[ \t]+/)
        .flatMap((word) => {
          const [from = '', to] = word.split('=', 2);
          return to === undefined ? [] : [setting(from, to)];
        }),
      old,
      [draft('DV725', 'exact', '2.4 has a block, charset_aliases { FROM = TO }.', old)],
    ),
  ],
  apparmor_hat: (old, t) => moved(old, t, 'apparmor_hats', 'DV741'),
  mail_lua_script: (old, t) => [
    block('mail_lua', null, [setting('lua_file', resolveValue(old, t, true).text)], old, [
      draft('DV741', 'exact', 'The script is a setting of mail_lua { } in 2.4.', old),
    ]),
  ],
};

/** What only the old antispam plugin reads. */
export function isAntispam(key: ByteString): boolean {
  return key.startsWith('antispam_');
}

export const antispam: SettingTranslator = (old) =>
  commentedOut(
    old,
    draft('DV733', 'decide', 'The antispam plugin is gone: use imap_sieve with sieve_extprograms.', old),
  );
