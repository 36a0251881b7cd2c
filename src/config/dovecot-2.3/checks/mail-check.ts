import type { ByteString } from '../../../../grammar/bytes.js';
import { isUtf8 } from '../../../../grammar/utf8.js';
import { attachmentHashError } from '../../hash-format.js';
import { sections } from '../effective-settings.js';
import type { View } from '../view.js';
import { type Check, eachSection, type Finding, finding, raw, words } from './check.js';

/** Dovecot 2.3.19.1 mail-storage-settings.c. */
export const checkMailStorage: Check = (view) => {
  const found: Finding[] = [];
  const say = (setting: string, text: ByteString) => found.push(finding(view, setting, text));
  if (view.time('mailbox_idle_check_interval') === 0)
    say('mailbox_idle_check_interval', 'mailbox_idle_check_interval must not be 0');
  const fsync = raw(view, 'mail_fsync');
  const nfsIndex = view.boolean('mail_nfs_index');
  if (nfsIndex && !view.boolean('mmap_disable'))
    say('mail_nfs_index', 'mail_nfs_index=yes requires mmap_disable=yes');
  if (nfsIndex && fsync !== 'always') say('mail_nfs_index', 'mail_nfs_index=yes requires mail_fsync=always');
  const lock = raw(view, 'lock_method');
  if (!['fcntl', 'flock', 'dotlock'].includes(lock.toLowerCase()))
    say('lock_method', `Unknown lock_method: ${lock}`);
  if (view.size('mail_cache_max_size') > 1024 ** 3)
    say('mail_cache_max_size', "mail_cache_max_size can't be over 1 GB");
  if (view.number('mail_cache_purge_delete_percentage') > 100)
    say('mail_cache_purge_delete_percentage', "mail_cache_purge_delete_percentage can't be over 100");
  const uidl = uidlError(raw(view, 'pop3_uidl_format'));
  if (uidl !== null) say('pop3_uidl_format', uidl);
  const hash = attachmentHashError(raw(view, 'mail_attachment_hash'));
  if (hash !== null) say('mail_attachment_hash', hash);
  for (const option of words(raw(view, 'mail_attachment_detection_options'), / +/))
    if (!DETECTION_OPTIONS.includes(option) && !option.startsWith('content-type='))
      say(
        'mail_attachment_detection_options',
        `mail_attachment_detection_options: Unknown option: ${option}`,
      );
  for (const name of ['mail_cache_fields', 'mail_always_cache_fields', 'mail_never_cache_fields'])
    for (const field of words(raw(view, name), /[ ,]+/)) {
      const header = /^hdr\.(.*)$/is.exec(field)?.[1];
      // RFC 5322 2.2: printable US-ASCII without the colon
      if (header !== undefined && !/^[!-9;-~]*$/.test(header))
        say(name, `Invalid ${name}: ${field} is not a valid header name`);
    }
  return found;
};

const DETECTION_OPTIONS = ['add-flags', 'add-flags-on-save', 'no-flags-on-fetch', 'exclude-inlined'];

function uidlError(format: ByteString): ByteString | null {
  let known = false;
  for (let at = 0; at < format.length; at++) {
    if (format[at] !== '%' || at + 1 === format.length) continue;
    at++;
    // [<offset>.]<width>[<modifiers>]<variable>; the scan goes on behind the first character (var_get_key()).
    const key = /^[0-9-]*(?:\.[0-9-]*)?[LUEXRHNMDT]*([\s\S]?)/.exec(format.slice(at))?.[1] ?? '';
    if ('vumfg'.includes(key) && key !== '') known = true;
    else if (key !== '%') return `Unknown pop3_uidl_format variable: %${key}`;
  }
  return known ? null : "pop3_uidl_format setting doesn't contain any %% variables.";
}

/** Namespaces with their mailboxes. */
export const checkNamespaces: Check = (view) => {
  const namespaces = sections(view, 'namespace');
  const all = namespaces.map((one) => one.view);
  return namespaces.flatMap(({ view: namespace }) => [
    ...checkNamespace(namespace, all),
    ...eachSection(namespace, 'mailbox', checkMailbox),
  ]);
};

function checkNamespace(view: View, all: readonly View[]): Finding[] {
  const found: Finding[] = [];
  const name = raw(view, 'prefix');
  if (raw(view, 'separator').length > 1)
    found.push(
      finding(view, 'separator', `Namespace '${name}': Hierarchy separator must be only one character long`),
    );
  if (!isUtf8(name)) found.push(finding(view, 'prefix', `Namespace prefix not valid UTF8: ${name}`));
  if (view.stored('alias_for') === null || view.boolean('disabled')) return found;
  // Both texts carry the same mark of an unexpanded value.
  const target = raw(view, 'alias_for');
  const other = all.find((one) => raw(one, 'prefix') === target);
  if (other === undefined)
    found.push(
      finding(view, 'alias_for', `Namespace '${name}': alias_for points to unknown namespace: ${target}`),
    );
  else if (other.stored('alias_for') !== null)
    found.push(
      finding(
        view,
        'alias_for',
        `Namespace '${name}': alias_for chaining isn't allowed: ${target} -> ${raw(other, 'alias_for')}`,
      ),
    );
  return found;
}

const SPECIAL_USES = ['all', 'archive', 'drafts', 'flagged', 'important', 'junk', 'sent', 'trash'];

const checkMailbox: Check = (view) => {
  const name = raw(view, 'name');
  if (!isUtf8(name)) return [finding(view, 'name', `mailbox ${name}: name isn't valid UTF-8`)];
  return words(raw(view, 'special_use'), / +/)
    .filter((use) => !use.startsWith('\\') || !SPECIAL_USES.includes(use.slice(1).toLowerCase()))
    .map((use) => finding(view, 'special_use', `mailbox ${name}: unknown special_use: ${use}`));
};
