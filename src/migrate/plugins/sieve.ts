import type { ByteString } from '../../../grammar/bytes.js';
import type { ChangeDraft, NewStatement } from '../change.js';
import { translateDictUri } from '../dict-uri.js';
import { translateList } from '../list-settings.js';
import { commentedOut, draft, type OldSetting, section, setting } from '../old-setting.js';
import { resolveValue } from '../references.js';
import type { SettingTranslator, SettingTranslators } from '../settings/setting-translator.js';
import type { Translation } from '../translation.js';
import { block, moved, pluginText, said } from './plugin-setting.js';

/** `file:PATH;active=X;name=Y;bindir=Z`, `dict:URI;name=Y`, `ldap:...`, or a path alone. */
export function storageBody(text: ByteString, old: OldSetting, t: Translation): readonly NewStatement[] {
  const [location = '', ...options] = text.split(';');
  const colon = /^(file|dict|ldap):/.exec(location);
  const driver = colon?.[1] ?? 'file';
  const place = colon === null ? location : location.slice(driver.length + 1);
  const body: NewStatement[] = [];
  const put = (key: ByteString, value: ByteString) => {
    const { text: now, changes } = t.string(value, old);
    body.push(setting(key, now, undefined, changes));
  };
  if (driver !== 'file') body.push(setting('driver', driver));
  if (driver === 'dict') body.push(...translateDictUri(place, old, t));
  else if (place !== '') put('path', place);
  for (const option of options) {
    const [name = '', value = ''] = option.split('=', 2);
    if (name === 'active') put('active_path', value);
    else if (name === 'name') put('name', value);
    else if (name === 'bindir') put('bin_path', value);
  }
  return body;
}

const STORAGE = 'A place of Sieve scripts is a section of its own in 2.4, sieve_script NAME { }.';

/** The user's own scripts: `sieve` with `sieve_dir`. */
const personal: SettingTranslator = (old, t) => {
  const settings = t.pluginSettings(old.frames);
  const { text } = resolveValue(old, t, true);
  const folder = settings.get('sieve_dir')?.node.value.text ?? settings.get('sieve_storage')?.node.value.text;
  const change = draft('DV736', 'exact', STORAGE, old);
  if (/^(?:dict|ldap):|;active=/.test(text))
    return [block('sieve_script', 'personal', storageBody(text, old, t), old, [change])];
  const isFile = /^file:/.test(text);
  // 2.3: `sieve = PATH` is the active script; scripts are stored in sieve_dir, ~/sieve by default (sieve-storage-file).
  const path = isFile ? text : `file:${folder ?? '~/sieve'};active=${text}`;
  return [block('sieve_script', 'personal', storageBody(path, old, t), old, [change])];
};

const personalFolder: SettingTranslator = (old, t) => {
  if (t.pluginSettings(old.frames).has('sieve')) return said(old, 'DV736', 'sieve_script personal { }');
  const { text } = resolveValue(old, t, true);
  const body = storageBody(`file:${text};active=~/.dovecot.sieve`, old, t);
  return [block('sieve_script', 'personal', body, old, [draft('DV736', 'exact', STORAGE, old)])];
};

/** Scripts of the administrator: before and after the user's own, default, global, discard. */
function storage(type: string, name = type): SettingTranslator {
  return (old, t) => {
    const { text } = resolveValue(old, t, true);
    const number = /\d+$/.exec(old.key)?.[0] ?? '';
    const changes: ChangeDraft[] = [draft('DV736', 'exact', STORAGE, old)];
    const several = [...t.pluginSettings(old.frames).keys()].filter((key) =>
      new RegExp(`^sieve_${type}\\d*$`).test(key),
    );
    const body: NewStatement[] = [setting('type', type), ...storageBody(text, old, t)];
    // 2.3 goes by the number, 2.4 by precedence.
    if (several.length > 1) body.push(setting('precedence', number === '' ? '1' : number));
    if (type === 'default') {
      const shown = t.pluginSettings(old.frames).get('sieve_default_name')?.node.value.text;
      if (shown !== undefined) body.push(setting('name', shown));
    }
    return [block('sieve_script', `${name}${number}`, body, old, changes)];
  };
}

/** `+a -b` changes the list, anything else replaces it. */
const extensions: SettingTranslator = (old, t) => {
  const { text } = resolveValue(old, t, true);
  const words = text.split(/[ \t]+/).filter((word) => word !== '');
  if (!words.some((word) => /^[+-]/.test(word))) return translateList(old, t, { changes: [plain(old)] });
  const body = words.map((word) => setting(word.replace(/^[+-]/, ''), word.startsWith('-') ? 'no' : 'yes'));
  const kept = body.filter(({ key }) => !GONE_EXTENSIONS.has(key));
  return [
    block(old.key, null, kept, old, [
      draft('DV725', 'exact', `2.4 has a block, ${old.key} { NAME = yes }.`, old),
    ]),
  ];
};

// Upgrade guide of 2.4.
const GONE_EXTENSIONS = new Set(['notify', 'imapflags', 'vnd.dovecot.duplicate']);

function plain(old: OldSetting): ChangeDraft {
  return draft('DV734', 'exact', `The plugin setting ${old.key} is a global setting in 2.4.`, old);
}

const vacationCheck: SettingTranslator = (old) => [
  setting('sieve_vacation_check_recipient', /^(?:y|yes|1)$/i.test(old.value.text) ? 'no' : 'yes', old, [
    draft(
      'DV722',
      'exact',
      'sieve_vacation_check_recipient is sieve_vacation_dont_check_recipient turned around.',
      old,
    ),
  ]),
];

/** One setting for several headers: a section for each. */
function headers(key: string): SettingTranslator {
  return (old) =>
    old.value.text
      .split(/\s+/)
      .filter((name) => name !== '')
      .map((name, at) => {
        const body = key === '' ? ['forbid_add', 'forbid_delete'] : [key];
        const changes = at === 0 ? [draft('DV736', 'exact', '2.4 has a section for each header.', old)] : [];
        return section(
          'sieve_editheader_header',
          name,
          body.map((one) => setting(one, 'yes')),
          changes,
        );
      });
}

/** `sieve_spamtest_text_value3 = x` as an entry of the list of texts. */
function textValue(list: string): SettingTranslator {
  return (old, t) => {
    const number = /\d+$/.exec(old.key)?.[0] ?? '';
    const { text, changes } = pluginText(old, t);
    return [
      block(list, null, [setting(number, text)], old, [
        draft('DV725', 'exact', `2.4 has a block, ${list} { }.`, old),
        ...changes,
      ]),
    ];
  };
}

function renamedTo(name: string): SettingTranslator {
  return (old, t) => moved(old, t, name, 'DV736');
}

const limitsFrom2_3: SettingTranslator = (old) =>
  commentedOut(old, draft('DV732', 'exact', '2.4 has no such limit.', old));

/** By the name without its number. */
export const sieveSettings: SettingTranslators = {
  sieve: personal,
  sieve_dir: personalFolder,
  sieve_storage: personalFolder,
  sieve_before: storage('before'),
  sieve_after: storage('after'),
  sieve_default: storage('default'),
  sieve_global_path: storage('default'),
  sieve_global: storage('global'),
  sieve_global_dir: storage('global'),
  sieve_discard: storage('discard'),
  sieve_default_name: (old) => said(old, 'DV736', 'sieve_script default { }'),
  sieve_extensions: extensions,
  sieve_global_extensions: extensions,
  sieve_implicit_extensions: extensions,
  sieve_vacation_dont_check_recipient: vacationCheck,
  sieve_vacation_max_subject_codepoints: limitsFrom2_3,
  sieve_editheader_forbid_add: headers('forbid_add'),
  sieve_editheader_forbid_delete: headers('forbid_delete'),
  sieve_editheader_protected: headers(''),
  sieve_spamtest_max_header: renamedTo('sieve_spamtest_score_max_header'),
  sieve_spamtest_max_value: renamedTo('sieve_spamtest_score_max_value'),
  sieve_virustest_max_header: renamedTo('sieve_virustest_score_max_header'),
  sieve_virustest_max_value: renamedTo('sieve_virustest_score_max_value'),
  sieve_spamtest_text_value: textValue('sieve_spamtest_text_value'),
  sieve_virustest_text_value: textValue('sieve_virustest_text_value'),
  sieve_quota_max_scripts: renamedTo('sieve_quota_script_count'),
  sieve_quota_max_storage: renamedTo('sieve_quota_storage_size'),
  sieve_user_log: renamedTo('sieve_user_log_path'),
  sieve_variables_max_scope_size: renamedTo('sieve_variables_max_scope_count'),
  sieve_variables_max_variable_size: renamedTo('sieve_variables_max_value_size'),
};
