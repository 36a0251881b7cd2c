import type { ChangeDraft, NewStatement } from './change.js';
import { section, setting } from './old-setting.js';
import type { Translation } from './translation.js';

/** A default that differs between the versions, and whether this configuration is concerned. */
interface ChangedDefault {
  readonly reason: string;
  readonly applies: (t: Translation) => boolean;
}

interface Pin extends ChangedDefault {
  /** What 2.3 did. */
  readonly statement: NewStatement;
}

function isSet(t: Translation, name: string): boolean {
  return t.assignments.some(({ node }) => node.key === name || node.key.endsWith(`/${name}`));
}

function effective(t: Translation, name: string): string {
  return t.config.effective.setting(name)?.text ?? '';
}

function storesMail(t: Translation): boolean {
  return isSet(t, 'mail_location') || isSet(t, 'location') || isSet(t, 'mail_home');
}

function usesDriver(t: Translation, driver: string): boolean {
  return t.assignments.some(
    ({ node }) => /^(?:mail_)?location$|^mail$/.test(node.key) && node.value.text.startsWith(`${driver}:`),
  );
}

function servesLmtp(t: Translation): boolean {
  return t.config.effective.protocols.includes('lmtp');
}

/** Whether scripts of users are run or kept here. */
function usesSieve(t: Translation): boolean {
  const isPlugin = t.assignments.some(
    ({ node }) => node.key === 'mail_plugins' && /(?:^|[ ,])sieve(?:[ ,]|$)/.test(node.value.text),
  );
  return isPlugin || (storesMail(t) && t.config.effective.protocols.includes('sieve'));
}

/** Defaults that decide what happens to mails and users: the 2.3 value is written out. */
const PINS: readonly Pin[] = [
  {
    statement: setting('mailbox_list_drop_noselect', 'no'),
    reason:
      '2.4 deletes folders that hold nothing but deleted ones; 2.3 kept them unless NO-NOSELECT was set.',
    applies: (t) => storesMail(t) && !effective(t, 'mail_location').includes('NO-NOSELECT'),
  },
  {
    statement: setting('lmtp_user_concurrency_limit', 'unlimited'),
    reason: '2.4 takes 10 deliveries at once for one user; 2.3 had no limit.',
    applies: (t) => servesLmtp(t) && !isSet(t, 'lmtp_user_concurrency_limit'),
  },
  {
    statement: setting('mbox_write_locks', 'fcntl dotlock'),
    reason: 'Programs that share mboxes must lock in one order, and 2.4 has the other one by default.',
    applies: (t) => usesDriver(t, 'mbox') && !isSet(t, 'mbox_write_locks'),
  },
  {
    statement: section('sieve_script', 'personal', [
      setting('path', '~/sieve'),
      setting('active_path', '~/.dovecot.sieve'),
    ]),
    reason: 'Where the users keep their Sieve scripts: 2.3 knew it by default, 2.4 wants it written.',
    applies: (t) => usesSieve(t) && !['sieve', 'sieve_dir', 'sieve_storage'].some((name) => isSet(t, name)),
  },
  {
    statement: section('service', 'submission-login', [
      section('inet_listener', 'submissions', [setting('port', '0')]),
    ]),
    reason: '2.4 listens to port 465 as well (submissions); 2.3 did not.',
    applies: (t) =>
      t.config.effective.protocols.includes('submission') &&
      !t.assignments.some(({ frames }) =>
        frames.some(({ key, name }) => key === 'inet_listener' && name === 'submissions'),
      ),
  },
];

/** Defaults that show or cost something: the 2.4 value is used, and the report says so. */
const REPORTED: readonly ChangedDefault[] = [
  {
    reason: 'login_greeting: 2.4 greets with "Dovecot ready."; Debian 12 did with "Dovecot (Debian) ready.".',
    applies: (t) => !isSet(t, 'login_greeting'),
  },
  {
    reason:
      'managesieve_implementation_string: 2.4 says "Dovecot Pigeonhole"; Debian 12 said "Dovecot (Debian) Pigeonhole".',
    applies: (t) =>
      t.config.effective.protocols.includes('sieve') && !isSet(t, 'managesieve_implementation_string'),
  },
  {
    reason:
      'pop3_logout_format: del=%{deleted_count}/%{deleted_bytes} is the default of 2.4; 2.3 logged the number of all messages behind the slash.',
    applies: (t) => t.config.effective.protocols.includes('pop3') && !isSet(t, 'pop3_logout_format'),
  },
  {
    reason:
      'mail_cache_fields: 2.4 caches the usual headers from the start, 2.3 flags alone; indexes grow a little.',
    applies: (t) => storesMail(t) && !isSet(t, 'mail_cache_fields'),
  },
  {
    reason:
      'mail_cache_max_headers_count, mail_cache_max_header_name_length: 2.4 caches at most 100 headers with names of at most 100 bytes; 2.3 had no limit.',
    applies: storesMail,
  },
  {
    reason:
      'service lmtp, restart_request_count: 2.4 starts a new process for each connection, 2.3 used them again (2.4: unlimited).',
    applies: (t) =>
      servesLmtp(t) &&
      !t.assignments.some(
        ({ node, frames }) => node.key === 'service_count' && frames.some(({ name }) => name === 'lmtp'),
      ),
  },
  {
    reason:
      'ssl = required: 2.4 wants TLS from login_trusted_networks as well; a proxy in front must use TLS or 2.4 ssl = yes.',
    applies: (t) => effective(t, 'ssl') === 'required' && isSet(t, 'login_trusted_networks'),
  },
  {
    reason:
      'imapc_features: 2.4 uses acl and modseq where the other server has them (no-acl, no-modseq switch them off).',
    applies: (t) => usesDriver(t, 'imapc'),
  },
];

/** Settings that 2.3 had by default and 2.4 has not, for the head of the main file. */
export function defaultPins(t: Translation): readonly NewStatement[] {
  const reported = REPORTED.filter(({ applies }) => applies(t)).map(
    ({ reason }): ChangeDraft => ({ code: 'DV731', kind: 'equivalent', reason, old: null }),
  );
  const pins = PINS.filter(({ applies }) => applies(t)).map(
    ({ statement, reason }): NewStatement => ({
      ...statement,
      changes: [{ code: 'DV730', kind: 'exact', reason, old: null }],
    }),
  );
  return reported.length === 0 ? pins : [...pins, { kind: 'group', statements: [], changes: reported }];
}
