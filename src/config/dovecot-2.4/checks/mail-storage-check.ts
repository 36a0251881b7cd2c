import type { ByteString } from '../../../../grammar/bytes.js';
import { attachmentHashError } from '../../hash-format.js';
import { uriError } from '../../uri-syntax.js';
import type { StructCheck } from './check-context.js';
import type { StructView } from './struct-view.js';

const UIDL_VARIABLES = ['uidvalidity', 'uid', 'md5', 'filename', 'guid'];

function checkUidl(format: ByteString): ByteString | null {
  const names = [...format.matchAll(/%\{\s*([A-Za-z0-9_:]+)/g)].map((match) => match[1] ?? '');
  const unknown = names.find((name) => !UIDL_VARIABLES.includes(name));
  if (unknown !== undefined) return `Unknown pop3_uidl_format variable: %{${unknown}}`;
  return names.length > 0 ? null : "pop3_uidl_format setting doesn't contain any %{variables}.";
}

const HEADER = 'hdr.';

function checkCacheFields(view: StructView, name: ByteString): ByteString | null {
  const fields = view.list(name);
  for (const field of fields) {
    if (field.slice(0, HEADER.length).toLowerCase() !== HEADER) continue;
    const header = field.slice(HEADER.length);
    // RFC 5322 2.2: printable US-ASCII without the colon
    if (!/^[!-9;-~]+$/.test(header)) return `Invalid ${name}: ${header} is not a valid header name`;
  }
  if (fields.includes('*') && fields.length > 1)
    return `Invalid ${name}: has multiple values while having "*" set`;
  return null;
}

const DETECTION_OPTIONS = ['add-flags', 'add-flags-on-save', 'no-flags-on-fetch', 'exclude-inlined'];

/** Dovecot 2.4.1 mail-storage-settings.c. */
export const checkMailStorage: StructCheck = (view) => {
  if (view.time('mailbox_idle_check_interval') === 0) return 'mailbox_idle_check_interval must not be 0';
  if (view.boolean('mail_nfs_index') && !view.boolean('mmap_disable'))
    return 'mail_nfs_index=yes requires mmap_disable=yes';
  if (view.boolean('mail_nfs_index') && view.text('mail_fsync') !== 'always')
    return 'mail_nfs_index=yes requires mail_fsync=always';
  if (view.size('mail_cache_max_size') > 1024 ** 3) return "mail_cache_max_size can't be over 1 GB";
  if (view.number('mail_cache_purge_delete_percentage') > 100)
    return "mail_cache_purge_delete_percentage can't be over 100";
  const uidl = checkUidl(view.text('pop3_uidl_format'));
  if (uidl !== null) return uidl;
  const admin = view.text('mail_server_admin');
  const adminError = admin === '' ? null : uriError(admin);
  if (adminError !== null) return `mail_server_admin: '${admin}' is not a valid URI: ${adminError}`;
  for (const option of view.list('mail_attachment_detection_options'))
    if (!DETECTION_OPTIONS.includes(option) && !option.startsWith('content-type='))
      return `mail_attachment_detection_options: Unknown option: ${option}`;
  for (const name of ['mail_cache_fields', 'mail_always_cache_fields', 'mail_never_cache_fields']) {
    const error = checkCacheFields(view, name);
    if (error !== null) return error;
  }
  const prefix = view.text('mailbox_list_index_prefix');
  if (prefix.lastIndexOf('/') > 0 && !prefix.startsWith('/') && view.isEmpty('mail_index_path'))
    return 'mailbox_list_index_prefix directory is relative, but mail_index_path is empty';
  if (view.text('mailbox_root_directory_name').includes('/'))
    return "mailbox_root_directory_name must not contain '/'";
  for (const name of ['mailbox_list_visible_escape_char', 'mailbox_list_storage_escape_char'])
    if (view.text(name).length > 1 && !view.text(name).startsWith('UNKNOWN_'))
      return `${name} value must be a single character`;
  return attachmentHashError(view.text('mail_ext_attachment_hash'));
};
