import type { ByteString } from '../../../grammar/bytes.js';
import type { ChangeDraft, NewStatement } from '../change.js';
import { commentedOut, draft, type OldSetting, section, setting } from '../old-setting.js';
import { resolveValue } from '../references.js';
import type { SettingTranslator, SettingTranslators } from '../settings/setting-translator.js';
import type { Translation } from '../translation.js';
import { block, moved, pluginText } from './plugin-setting.js';

interface QuotaRoot {
  readonly driver: ByteString;
  readonly name: ByteString;
  readonly args: readonly ByteString[];
}

/** `count:User quota:noenforcing` (Dovecot 2.3.19.1 quota.c). */
function parseRoot(text: ByteString): QuotaRoot {
  const [driver = '', name = '', ...args] = text.split(':');
  // `maildir:ignore=Trash`: an argument where the name belongs.
  return /^(?:ignore|ns|backend)=|^(?:noenforcing|hidden|ignoreunlimited)$/.test(name)
    ? { driver, name: '', args: [name, ...args] }
    : { driver, name, args };
}

/** The section of a quota root: `quota`, `quota2` by the number in the setting's name. */
function rootName(old: OldSetting, t: Translation): ByteString {
  const number = /^quota(\d*)/.exec(old.key.replace(/^quota_(?:rule|warning|grace).*/, 'quota'))?.[1] ?? '';
  const root = t.pluginSettings(old.frames).get(`quota${number}`)?.node.value.text ?? '';
  return parseRoot(root).name || `user${number}`;
}

/** Whether there is but one root: its limits stand outside then, where userdb fields override them. */
function isOnlyRoot(old: OldSetting, t: Translation): boolean {
  return [...t.pluginSettings(old.frames).keys()].filter((key) => /^quota\d*$/.test(key)).length <= 1;
}

const root: SettingTranslator = (old, t) => {
  const { text } = resolveValue(old, t, true);
  const { driver, args } = parseRoot(text);
  const changes: ChangeDraft[] = [
    draft('DV735', 'exact', 'A quota root is a section of its own in 2.4.', old),
  ];
  const body: NewStatement[] = [];
  if (driver === 'dict' || driver === 'dirsize') {
    body.push(setting('driver', 'count'));
    const reason = `2.4 has no quota driver ${driver}: count keeps the usage in the indexes, which are read anew once; quota_clone writes it to a dict.`;
    changes.push(draft('DV733', 'decide', reason, old));
  } else body.push(setting('driver', driver));
  for (const arg of args) {
    if (arg === 'noenforcing') body.push(setting('enforce', 'no'));
    else if (arg === 'hidden') body.push(setting('hidden', 'yes'));
    else if (arg === 'ignoreunlimited') body.push(setting('ignore_unlimited', 'yes'));
    else if (driver === 'fs') body.push(...fsArgument(arg));
    else if (arg.startsWith('ns='))
      changes.push(
        draft(
          'DV735',
          'decide',
          `Put the section into the namespace with the prefix ${arg.slice(3)}: 2.4 has no ns=.`,
          old,
        ),
      );
  }
  const ignored = args.flatMap((arg) => (arg.startsWith('ignore=') ? [arg.slice(7)] : []));
  return [
    block('quota', rootName(old, t), body, old, changes),
    ...ignored.map((name) => section('mailbox', name, [setting('quota_ignore', 'yes')])),
  ];
};

function fsArgument(arg: ByteString): NewStatement[] {
  if (arg === 'user' || arg === 'group') return [setting('fs_type', arg)];
  if (arg === 'inode_per_mail') return [setting('fs_message_limit', 'yes')];
  return arg.startsWith('mount=') ? [setting('fs_mount_path', arg.slice(6))] : [];
}

interface Limit {
  readonly key: ByteString;
  readonly value: ByteString;
}

/** `storage=1G`, `bytes=+10%`, `messages=100` as settings; storage without a unit counts kilobytes. */
function limitOf(text: ByteString): Limit | null {
  const [, kind, sign, number, unit] =
    /^(storage|bytes|messages)=([+-]?)(\d+)([bBkKmMgGtT%]?)%?$/.exec(text) ?? [];
  if (kind === undefined || number === undefined) return null;
  const isCount = kind === 'messages';
  if (unit === '%') {
    const percent =
      sign === '-' ? 100 - Number(number) : sign === '+' ? 100 + Number(number) : Number(number);
    return { key: isCount ? 'quota_message_percentage' : 'quota_storage_percentage', value: String(percent) };
  }
  if (isCount) return { key: 'quota_message_count', value: number === '0' ? 'unlimited' : number };
  const letter = unit === '' || unit === undefined ? (kind === 'storage' ? 'k' : 'B') : unit;
  // quota_limit_parse(): with storage the number is multiplied by 1024 only where no unit is written.
  const size = `${number}${letter.toUpperCase() === 'B' ? 'B' : letter.toUpperCase()}`;
  if (sign === '+') return { key: 'quota_storage_extra', value: size };
  return { key: 'quota_storage_size', value: number === '0' ? 'unlimited' : size };
}

const rule: SettingTranslator = (old, t) => {
  const { text } = resolveValue(old, t, true);
  const change = draft(
    'DV735',
    'exact',
    'A quota rule is settings of the root, or of a mailbox, in 2.4.',
    old,
  );
  const [mailbox = '', ...limits] = text.split(':');
  if (limits[0] === 'ignore')
    return [block('mailbox', mailbox, [setting('quota_ignore', 'yes')], old, [change])];
  const parsed = limits.map(limitOf);
  const settings = parsed.flatMap((limit) => (limit === null ? [] : [limit]));
  const changes = [change];
  if (settings.length < parsed.length || settings.length === 0)
    return commentedOut(
      old,
      draft('DV735', 'decide', `dvproxy cannot read the rule ${text}: set quota_storage_size.`, old),
    );
  if (mailbox === '?')
    changes.push(
      draft(
        'DV735',
        'equivalent',
        '?: is the limit of users without one of their own; userdb fields override it in 2.4.',
        old,
      ),
    );
  const isDefault = mailbox === '*' || mailbox === '?';
  // Limits of a mailbox are always added to the user's (quota_rule_parse_limits()).
  const lines = settings.map(({ key, value }) =>
    setting(!isDefault && key === 'quota_storage_size' ? 'quota_storage_extra' : key, value),
  );
  if (!isDefault) return [block('mailbox', mailbox, lines, old, changes)];
  const isRooted = !isOnlyRoot(old, t) || /^quota\d+_rule/.test(old.key);
  if (isRooted) return [block('quota', rootName(old, t), lines, old, changes)];
  return settings.map(({ key, value }, at) =>
    setting(key, value, at === 0 ? old : undefined, at === 0 ? changes : []),
  );
};

/** `storage=95%% quota-warning 95 %u` */
const warning: SettingTranslator = (old, t) => {
  const { text } = resolveValue(old, t, true);
  const [, under, limit = '', command = ''] =
    /^(-?)(\S+)\s+(.*)$/.exec(text.replaceAll('%%', '%').trim()) ?? [];
  const parsed = limitOf(limit);
  if (parsed === null)
    return commentedOut(old, draft('DV735', 'decide', `dvproxy cannot read the warning ${text}.`, old));
  const [service = '', ...rest] = command.split(/\s+/);
  const args = t.string(rest.join(' '), old);
  const number = /\d*$/.exec(old.key)?.[0] || '1';
  const isCount = parsed.key.startsWith('quota_message');
  const change = draft('DV735', 'exact', 'A quota warning is a section that executes a service in 2.4.', old);
  const body: NewStatement[] = [
    ...(isCount ? [setting('resource', 'message')] : []),
    ...(under === '-' ? [setting('threshold', 'under')] : []),
    setting(parsed.key, parsed.value),
    section('execute', service, args.text === '' ? [] : [setting('args', args.text)]),
  ];
  const name = `warning${number}`;
  return [block('quota', rootName(old, t), [section('warning', name, body)], old, [change, ...args.changes])];
};

const grace: SettingTranslator = (old, t) => {
  const text = resolveValue(old, t, true).text.replaceAll('%%', '%');
  const percent = /^(\d+)%$/.exec(text)?.[1];
  if (percent === undefined) return moved(old, t, 'quota_storage_grace', 'DV735');
  const limit = globalLimit(old, t);
  const bytes = limit === null ? null : (limit * BigInt(percent)) / 100n;
  const reason =
    bytes === null
      ? 'The grace is a size in 2.4, no percentage; this is the default of 2.4.'
      : `The grace is a size in 2.4: ${percent} % of the limit that the configuration sets.`;
  return [
    setting('quota_storage_grace', bytes === null ? '10M' : `${bytes}B`, old, [
      draft('DV735', 'decide', reason, old),
    ]),
  ];
};

/** The storage limit of the rule for all mailboxes, in bytes. */
function globalLimit(old: OldSetting, t: Translation): bigint | null {
  const text = t.pluginSettings(old.frames).get('quota_rule')?.node.value.text ?? '';
  const limit = limitOf(text.split(':')[1] ?? '');
  const [, number, unit = 'B'] = /^(\d+)([BKMGT])$/.exec(limit?.value ?? '') ?? [];
  return number === undefined ? null : BigInt(number) << BigInt(10 * 'BKMGT'.indexOf(unit));
}

function renamedTo(name: string): SettingTranslator {
  return (old, t) => moved(old, t, name, 'DV735');
}

const overScript: SettingTranslator = (old, t) => {
  const { text, changes } = pluginText(old, t);
  const [service = '', ...rest] = text.split(/\s+/);
  const change = draft(
    'DV735',
    'exact',
    'The script is an execute section of quota_over_status { } in 2.4.',
    old,
  );
  const args = rest.length === 0 ? [] : [setting('args', rest.join(' '))];
  return [block('quota_over_status', null, [section('execute', service, args)], old, [change, ...changes])];
};

const needless: SettingTranslator = (old) =>
  commentedOut(old, draft('DV732', 'exact', 'The count driver of 2.4 always counts virtual sizes.', old));

const noSetQuota: SettingTranslator = (old) =>
  commentedOut(old, draft('DV733', 'decide', '2.4 has no IMAP SETQUOTA: set limits in the userdb.', old));

/** By the name without its number. */
export const quotaSettings: SettingTranslators = {
  quota: root,
  quota_rule: rule,
  quota_warning: warning,
  quota_grace: grace,
  quota_max_mail_size: renamedTo('quota_mail_size'),
  quota_over_flag: renamedTo('quota_over_status_current'),
  quota_over_flag_lazy_check: renamedTo('quota_over_status_lazy_check'),
  quota_over_flag_value: renamedTo('quota_over_status_mask'),
  quota_over_script: overScript,
  quota_vsizes: needless,
  quota_set: noSetQuota,
};
