import type { Rule } from './rule.js';
import { allowNetsGoesOn } from './rules/allow-nets-goes-on.js';
import { anyCertificate } from './rules/any-certificate.js';
import { attributeMayBeMissing } from './rules/attribute-may-be-missing.js';
import { backendCaMissing } from './rules/backend-ca-missing.js';
import { bindDnIgnored } from './rules/bind-dn-ignored.js';
import { caWithoutCrl } from './rules/ca-without-crl.js';
import { cleartextToBackend } from './rules/cleartext-to-backend.js';
import { connectString } from './rules/connect-string.js';
import { databaseUnreachable } from './rules/database-unreachable.js';
import { defaultFieldsLost } from './rules/default-fields-lost.js';
import { emptyHost } from './rules/empty-host.js';
import { emptyPassword } from './rules/empty-password.js';
import { fieldWithoutEffect } from './rules/field-without-effect.js';
import { fieldsLost } from './rules/fields-lost.js';
import { flagSetToNo } from './rules/flag-set-to-no.js';
import { hostAgainstHostip } from './rules/host-against-hostip.js';
import { hostNeedsDns } from './rules/host-needs-dns.js';
import { invalidHostip } from './rules/invalid-hostip.js';
import { invalidPortField } from './rules/invalid-port-field.js';
import { invalidProxyTimeout } from './rules/invalid-proxy-timeout.js';
import { invalidSourceIp } from './rules/invalid-source-ip.js';
import { iterateColumns } from './rules/iterate-columns.js';
import { ldapFilter } from './rules/ldap-filter.js';
import { ldapUri } from './rules/ldap-uri.js';
import { lmtpProxyOff } from './rules/lmtp-proxy-off.js';
import { loginUserLoop } from './rules/login-user-loop.js';
import { masterWithoutPass } from './rules/master-without-pass.js';
import { misspeltField } from './rules/misspelt-field.js';
import { nameChangedEarly } from './rules/name-changed-early.js';
import { noauthenticateLast } from './rules/noauthenticate-last.js';
import { nopasswordWithPassword } from './rules/nopassword-with-password.js';
import { nopasswordWithoutProxy } from './rules/nopassword-without-proxy.js';
import { nullPassword } from './rules/null-password.js';
import { passwdFileHashLength } from './rules/passwd-file-hash-length.js';
import { passwdFileLoneY } from './rules/passwd-file-lone-y.js';
import { passwdFileMissing } from './rules/passwd-file-missing.js';
import { passwdFileScheme } from './rules/passwd-file-scheme.js';
import { passwdFileSplitVariable } from './rules/passwd-file-split-variable.js';
import { passwordColumnMissing } from './rules/password-column-missing.js';
import { passwordNotReturned } from './rules/password-not-returned.js';
import { penaltyBehindProxy } from './rules/penalty-behind-proxy.js';
import { portForAllProtocols } from './rules/port-for-all-protocols.js';
import { prefixInUserQuery } from './rules/prefix-in-user-query.js';
import { proxyAlwaysAlone } from './rules/proxy-always-alone.js';
import { proxyMaybeWithoutSelf } from './rules/proxy-maybe-without-self.js';
import { proxySessionsLimited } from './rules/proxy-sessions-limited.js';
import { proxyToSelf } from './rules/proxy-to-self.js';
import { proxyWithoutHost } from './rules/proxy-without-host.js';
import { queryNotSelect } from './rules/query-not-select.js';
import { queryRefused } from './rules/query-refused.js';
import { querySelectsAll } from './rules/query-selects-all.js';
import { queryWithoutUser } from './rules/query-without-user.js';
import { redirectReauth } from './rules/redirect-reauth.js';
import { reservedWordAlias } from './rules/reserved-word-alias.js';
import { severalRows } from './rules/several-rows.js';
import { sqlSyntax } from './rules/sql-syntax.js';
import { sslWithStarttls } from './rules/ssl-with-starttls.js';
import { tlsOnPlainPort } from './rules/tls-on-plain-port.js';
import { tlsValueIgnored } from './rules/tls-value-ignored.js';
import { tlsWithoutDefaultPort } from './rules/tls-without-default-port.js';
import { unknownColumn } from './rules/unknown-column.js';
import { unknownProxyMechanism } from './rules/unknown-proxy-mechanism.js';
import { unknownScheme } from './rules/unknown-scheme.js';
import { userdbColumnWithoutPrefix } from './rules/userdb-column-without-prefix.js';
import { userdbFieldOf23 } from './rules/userdb-field-of-2.3.js';
import { variableInDoubleQuotes } from './rules/variable-in-double-quotes.js';
import { variableUnquoted } from './rules/variable-unquoted.js';
import { weakScheme } from './rules/weak-scheme.js';
import { wrongPasswordAccepted } from './rules/wrong-password-accepted.js';

/** Rules that look at databases and at the fields that passdbs set. None of them words problems of reading. */
export function rulesOfLookups(): readonly Rule[] {
  return RULES;
}

const RULES: readonly Rule[] = [
  wrongPasswordAccepted,
  fieldsLost,
  nameChangedEarly,
  loginUserLoop,
  allowNetsGoesOn,
  defaultFieldsLost,
  noauthenticateLast,
  bindDnIgnored,
  flagSetToNo,
  sslWithStarttls,
  proxyWithoutHost,
  anyCertificate,
  tlsValueIgnored,
  emptyHost,
  invalidPortField,
  unknownProxyMechanism,
  invalidProxyTimeout,
  misspeltField,
  masterWithoutPass,
  proxyMaybeWithoutSelf,
  proxyToSelf,
  portForAllProtocols,
  tlsOnPlainPort,
  hostAgainstHostip,
  nopasswordWithPassword,
  invalidSourceIp,
  tlsWithoutDefaultPort,
  proxyAlwaysAlone,
  lmtpProxyOff,
  nopasswordWithoutProxy,
  hostNeedsDns,
  fieldWithoutEffect,
  cleartextToBackend,
  invalidHostip,
  redirectReauth,
  backendCaMissing,
  caWithoutCrl,
  penaltyBehindProxy,
  proxySessionsLimited,
  userdbFieldOf23,
  connectString,
  ldapFilter,
  ldapUri,
  passwdFileMissing,
  passwdFileHashLength,
  passwdFileSplitVariable,
  passwdFileLoneY,
  querySelectsAll,
  queryWithoutUser,
  variableUnquoted,
  variableInDoubleQuotes,
  passwordColumnMissing,
  nullPassword,
  queryNotSelect,
  userdbColumnWithoutPrefix,
  reservedWordAlias,
  passwdFileScheme,
  severalRows,
  sqlSyntax,
  weakScheme,
  unknownScheme,
  emptyPassword,
  attributeMayBeMissing,
  unknownColumn,
  iterateColumns,
  prefixInUserQuery,
  databaseUnreachable,
  queryRefused,
  passwordNotReturned,
];
