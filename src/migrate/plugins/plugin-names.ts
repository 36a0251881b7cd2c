import type { ByteString } from '../../../grammar/bytes.js';
import { nameTable } from '../../../grammar/name-table.js';
import type { ListWord } from '../list-settings.js';
import { draft, type OldSetting } from '../old-setting.js';

/** Plugins that 2.4 has under another name. */
const RENAMED: Readonly<Record<string, string>> = nameTable({ zlib: 'mail_compress' });

/** Plugins that 2.4 does not have, with what people do instead (upgrade guide of 2.4). */
const GONE: Readonly<Record<string, string>> = nameTable({
  imap_zlib: 'IMAP COMPRESS is always there in 2.4.',
  fts_lucene: 'Use fts_flatcurve, which is part of 2.4, or fts_solr.',
  fts_squat: 'Use fts_flatcurve, which is part of 2.4, or fts_solr.',
  fts_dovecot: 'It belongs to Dovecot Pro; use fts_flatcurve.',
  antispam: 'Use imap_sieve with sieve_extprograms to train a spam filter when a mail is moved.',
  replication: 'Replication is gone; use shared storage, or doveadm sync from a timer.',
  listescape: 'Set mailbox_list_storage_escape_char.',
  mailbox_alias: 'Use special_use of a mailbox, or Sieve.',
  old_stats: 'Metrics (metric NAME { }) count what it counted.',
  imap_old_stats: 'Metrics (metric NAME { }) count what it counted.',
  stats: 'Metrics (metric NAME { }) count what it counted.',
  imap_stats: 'Metrics (metric NAME { }) count what it counted.',
  expire: 'Set autoexpunge in the mailbox sections.',
  autocreate: 'Set auto in the mailbox sections.',
  snarf: 'It is gone without a successor.',
  mail_filter: 'It is gone without a successor.',
});

/** Plugins that come with 2.4.1 and Pigeonhole (lib*_plugin.so of Debian 13's packages). */
const KNOWN = new Set(
  'acl apparmor mail_lua imap_acl lazy_expunge mail_crypt_acl pop3_migration last_login mail_crypt quota imap_quota trash notify charset_alias fts mail_compress mail_log notify_status push_notification quota_clone virtual fts_flatcurve fts_solr push_notification_lua sieve imap_filter_sieve imap_sieve welcome'.split(
    ' ',
  ),
);

/** A name in mail_plugins: 2.4 does not start where one is missing, so those that are gone are left out. */
export function pluginWord(word: ByteString, old: OldSetting): ListWord {
  const renamed = RENAMED[word];
  if (renamed !== undefined)
    return {
      word: renamed,
      change: draft('DV742', 'exact', `2.4 calls the plugin ${word} ${renamed}.`, old),
    };
  const gone = GONE[word];
  if (gone === undefined) {
    if (KNOWN.has(word)) return { word };
    const reason = `${word} is a plugin of somebody else: 2.4 does not start a mail process without a version of it for 2.4.`;
    return { word, change: draft('DV742', 'decide', reason, old) };
  }
  const kind = word === 'imap_zlib' ? 'exact' : 'decide';
  return { word: null, change: draft('DV742', kind, `2.4 has no plugin ${word}. ${gone}`, old) };
}
