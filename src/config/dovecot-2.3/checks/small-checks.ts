import { type Check, type Finding, finding, knownWords, raw, words } from './check.js';

/** Dovecot 2.3.19.1 master-service-ssl-settings.c. */
export const checkSsl: Check = (view) => {
  if (raw(view, 'ssl') === 'no') return [];
  const found: Finding[] = [];
  if (view.boolean('ssl_verify_client_cert') && raw(view, 'ssl_ca') === '')
    found.push(finding(view, 'ssl_verify_client_cert', 'ssl_verify_client_cert set, but ssl_ca not'));
  for (const option of words(raw(view, 'ssl_options'), /[, ]+/))
    if (!['compression', 'no_compression', 'no_ticket'].includes(option.toLowerCase()))
      found.push(finding(view, 'ssl_options', `ssl_options: unknown flag: '${option}'`));
  return found;
};

/** Dovecot 2.3.19.1 director-settings.c. */
export const checkDirector: Check = (view) =>
  view.time('director_user_expire') < 10_000
    ? [finding(view, 'director_user_expire', 'director_user_expire is too low')]
    : [];

const dsyncFeatures = knownWords('dsync_features', 'feature', ['empty-header-workaround']);

/** Dovecot 2.3.19.1 doveadm-settings.c. */
export const checkDoveadm: Check = (view) => {
  const found: Finding[] = [];
  for (const name of ['dsync_hashed_headers', 'dsync_alt_char'])
    if (raw(view, name) === '') found.push(finding(view, name, `${name} must not be empty`));
  return [...found, ...dsyncFeatures(view)];
};

/** Dovecot 2.3.19.1 imap-settings.c. */
export const checkImap = knownWords('imap_client_workarounds', 'workaround', [
  'delay-newmail',
  'tb-extra-mailbox-sep',
  'tb-lsub-flags',
]);

const IMAPC_FEATURES = [
  'rfc822.size',
  'guid-forced',
  'fetch-headers',
  'gmail-migration',
  'search',
  'zimbra-workarounds',
  'no-examine',
  'proxyauth',
  'fetch-msn-workarounds',
  'fetch-fix-broken-mails',
  'modseq',
  'delay-login',
  'fetch-bodystructure',
  'send-id',
  'fetch-empty-is-expunged',
  'no-msn-updates',
  'acl',
];

/** Dovecot 2.3.19.1 imapc-settings.c. */
export const checkImapc: Check = (view) => {
  const found: Finding[] = [];
  if (view.time('imapc_max_idle_time') === 0)
    found.push(finding(view, 'imapc_max_idle_time', 'imapc_max_idle_time must not be 0'));
  for (const word of words(raw(view, 'imapc_features'), /[ ,]+/)) {
    const throttle = /^throttle:(.*)$/is.exec(word)?.[1];
    if (throttle !== undefined) {
      if (!/^[0-9]+:[0-9]+:[0-9]+$/.test(throttle))
        found.push(finding(view, 'imapc_features', 'imapc_features: Invalid throttle settings'));
    } else if (!IMAPC_FEATURES.includes(word.toLowerCase()))
      found.push(finding(view, 'imapc_features', `imapc_features: Unknown feature: ${word}`));
  }
  return found;
};

const lmtpWorkarounds = knownWords('lmtp_client_workarounds', 'workaround', [
  'whitespace-before-path',
  'mailbox-for-path',
]);

/** Dovecot 2.3.19.1 lmtp-settings.c. */
export const checkLmtp: Check = lmtpWorkarounds;

const pop3Workarounds = knownWords('pop3_client_workarounds', 'workaround', ['outlook-no-nuls', 'oe-ns-eoh']);

/** Dovecot 2.3.19.1 pop3-settings.c. */
export const checkPop3: Check = (view) => {
  const found = pop3Workarounds(view);
  if (raw(view, 'pop3_delete_type') === 'flag' && raw(view, 'pop3_deleted_flag') === '')
    found.push(finding(view, 'pop3_delete_type', 'pop3_delete_type=flag, but pop3_deleted_flag not set'));
  return found;
};

/** Dovecot 2.3.19.1 pop3c-settings.c. */
export const checkPop3c = knownWords('pop3c_features', 'feature', ['no-pipelining']);

/** Pigeonhole 0.5.19 managesieve-settings.c: no workaround exists. */
export const checkManagesieve = knownWords('managesieve_client_workarounds', 'workaround', []);

/** Dovecot 2.3.19.1 submission-settings.c, submission-login-settings.c. */
export const checkSubmission = knownWords('submission_client_workarounds', 'workaround', [
  'whitespace-before-path',
  'mailbox-for-path',
  'implicit-auth-external',
  'exotic-backend',
]);
