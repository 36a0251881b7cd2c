import type { ByteString } from '../../../../grammar/bytes.js';
import type { StructCheck } from './check-context.js';
import { structChecks } from './struct-checks.js';
import type { StructView } from './struct-view.js';

// What 2.4.5 checks otherwise than 2.4.1.

/** Numbers and sizes; `unlimited` is none. */
function firstZero(view: StructView, ...names: readonly ByteString[]): ByteString | null {
  const zero = names.find((name) => view.text(name) !== 'unlimited' && view.size(name) === 0);
  return zero === undefined ? null : `${zero} must not be 0`;
}

function base(struct: ByteString): StructCheck {
  return structChecks.get(struct) ?? (() => null);
}

/** The words of 2.4.5 for what the check of 2.4.1 found. */
function reworded(struct: ByteString, ...words: readonly (readonly [RegExp, string])[]): StructCheck {
  return (view, context) => {
    const error = base(struct)(view, context);
    return error === null ? null : words.reduce((text, [from, to]) => text.replace(from, to), error);
  };
}

// Dovecot 2.4.5 mail-storage-settings.c, auth-settings.c
const lastIds = (view: StructView) => firstZero(view, 'last_valid_uid', 'last_valid_gid');

// Dovecot 2.4.5 mail-storage-settings.c
const mailStorage: StructCheck = (view, context) => {
  const error = base('mail_storage')(view, context);
  if (error === 'mailbox_idle_check_interval must not be 0') return error;
  const [sort, vsize] = ['mail_sort_max_read_count', 'mail_vsize_bg_after_count'];
  const headers = ['mail_cache_max_header_name_length', 'mail_cache_max_headers_count'];
  return firstZero(view, sort, vsize, ...headers) ?? error;
};

// Dovecot 2.4.5 mail-storage-settings.c: names are made valid where they are read
const withoutUtf8 =
  (struct: ByteString): StructCheck =>
  (view, context) => {
    const error = base(struct)(view, context);
    return error !== null && /name isn't valid UTF-8$|: prefix not valid UTF8: /.test(error) ? null : error;
  };

// Dovecot 2.4.5 ssl-settings.c
const UNSAFE_HASHES = ['md4', 'md5', 'sha1', 'rmd160', 'sm3'];
const ssl: StructCheck = (view, context) => {
  if (view.isEmpty('ssl_min_protocol')) return 'ssl_min_protocol cannot be empty';
  const error = base('ssl')(view, context);
  if (error !== null) return error;
  const hash = view.text('ssl_peer_certificate_fingerprint_hash');
  return UNSAFE_HASHES.includes(hash.toLowerCase())
    ? `ssl_peer_certificate_fingerprint_hash: Unsafe hash algorithm '${hash}' used`
    : null;
};

// Dovecot 2.4.5 fts-settings.c
const fts: StructCheck = (view, context) => {
  if (view.time('fts_search_timeout') === 0) return 'fts_search_timeout must not be 0';
  const zero = firstZero(view, 'fts_message_max_size');
  return zero === null ? base('fts')(view, context) : 'message_max_size must not be 0';
};

// Dovecot 2.4.5 fts-flatcurve-settings.c
const flatcurve: StructCheck = (view) => {
  const name = 'fts_flatcurve_optimize_density_percentage';
  const percentage = view.number(name);
  return percentage > 100 ? `${name} is larger than 100: ${percentage}` : null;
};

// Dovecot 2.4.5 master-settings.c
const master: StructCheck = (view, context) => {
  for (const id of ['uid', 'gid']) {
    const last = `last_valid_${id}`;
    const zero = firstZero(view, last);
    if (zero !== null) return zero;
    if (view.number(`first_valid_${id}`) > view.number(last))
      return `first_valid_${id} can't be larger than ${last}`;
  }
  return reworded(
    'master',
    [/must be higher than 0/, 'must be greater than 0'],
    [/process_min_avail is higher than/, 'process_min_avail is greater than'],
  )(view, context);
};

// Pigeonhole 2.4.5 sieve-storage-settings.c
const sieveStorage: StructCheck = (view, context) => {
  const error = base('sieve_storage')(view, context);
  if (error !== null) return error;
  return (
    firstZero(view, 'sieve_quota_storage_size', 'sieve_quota_script_count')?.replace('sieve_', '') ?? null
  );
};

/** All checks of 2.4.5. */
export function checksOf245(): ReadonlyMap<ByteString, StructCheck> {
  return new Map([...structChecks, ...changedChecks()]);
}

function changedChecks(): [ByteString, StructCheck][] {
  return [
    ['auth', (view, context) => lastIds(view) ?? base('auth')(view, context)],
    ['mail_user', lastIds],
    ['mail_storage', mailStorage],
    ['mailbox', withoutUtf8('mailbox')],
    ['mail_namespace', withoutUtf8('mail_namespace')],
    ['ssl', ssl],
    [
      'ssl_server',
      reworded('ssl_server', [
        /_cert set, but ssl_server_ca_file not$/,
        '_cert=yes, but ssl_server_ca_file not provided',
      ]),
    ],
    ['fts', fts],
    ['fts_flatcurve', flatcurve],
    ['languages', reworded('languages', [/with with/, 'with'])],
    ['stats', reworded('stats', [/non-existent/, 'nonexistent'])],
    ['master', master],
    ['sieve_storage', sieveStorage],
  ];
}
