import { type ByteString, toUtf8 } from '../../../../grammar/bytes.js';
import { isSieveUrl } from '../../uri-syntax.js';
import type { StructCheck } from './check-context.js';
import { userEmailError } from './sieve-user-email.js';
import type { StructView } from './struct-view.js';

/** `<local@domain>` with an atom or a quoted string before the `@`; `<>` too. */
const ADDRESS_PATH =
  /^<(?:(?:[!#-'*+/-9=?A-Z^-~\x80-\xff-]+(?:\.[!#-'*+/-9=?A-Z^-~\x80-\xff-]+)*|"(?:[^"\\]|\\[\s\S])*")@(?:[A-Za-z0-9\x80-\xff](?:[A-Za-z0-9\x80-\xff.-]*)|\[[^\]]*\]))?>$/;

const ADDRESS_WORDS = ['', 'default', 'sender', 'recipient', 'orig_recipient', 'user_email', 'postmaster'];

// Pigeonhole 2.4.1 sieve-address-source.c
function addressSource(name: ByteString, read: 'by Sieve' | 'by doveconf'): StructCheck {
  return (view) => {
    const written = view.written(name);
    // Pigeonhole reads `$SET:` as plain text (observed 2.4.1).
    const text = read === 'by doveconf' || written.includes('%{') ? view.text(name) : written;
    const value = text.replace(/^[\t ]+|[\t ]+$/g, '');
    if (ADDRESS_WORDS.includes(value.toLowerCase()) || ADDRESS_PATH.test(value)) return null;
    return `${name}: Invalid address source '${text}'`;
  };
}

// Pigeonhole 2.4.1 ext-spamvirustest-settings.c
function decimalError(text: ByteString): ByteString | null {
  const [, whole = '', fraction = '', rest = ''] =
    /^[+-]?([0-9]*)(?:[.,]([0-9]*))?([\s\S]*)$/.exec(text) ?? [];
  if (whole.length > 5) return `Decimal value has too many digits before radix point: ${text}`;
  if (fraction.length > 5) return `Decimal value has too many digits after radix point: ${text}`;
  return rest === '' ? null : `Invalid decimal point value: ${text}`;
}

function testScores(kind: 'spamtest' | 'virustest'): StructCheck {
  const prefix = `sieve_${kind}_`;
  return (view) => {
    if (view.isEmpty(`${prefix}status_header`)) return null;
    if (view.text(`${prefix}status_type`) === 'text')
      return textValueError(view, prefix, kind === 'spamtest' ? 10 : 5);
    const header = view.text(`${prefix}score_max_header`);
    const value = view.text(`${prefix}score_max_value`);
    const both = `${prefix}score_max_header`;
    if (header !== '' && value !== '')
      return `${both} and ${prefix}score_max_value cannot both be configured`;
    if (header === '' && value === '') return `None of ${both} or ${prefix}score_max_value is configured`;
    const error = value === '' ? null : decimalError(value);
    return error === null ? null : `Invalid max score value specification '${value}': ${error}`;
  };
}

function textValueError(view: StructView, prefix: ByteString, highest: number): ByteString | null {
  for (const key of view.keys(`${prefix}text_value`)) {
    if (!/^[0-9]+$/.test(key) || Number(key) >= 2 ** 32) return `Invalid text value index '${key}'`;
    if (Number(key) > highest) return `Text value index out of range (${Number(key)} > ${highest})`;
  }
  return null;
}

// Pigeonhole 2.4.1 ext-vacation-settings.c
const vacation: StructCheck = (view) => {
  const longest = view.time('sieve_vacation_max_period');
  if (longest === 0) return 'sieve_vacation_max_period must not be 0';
  const shortest = view.time('sieve_vacation_min_period');
  const usual = view.time('sieve_vacation_default_period');
  return shortest > longest || usual < shortest || usual > longest
    ? 'Violated sieve_vacation_min_period < sieve_vacation_default_period < sieve_vacation_max_period'
    : null;
};

// Pigeonhole 2.4.1 ext-variables-settings.c
const variables: StructCheck = (view) => {
  if (view.number('sieve_variables_max_scope_count') < 128)
    return 'Setting sieve_variables_max_scope_count is lower than required by standards (>= 128 items)';
  return view.size('sieve_variables_max_value_size') < 4000
    ? 'Setting sieve_variables_max_variable_size is lower than required by standards (>= 4000 bytes)'
    : null;
};

// Pigeonhole 2.4.1 ext-editheader-settings.c
const editheader: StructCheck = (view) => {
  const size = view.size('sieve_editheader_max_header_size');
  return size < 1024
    ? `sieve_editheader_max_header_size: Value (=${size}) is less than the minimum (=1024) `
    : null;
};

const editheaderName: StructCheck = (view) => {
  const name = view.text('sieve_editheader_header_name');
  return /^[!-9;-~]*$/.test(name)
    ? null
    : `sieve_editheader_header_name: Invalid header field name '${name}'`;
};

// Pigeonhole 2.4.1 sieve-ldap-storage-settings.c
const ldap: StructCheck = (view) => {
  const deref = view.text('ldap_deref');
  if (!['never', 'searching', 'finding', 'always'].includes(deref.toLowerCase()))
    return `ldap: Invalid ldap_deref value '${deref}'`;
  const scope = view.text('ldap_scope');
  return ['base', 'onelevel', 'subtree'].includes(scope.toLowerCase())
    ? null
    : `ldap: Invalid ldap_scope value '${scope}'`;
};

// Pigeonhole 2.4.1 sieve-script.c
function isScriptName(name: ByteString): boolean {
  if (name === '') return true;
  const text = toUtf8(name);
  return [...text].length <= 256 && !/[\x00-\x1f/\x7f-\x9f\xff\u2028\u2029\ufffd]/.test(text);
}

const storage: StructCheck = (view) => {
  const storageName = view.text('sieve_script_storage');
  if (!isScriptName(storageName)) return `Invalid script storage name '${storageName}'`;
  const scriptName = view.text('sieve_script_name');
  return isScriptName(scriptName) ? null : `Invalid script name '${scriptName}'`;
};

const USER_EMAIL = 'sieve_user_email';

// Pigeonhole 2.4.1 sieve-settings.c
const sieve: StructCheck = (view, context) =>
  addressSource('sieve_redirect_envelope_from', 'by Sieve')(view, context) ??
  (view.written(USER_EMAIL) === '' ? null : userEmailError(view, USER_EMAIL));

// Pigeonhole 2.4.1 imap-sieve-settings.c
const imapsieve: StructCheck = (view) => {
  const url = view.text('imapsieve_url');
  return url === '' || isSieveUrl(url) ? null : `Invalid URL for imapsieve_url setting: ${url}`;
};

/** Checks of Pigeonhole's structs. */
export const sieveChecks: readonly (readonly [struct: ByteString, check: StructCheck])[] = [
  ['imapsieve', imapsieve],
  ['sieve', sieve],
  ['sieve_editheader', editheader],
  ['sieve_editheader_header', editheaderName],
  ['sieve_ldap', ldap],
  ['sieve_notify_mailto', addressSource('sieve_notify_mailto_envelope_from', 'by Sieve')],
  ['sieve_report', addressSource('sieve_report_from', 'by doveconf')],
  ['sieve_storage', storage],
  ['sieve_spamtest', testScores('spamtest')],
  ['sieve_vacation', vacation],
  ['sieve_variables', variables],
  ['sieve_virustest', testScores('virustest')],
];
