import type { ByteString } from '../../../../grammar/bytes.js';
import type { StructCheck } from './check-context.js';
import type { StructView } from './struct-view.js';

/** Settings whose elements must be known words; case does not matter unless `exact`. */
interface WordRule {
  readonly words: readonly string[];
  readonly error: (word: ByteString) => ByteString;
  readonly exact?: boolean;
}

function firstUnknown(words: readonly ByteString[], rule: WordRule): ByteString | null {
  const unknown = words.find((word) => !rule.words.includes(rule.exact === true ? word : word.toLowerCase()));
  return unknown === undefined ? null : rule.error(unknown);
}

function checkList(view: StructView, name: ByteString, rule: WordRule): ByteString | null {
  return firstUnknown(view.list(name), rule);
}

function workarounds(name: ByteString, words: readonly string[]): StructCheck {
  return (view) => checkList(view, name, { words, error: (word) => `${name}: Unknown workaround: ${word}` });
}

// Dovecot 2.4.1 imap-settings.c
export const imapWorkarounds: StructCheck = workarounds('imap_client_workarounds', [
  'delay-newmail',
  'tb-extra-mailbox-sep',
  'tb-lsub-flags',
]);

// Dovecot 2.4.1 pop3-settings.c
export const pop3Workarounds: StructCheck = workarounds('pop3_client_workarounds', [
  'outlook-no-nuls',
  'oe-ns-eoh',
]);

// Dovecot 2.4.1 lmtp-settings.c
export const lmtpWorkarounds: StructCheck = workarounds('lmtp_client_workarounds', [
  'whitespace-before-path',
  'mailbox-for-path',
]);

// Dovecot 2.4.1 submission-settings.c, submission-login-settings.c
export const submissionWorkarounds: StructCheck = workarounds('submission_client_workarounds', [
  'whitespace-before-path',
  'mailbox-for-path',
  'implicit-auth-external',
  'exotic-backend',
]);

// Dovecot 2.4.1 managesieve-settings.c
export const managesieveWorkarounds: StructCheck = workarounds('managesieve_client_workarounds', []);

// Dovecot 2.4.1 imapc-settings.c
const IMAPC_FEATURES = [
  'no-fetch-size',
  'guid-forced',
  'no-fetch-headers',
  'gmail-migration',
  'no-search',
  'zimbra-workarounds',
  'no-examine',
  'proxyauth',
  'fetch-msn-workarounds',
  'fetch-fix-broken-mails',
  'no-modseq',
  'no-delay-login',
  'no-fetch-bodystructure',
  'send-id',
  'fetch-empty-is-expunged',
  'no-msn-updates',
  'no-acl',
  'no-metadata',
  'no-qresync',
];

export const imapcFeatures: StructCheck = (view) => {
  for (const word of view.list('imapc_features')) {
    const throttle = /^throttle:(.*)$/is.exec(word);
    if (throttle !== null) {
      if (!/^[0-9]+:[0-9]+:[0-9]+$/.test(throttle[1] ?? ''))
        return 'imapc_features: Invalid throttle settings';
    } else if (!IMAPC_FEATURES.includes(word.toLowerCase()))
      return `imapc_features: Unknown feature: ${word}`;
  }
  return null;
};

// Dovecot 2.4.1 pop3c-settings.c
export const pop3cFeatures: StructCheck = (view) =>
  checkList(view, 'pop3c_features', {
    words: ['no-pipelining'],
    error: (word) => `pop3c_features: Unknown feature: ${word}`,
  });

// Dovecot 2.4.1 mail-log-plugin.c
export const mailLogWords: StructCheck = (view) =>
  checkList(view, 'mail_log_fields', {
    words: ['uid', 'box', 'msgid', 'size', 'vsize', 'flags', 'from', 'subject'],
    error: (word) => `Unknown field in mail_log_fields: '${word}'`,
    exact: true,
  }) ??
  checkList(view, 'mail_log_events', {
    words: [
      'append',
      'delete',
      'undelete',
      'expunge',
      'save',
      'copy',
      'mailbox_create',
      'mailbox_delete',
      'mailbox_rename',
      'flag_change',
    ],
    error: (word) => `Unknown event in mail_log_events: '${word}'`,
    exact: true,
  });

// Dovecot 2.4.1 doveadm-settings.c
export const doveadmWords: StructCheck = (view) => {
  if (view.isEmpty('dsync_hashed_headers')) return 'dsync_hashed_headers must not be empty';
  if (view.isEmpty('dsync_alt_char')) return 'dsync_alt_char must not be empty';
  const words = view
    .text('dsync_features')
    .split(/[ ,]+/)
    .filter((word) => word !== '');
  return firstUnknown(words, {
    words: ['empty-header-workaround', 'no-header-hashes'],
    error: (word) => `dsync_features: Unknown feature: ${word}`,
  });
};

// Dovecot 2.4.1 ssl-settings.c
export const sslOptions: StructCheck = (view, context) => {
  if (view.text('ssl_min_protocol').toUpperCase().includes('ANY'))
    context.warn('ssl_min_protocol=ANY is used - This is insecure and intended only for testing');
  const words = view
    .text('ssl_options')
    .split(/[ ,]+/)
    .filter((word) => word !== '');
  return firstUnknown(words, {
    words: ['compression', 'no_ticket'],
    error: (word) => `ssl_options: unknown flag: '${word}'`,
  });
};
