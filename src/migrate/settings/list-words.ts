import type { ByteString } from '../../../grammar/bytes.js';
import { nameTable } from '../../../grammar/name-table.js';
import type { ListWord } from '../list-settings.js';
import { draft, type OldSetting } from '../old-setting.js';
import { pluginWord } from '../plugins/plugin-names.js';

type WordTranslator = (word: ByteString, old: OldSetting) => ListWord;

/** What the programs of 2.3 split their lists at, where it is not blanks alone. */
const SEPARATORS: Readonly<Record<string, RegExp>> = nameTable({
  mail_plugins: /[ ,\t]+/,
  listen: /[ ,\t]+/,
  'service/inet_listener/address': /[ ,\t]+/,
  login_trusted_networks: /[ ,\t]+/,
  login_source_ips: /[ ,\t]+/,
  login_plugins: /[ ,\t]+/,
  imap_client_workarounds: /[ ,\t]+/,
  pop3_client_workarounds: /[ ,\t]+/,
  lmtp_client_workarounds: /[ ,\t]+/,
  submission_client_workarounds: /[ ,\t]+/,
  mail_access_groups: /[ ,\t]+/,
  'service/extra_groups': /[ ,\t]+/,
  valid_chroot_dirs: /:/,
  doveadm_allowed_commands: /[ ,\t]+/,
  mail_cache_fields: /[ ,\t]+/,
  mail_always_cache_fields: /[ ,\t]+/,
  mail_never_cache_fields: /[ ,\t]+/,
  mail_attachment_detection_options: /[ ,\t]+/,
  imapc_features: /[ ,\t]+/,
  pop3c_features: /[ ,\t]+/,
  'plugin/mail_log_events': /[ ,\t]+/,
  'plugin/mail_log_fields': /[ ,\t]+/,
  'plugin/sieve_plugins': /[ ,\t]+/,
  'plugin/acl_groups': /,/,
});

export function separatorsOf(path: string): RegExp | undefined {
  return SEPARATORS[path];
}

// imapc features that are on by default in 2.4, with the word that turns each off (Dovecot 2.4.1 imapc-settings.c).
const IMAPC_DEFAULTS = new Set([
  'rfc822.size',
  'fetch-headers',
  'search',
  'modseq',
  'delay-login',
  'fetch-bodystructure',
  'acl',
]);

const WORDS: Readonly<Record<string, WordTranslator>> = nameTable({
  mail_plugins: pluginWord,
  protocols: (word, old) => {
    if (word === 'managesieve')
      return { word: 'sieve', change: draft('DV744', 'exact', 'The protocol is called sieve.', old) };
    if (/^(?:imap|pop3)s$/.test(word)) {
      const plain = word.slice(0, -1);
      const reason = `${word} is no protocol of its own: its listener belongs to ${plain}.`;
      return { word: plain, change: draft('DV744', 'exact', reason, old) };
    }
    return { word };
  },
  imap_client_workarounds: (word, old) =>
    word === 'outlook-idle' || word === 'netscape-eoh'
      ? { word: null, change: draft('DV744', 'exact', `${word} has no effect in 2.3 either.`, old) }
      : { word },
  login_source_ips: (word, old) =>
    word.startsWith('?')
      ? {
          word: word.slice(1),
          change: draft(
            'DV722',
            'decide',
            '2.4 knows no ? in login_source_ips: the addresses are always used.',
            old,
          ),
        }
      : { word },
  imapc_features: (word, old) =>
    IMAPC_DEFAULTS.has(word.toLowerCase())
      ? { word: null, change: draft('DV722', 'exact', `2.4 always has the imapc feature ${word}.`, old) }
      : { word },
});

export function wordOf(path: string): WordTranslator | undefined {
  return WORDS[path];
}
