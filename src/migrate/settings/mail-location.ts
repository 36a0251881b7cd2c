import type { ByteString } from '../../../grammar/bytes.js';
import { nameTable } from '../../../grammar/name-table.js';
import type { ChangeDraft, NewStatement } from '../change.js';
import { draft, type OldSetting, setting } from '../old-setting.js';
import { resolveValue } from '../references.js';
import type { Translation } from '../translation.js';

/** Keys behind the path (Dovecot 2.3.19.1 mailbox-list.c mailbox_list_settings_parse_full()). */
const OPTIONS: Readonly<Record<string, readonly [key: string, value?: string]>> = nameTable({
  INBOX: ['mail_inbox_path'],
  INDEX: ['mail_index_path'],
  INDEXPVT: ['mail_index_private_path'],
  INDEXCACHE: ['mail_cache_path'],
  CONTROL: ['mail_control_path'],
  ALT: ['mail_alt_path'],
  ALTNOCHECK: ['mail_alt_check', 'no'],
  LAYOUT: ['mailbox_list_layout'],
  SUBSCRIPTIONS: ['mailbox_subscriptions_filename'],
  DIRNAME: ['mailbox_directory_name'],
  MAILBOXDIR: ['mailbox_root_directory_name'],
  VOLATILEDIR: ['mail_volatile_path'],
  LISTINDEX: ['mailbox_list_index_prefix'],
  FULLDIRNAME: ['mailbox_directory_name'],
  BROKENCHAR: ['mailbox_list_visible_escape_char'],
  ITERINDEX: ['mailbox_list_iter_from_index_dir', 'yes'],
  'NO-NOSELECT': ['mailbox_list_drop_noselect', 'yes'],
  'NO-FS-VALIDATION': ['mailbox_list_validate_fs_names', 'no'],
  'UTF-8': ['mailbox_list_utf8', 'yes'],
});

interface MailLocation {
  readonly driver: ByteString;
  readonly path: ByteString;
  readonly options: readonly { readonly key: ByteString; readonly value: ByteString }[];
}

const DRIVERS = new Set([
  'maildir',
  'mbox',
  'mdbox',
  'sdbox',
  'dbox',
  'imapc',
  'pop3c',
  'cydir',
  'virtual',
  'raw',
  'auto',
  'fail',
  'none',
]);

/** `driver:path:KEY=value`; `::` is a colon of the path. */
function parseLocation(text: ByteString): MailLocation {
  const parts = text
    .replaceAll('::', '\0')
    .split(':')
    .map((part) => part.replaceAll('\0', ':'));
  const hasDriver = DRIVERS.has(parts[0]?.toLowerCase() ?? '');
  const driver = hasDriver ? (parts.shift() ?? '') : '';
  const [path = '', ...rest] = parts;
  const options = rest.flatMap((part) => {
    const equals = part.indexOf('=');
    return [
      {
        key: equals === -1 ? part : part.slice(0, equals),
        value: equals === -1 ? '' : part.slice(equals + 1),
      },
    ];
  });
  return { driver, path, options };
}

/** The settings of 2.4 that a location of 2.3 stands for, without a change. */
export function locationSettings(text: ByteString): { key: ByteString; value: ByteString }[] {
  const { driver, path, options } = parseLocation(text);
  const lines: { key: ByteString; value: ByteString }[] = [];
  if (driver !== '' && driver !== 'auto')
    lines.push({ key: 'mail_driver', value: driver === 'dbox' ? 'sdbox' : driver });
  if (path !== '') lines.push({ key: 'mail_path', value: path });
  for (const { key, value } of options) {
    const known = OPTIONS[key];
    if (known === undefined) continue;
    const [name, fixed] = known;
    // imapdir and the other layouts keep their names.
    lines.push({ key: name, value: fixed ?? value });
    if (key === 'FULLDIRNAME') lines.push({ key: 'mailbox_directory_name_legacy', value: 'no' });
  }
  return lines;
}

/** In `type = shared` the owner's parts stand behind `%%` (2.4 namespaces). */
function ownerVariables(text: ByteString): ByteString {
  const owner: Readonly<Record<string, string>> = {
    u: '%{owner_user}',
    n: '%{owner_user | username}',
    d: '%{owner_user | domain}',
    h: '%{owner_home}',
  };
  return text.replaceAll(/%%([undh])/g, (whole, letter: string) => owner[letter] ?? whole);
}

/** `mail_location`, and `location` of a namespace. */
export function translateLocation(old: OldSetting, t: Translation): readonly NewStatement[] {
  const { text, changes } = resolveValue(old, t, true);
  if (text === '') {
    const reason = 'An empty location means the same as none.';
    return [{ kind: 'comment', text: `#${old.key} =`, changes: [draft('DV724', 'exact', reason, old)] }];
  }
  const all: ChangeDraft[] = [
    draft('DV724', 'exact', 'Each part of the mail location is a setting of its own in 2.4.', old),
    ...changes,
  ];
  const isNamespace = old.frames.some(({ key }) => key === 'namespace');
  const lines = locationSettings(text);
  if (isNamespace) lines.push(...notInherited(lines, t));
  return lines.map(({ key, value }, at) => {
    const shared = isNamespace && value.includes('%%') ? ownerVariables(value) : value;
    const parts = shared.split(/(%\{owner_[^}]*\})/);
    const strings = parts.map((part, index) =>
      index % 2 === 1 ? { text: part, changes: [] } : t.string(part, old),
    );
    const drafts = [...(at === 0 ? all : []), ...strings.flatMap((one) => one.changes)];
    return setting(key, strings.map((one) => one.text).join(''), at === 0 ? old : undefined, drafts);
  });
}

/** A namespace with a location of its own takes nothing of the global one in 2.3; in 2.4 it inherits each part. */
function notInherited(
  lines: readonly { readonly key: ByteString; readonly value: ByteString }[],
  t: Translation,
): { key: ByteString; value: ByteString }[] {
  const global = t.config.effective.setting('mail_location')?.text ?? '';
  const own = new Set(lines.map(({ key }) => key));
  const driver = lines.find(({ key }) => key === 'mail_driver')?.value ?? '';
  return locationSettings(global)
    .filter(({ key }) => !own.has(key) && key !== 'mail_driver' && key !== 'mail_path')
    .map(({ key }) => ({ key, value: defaultOf(key, driver) }));
}

const DEFAULTS: Readonly<Record<string, string>> = nameTable({
  mail_alt_check: 'yes',
  mailbox_list_iter_from_index_dir: 'no',
  mailbox_list_drop_noselect: 'no',
  mailbox_list_validate_fs_names: 'yes',
  mailbox_list_utf8: 'no',
  mailbox_directory_name_legacy: 'yes',
  mailbox_list_index_prefix: 'dovecot.list.index',
  mailbox_subscriptions_filename: 'subscriptions',
});

/** What a driver does where nothing is set (Dovecot 2.4.1 doveconf -d, filters of the drivers). */
function defaultOf(key: ByteString, driver: ByteString): ByteString {
  const isDbox = /^[ms]dbox$/.test(driver);
  switch (key) {
    case 'mailbox_list_layout':
      return driver === 'maildir' ? 'maildir++' : 'fs';
    case 'mailbox_directory_name':
      return isDbox ? 'dbox-Mails' : '';
    case 'mailbox_root_directory_name':
      return isDbox ? 'mailboxes' : '';
    default:
      return DEFAULTS[key] ?? '';
  }
}
