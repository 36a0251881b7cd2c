import type { ByteString } from '../../../grammar/bytes.js';
import { nameTable } from '../../../grammar/name-table.js';
import { SHORT_NAMES_23 } from '../../variables/auth-table.js';
import { nameIn24 } from '../../variables/translation.js';

/** The variables of 2.3 at one kind of place, and what they are in 2.4. */
export interface NameTable {
  /** Long name of a letter, or the letter itself where it has none. */
  readonly letters: ReadonlyMap<string, string>;
  /** Steps of 2.4 by the long name (or a letter without one). */
  readonly names: ReadonlyMap<string, readonly ByteString[]>;
  /** Names in front of a `:`. `default`: what follows a second `:` stands for a missing field. */
  readonly prefixes: ReadonlyMap<string, { readonly prefix: string; readonly default: boolean }>;
  /** Of names that 2.4 has for something that is not quite the same: what is to be said. */
  readonly differences: ReadonlyMap<string, string>;
  /** What 2.3 makes of a name that it does not know: a failed request, or a text that says so. */
  readonly unknown: 'fails' | 'text';
  /** Expressions may hold no blanks: the text is split there first. */
  readonly withoutBlanks: boolean;
}

const BUILT_IN: Readonly<Record<string, string>> = nameTable({
  pid: 'process:pid',
  uid: 'process:uid',
  gid: 'process:gid',
  hostname: 'system:hostname',
});

/** Numbers below 2^32 that Dovecot writes itself. */
export const NUMBERS: ReadonlySet<string> = new Set([
  'local_port',
  'remote_port',
  'real_local_port',
  'real_remote_port',
  'uid',
  'uidvalidity',
  'process:pid',
  'process:uid',
  'process:gid',
]);

interface TableSource {
  /** `u=user n=username`. */
  readonly letters?: string;
  /** `user service=protocol`: long names, with the steps of 2.4 where they are others. */
  readonly names: string;
  readonly prefixes?: string;
  readonly differences?: Readonly<Record<string, string>>;
  readonly unknown?: 'fails' | 'text';
  readonly withoutBlanks?: boolean;
}

function pairs(text: string): [name: string, to: string | null][] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const equals = word.indexOf('=');
      return equals === -1 ? [word, null] : [word.slice(0, equals), word.slice(equals + 1)];
    });
}

function table(source: TableSource): NameTable {
  const names = new Map(Object.entries(BUILT_IN).map(([name, to]) => [name, [to]]));
  for (const [name, to] of pairs(source.names)) {
    const steps = to ?? nameIn24(name) ?? name;
    names.set(name, steps.split(' | '));
  }
  return {
    letters: new Map(pairs(source.letters ?? '').map(([letter, name]) => [letter, name ?? letter])),
    names,
    prefixes: new Map(
      pairs(`env ${source.prefixes ?? ''}`).map(([prefix, to]) => [
        prefix,
        { prefix: to ?? prefix, default: prefix !== 'env' },
      ]),
    ),
    differences: new Map(Object.entries(source.differences ?? {})),
    unknown: source.unknown ?? 'text',
    withoutBlanks: source.withoutBlanks ?? false,
  };
}

const ADDRESSES = 'lip rip lport rport local_ip remote_ip local_port remote_port';
const REAL_ADDRESSES =
  'real_lip real_rip real_lport real_rport real_local_ip real_remote_ip real_local_port real_remote_port';
const IDENTITIES = 'orig_user orig_username orig_domain auth_user auth_username auth_domain';
const ORIGINALS = 'original_user original_username original_domain';
const NAME_PARTS = 'user username domain';

/** Dovecot 2.3.19.1 auth-request-var-expand.c */
const AUTH_NAMES =
  `${NAME_PARTS} service home ${ADDRESSES} ${REAL_ADDRESSES} pid password mech mechanism secured cert session ` +
  `session_pid local_name client_id login_user login_username login_domain domain_first domain_last master_user ` +
  `${IDENTITIES} ${ORIGINALS} !=id`;
const AUTH_LETTERS = `${[...SHORT_NAMES_23].map(([letter, name]) => `${letter}=${name}`).join(' ')} !`;

/** In the auth process: args, queries, fields, user name formats. */
export const AUTH_TABLE = table({
  letters: AUTH_LETTERS,
  names: AUTH_NAMES,
  prefixes: 'passdb userdb',
  unknown: 'fails',
});

/** The auth table with the names of one database's row (`ldap`, `dict`, `oauth2`). */
export function rowTable(prefixes: string): NameTable {
  return table({
    letters: AUTH_LETTERS,
    names: AUTH_NAMES,
    prefixes: `passdb userdb ${prefixes}`,
    unknown: 'fails',
  });
}

/** Dovecot 2.3.19.1 auth-policy.c */
const POLICY_TABLE = table({
  letters: AUTH_LETTERS,
  names: `${AUTH_NAMES} hashed_password requested_username`,
  prefixes: 'passdb userdb',
  unknown: 'fails',
});

/** Dovecot 2.3.19.1 db-oauth2.c: of the name in the token. */
export const OAUTH2_NAME_TABLE = table({
  letters: 'u=user n=username d=domain',
  names: `user username=username domain=domain`,
  unknown: 'fails',
});

/** Dovecot 2.3.19.1 client-common.c */
const LOGIN_TABLE = table({
  letters:
    'u=user n=username d=domain s=service h=home l=lip r=rip p=pid m=mech a=lport b=rport c=secured k=ssl_security e=mail_pid',
  names:
    `${NAME_PARTS} service home ${ADDRESSES} ${REAL_ADDRESSES} mech mechanism secured ssl_security mail_pid session ` +
    `listener local_name ${IDENTITIES} ${ORIGINALS}`,
  prefixes: 'passdb',
  withoutBlanks: true,
});

const LOGIN_LINE_TABLE = table({ letters: '$ s', names: '$=message s=elements' });

const MAIL_LETTERS = 'u=user n=username d=domain s=service h=home l=lip r=rip p=pid i=uid';
const MAIL_NAMES =
  `${NAME_PARTS} service=service home lip rip local_ip remote_ip session auth_user auth_username ` +
  'auth_domain hostname=hostname';
const MAIL_DIFFERENCES: Readonly<Record<string, string>> = nameTable({
  uid: "%{process:uid} is the process's user id, which is the user's only after it has taken it on",
  gid: "%{process:gid} is the process's group id, which is the user's only after it has taken it on",
});

/** Dovecot 2.3.19.1 mail-user.c, mail-storage-service.c */
const MAIL_TABLE = table({
  letters: MAIL_LETTERS,
  names: MAIL_NAMES,
  prefixes: 'userdb',
  differences: MAIL_DIFFERENCES,
  unknown: 'fails',
});

function withMailNames(letters: string, names: string): NameTable {
  return table({
    letters: `${MAIL_LETTERS} ${letters}`,
    names: `${MAIL_NAMES} ${names}`,
    prefixes: 'userdb',
    differences: MAIL_DIFFERENCES,
  });
}

const TRAFFIC = withMailNames('i=input o=output', 'input output');

/** Tables by 2.3 setting; others with variables take the mail table. */
const BY_SETTING: ReadonlyMap<string, NameTable> = new Map<string, NameTable>([
  ['auth_username_format', AUTH_TABLE],
  ['auth_policy_request_attributes', POLICY_TABLE],
  ['login_log_format_elements', LOGIN_TABLE],
  ['login_log_format', LOGIN_LINE_TABLE],
  ['mail_log_prefix', MAIL_TABLE],
  [
    'imap_logout_format',
    // Dovecot 2.3.19.1 imap-client.c
    withMailNames(
      'i=input o=output',
      'input output fetch_hdr_count fetch_hdr_bytes fetch_body_count fetch_body_bytes deleted expunged trashed autoexpunged appended',
    ),
  ],
  [
    'pop3_logout_format',
    // Dovecot 2.3.19.1 pop3-client.c
    withMailNames(
      'p=top_bytes t=top_count b=retr_bytes r=retr_count d=deleted_count m=message_count s=message_bytes i=input o=output u=uidl_change',
      'top_bytes top_count retr_bytes retr_count deleted_count deleted_bytes message_count message_bytes input output uidl_change',
    ),
  ],
  [
    'submission_logout_format',
    withMailNames('i=input o=output', 'input output command_count reply_count transaction_id'),
  ],
  ['imap_urlauth_logout_format', TRAFFIC],
  ['managesieve_logout_format', TRAFFIC],
  [
    'deliver_log_format',
    // Dovecot 2.3.19.1 mail-deliver.c
    table({
      letters: '$ m=msgid s=subject f=from e=from_envelope p=size w=vsize',
      names:
        '$=message msgid subject from from_envelope size vsize delivery_time session_time to_envelope storage_id',
    }),
  ],
  ...['rejection_reason', 'rejection_subject'].map(
    // Dovecot 2.3.19.1 mail-send.c
    (name): [string, NameTable] => [
      name,
      table({
        letters: 'n=crlf r=reason s=subject t=to',
        names: "crlf=literal('\\r\\n') reason subject to",
      }),
    ],
  ),
  [
    'pop3_uidl_format',
    // Dovecot 2.3.19.1 pop3-commands.c
    table({
      letters: 'v=uidvalidity u=uid m=md5 f=filename g=guid',
      names: 'uidvalidity uid=uid md5 filename guid',
    }),
  ],
  [
    'plugin/notify_status',
    table({
      names:
        'username=username mailbox messages unseen recent uidvalidity uidnext first_recent_uid highest_modseq highest_pvt_modseq',
    }),
  ],
  ['dsync_remote_cmd', table({ letters: 'u=user', names: 'user login host' })],
]);

/** Strings with the variables of the auth process, by the beginning of the setting's name. */
const AUTH_SETTINGS = /^(?:passdb|userdb|dovecot-(?:sql|ldap|oauth2|dict-auth)\.conf\.ext[:/])/;

/** Variables that a 2.3 setting may hold; null: 2.3 takes its text as it is. `type` is that of 2.3's table. */
export function tableOf(setting: string, type: string | null): NameTable | null {
  const own = BY_SETTING.get(setting);
  if (own !== undefined) return own;
  if (AUTH_SETTINGS.test(setting)) return AUTH_TABLE;
  if (type === 'str_vars' || setting.startsWith('plugin/')) return MAIL_TABLE;
  return null;
}
