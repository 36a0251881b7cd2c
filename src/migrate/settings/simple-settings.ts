import type { ByteString } from '../../../grammar/bytes.js';
import { changeOf } from '../../knowledge/changes.js';
import { SETTINGS_2_3 } from '../../knowledge/generated/settings-2.3.19.1.js';
import type { SettingType } from '../../knowledge/tables-2.4.js';
import type { ChangeDraft, NewStatement } from '../change.js';
import type { ChangeCode } from '../change-codes.js';
import { translateList } from '../list-settings.js';
import { fullName, newType } from '../new-settings.js';
import { commentedOut, draft, type OldSetting, setting, unchanged } from '../old-setting.js';
import { resolveValue } from '../references.js';
import type { Translation } from '../translation.js';
import { separatorsOf, wordOf } from './list-words.js';

/** A setting whose value 2.4 reads as 2.3 does, perhaps under another name. */
export function translateSimple(
  old: OldSetting,
  t: Translation,
  key: ByteString = old.key,
  changes: readonly ChangeDraft[] = [],
): readonly NewStatement[] {
  const type = newType(fullName(old.frames.at(-1)?.key, key));
  if (type === 'boollist') {
    const separators = separatorsOf(old.path);
    const word = wordOf(old.path);
    return translateList(old, t, {
      key,
      changes,
      ...(separators === undefined ? {} : { separators }),
      ...(word === undefined ? {} : { word: (text) => word(text, old) }),
    });
  }
  if (type === 'file') return translateFile(old, t, key, changes);
  if (old.value.form === 'file') {
    return changes.length === 0 && key === old.key
      ? [unchanged(old)]
      : [setting(key, `<${old.value.text}`, old, changes, 'raw')];
  }
  const resolved = resolveValue(old, t);
  const translated = holdsVariables(old.path)
    ? t.string(resolved.text, old)
    : { text: resolved.text, changes: [] };
  const value = old.path.startsWith('plugin/')
    ? typedPluginValue(old, translated.text, type)
    : inNumbers(old, translated.text);
  const all = [...changes, ...resolved.changes, ...translated.changes, ...value.changes];
  const isSame = all.length === 0 && key === old.key && value.text === old.value.text;
  if (isSame && old.value.form === 'quoted' && newType(fullName(old.frames.at(-1)?.key, key)) === 'str')
    return [unchanged(old)];
  if (isSame && old.value.form !== 'quoted') return [keptAsWritten(old, value.text)];
  return [setting(key, value.text, old, all, resolved.form)];
}

/** A bare value that 2.4 reads as 2.3 did; `$` alone means nothing in 2.4. */
function keptAsWritten(old: OldSetting, text: ByteString): NewStatement {
  return /(?:^|\s)\$(?:SET|ENV):/.test(text) && old.value.form === 'text'
    ? setting(old.key, text, old)
    : unchanged(old);
}

/** A renamed setting. */
export function rename(old: OldSetting, t: Translation, key: ByteString, code: ChangeCode = 'DV721') {
  return translateSimple(old, t, key, [draft(code, 'exact', `2.4 calls ${old.key} ${key}.`, old)]);
}

/** `<path` of 2.3 where 2.4 takes the path. */
function translateFile(
  old: OldSetting,
  t: Translation,
  key: ByteString,
  changes: readonly ChangeDraft[],
): readonly NewStatement[] {
  const reason = `${key} of 2.4 takes the path of the file, without <.`;
  if (old.value.form === 'file' || old.value.text === '' || old.path === 'ssl_client_ca_file')
    return [
      setting(
        key,
        old.value.text,
        old,
        old.value.form === 'file' ? [draft('DV723', 'exact', reason, old)] : changes,
      ),
    ];
  const { text } = resolveValue(old, t, true);
  // A certificate's text itself, on one line.
  return [
    setting(key, `inline:${text}`, old, [
      draft('DV723', 'exact', `${key} of 2.4 takes a path; a text stands behind inline:.`, old),
    ]),
  ];
}

const UNLIMITED_AT_ZERO = new Set([
  'imapc_max_line_length',
  'imapc_max_idle_time',
  'submission_relay_max_idle_time',
  'mailbox_idle_check_interval',
  'lmtp_user_concurrency_limit',
  'plugin/quota_max_mail_size',
  'plugin/fts_index_timeout',
  'service/service_count',
  'service/vsz_limit',
  'default_vsz_limit',
]);

function inNumbers(old: OldSetting, text: ByteString): { text: ByteString; changes: readonly ChangeDraft[] } {
  if (UNLIMITED_AT_ZERO.has(old.path) && /^0+(?: *[a-z]+)?$/i.test(text))
    return {
      text: 'unlimited',
      changes: [draft('DV722', 'exact', `0 meant no limit for ${old.key}; 2.4 writes unlimited.`, old)],
    };
  return { text, changes: [] };
}

/** Plugin settings had no types in 2.3: each plugin read its text in its own way. */
function typedPluginValue(
  old: OldSetting,
  text: ByteString,
  type: SettingType | undefined,
): { text: ByteString; changes: readonly ChangeDraft[] } {
  const zero = inNumbers(old, text);
  if (zero.text !== text) return zero;
  const change = (reason: string) => [draft('DV722', 'exact', reason, old)];
  // Dovecot 2.3.19.1 mail-user.c mail_user_set_plugin_getenv_bool()
  if (type === 'bool' && !/^(?:yes|y|1|no)$/i.test(text))
    return { text: /^[nN0fF]/.test(text) ? 'no' : 'yes', changes: change('2.4 takes yes or no.') };
  if ((type === 'time' || type === 'time_msecs') && /^[1-9]\d*$/.test(text))
    return { text: `${text} secs`, changes: change('2.4 wants a unit.') };
  return { text, changes: [] };
}

let variableSettings: Set<string> | undefined;

/** Settings whose value the reading program expands itself (Dovecot 2.3.19.1). */
const EXPANDED_LATER = [
  'login_log_format_elements',
  'login_log_format',
  'auth_username_format',
  'auth_policy_request_attributes',
  'imap_logout_format',
  'imap_urlauth_logout_format',
  'pop3_logout_format',
  'pop3_uidl_format',
  'submission_logout_format',
  'managesieve_logout_format',
  'deliver_log_format',
  'rejection_subject',
  'rejection_reason',
  'mail_log_prefix',
  'dsync_remote_cmd',
  'postmaster_address',
  'mail_attribute_dict',
  'mail_home',
  'mail_chroot',
  'mail_attachment_hash',
];

/** Whether a 2.3 setting may hold variables. */
function holdsVariables(path: string): boolean {
  variableSettings ??= new Set([
    ...SETTINGS_2_3.flatMap(([name, type]) =>
      type === 'str_vars' && typeof name === 'string' ? [name] : [],
    ),
    ...EXPANDED_LATER,
  ]);
  return path.startsWith('plugin/') || variableSettings.has(path);
}

/** A setting by what the table of changes says of it. */
export function translateByTable(old: OldSetting, t: Translation): readonly NewStatement[] {
  const change = changeOf(old.path);
  const [name] = change?.names ?? [];
  if (change === undefined || change.kind.startsWith('same_name') || name === old.key)
    return translateSimple(old, t);
  if (
    name !== undefined &&
    (change.kind === 'renamed' || change.kind === 'moved' || change.kind === 'renamed_file')
  )
    return rename(old, t, name);
  const reason = `2.4 has no ${old.key}${change.note === null ? '' : `; ${change.note}`}.`;
  return commentedOut(old, draft('DV733', 'decide', reason, old));
}
