import type { Rule } from './rule.js';
import { allowNetsGoesOn } from './rules/allow-nets-goes-on.js';
import { ambiguousHash } from './rules/ambiguous-hash.js';
import { anyCertificate } from './rules/any-certificate.js';
import { attributeMayBeMissing } from './rules/attribute-may-be-missing.js';
import { authCacheTooSmall } from './rules/auth-cache-too-small.js';
import { authDoesNotStart } from './rules/auth-does-not-start.js';
import { backendCaMissing } from './rules/backend-ca-missing.js';
import { bareDomainVariable } from './rules/bare-domain-variable.js';
import { bindDnIgnored } from './rules/bind-dn-ignored.js';
import { byteOrderMark } from './rules/byte-order-mark.js';
import { caWithoutCrl } from './rules/ca-without-crl.js';
import { cacheKeyTooShort } from './rules/cache-key-too-short.js';
import { certificateChain } from './rules/certificate-chain.js';
import { certificateExpired } from './rules/certificate-expired.js';
import { certificateWithoutLessThan } from './rules/certificate-without-less-than.js';
import { cleartextLogins } from './rules/cleartext-logins.js';
import { cleartextToBackend } from './rules/cleartext-to-backend.js';
import { clientCertificates } from './rules/client-certificates.js';
import { connectString } from './rules/connect-string.js';
import { continueBeforeUnknown } from './rules/continue-before-unknown.js';
import { databaseUnreachable } from './rules/database-unreachable.js';
import { defaultFieldsLost } from './rules/default-fields-lost.js';
import { denyTooLate } from './rules/deny-too-late.js';
import { doublePercent } from './rules/double-percent.js';
import { duplicateSection } from './rules/duplicate-section.js';
import { emptyHost } from './rules/empty-host.js';
import { emptyPassword } from './rules/empty-password.js';
import { emptyUsernameFormat } from './rules/empty-username-format.js';
import { emptyVariable } from './rules/empty-variable.js';
import { extInvalidValue } from './rules/ext-invalid-value.js';
import { extMissingRequired } from './rules/ext-missing-required.js';
import { extSyntax } from './rules/ext-syntax.js';
import { extUnknownSetting } from './rules/ext-unknown-setting.js';
import { extUnreadable } from './rules/ext-unreadable.js';
import { failedCheck } from './rules/failed-check.js';
import { failureRuleAccepts } from './rules/failure-rule-accepts.js';
import { fieldWithoutEffect } from './rules/field-without-effect.js';
import { fieldsLost } from './rules/fields-lost.js';
import { fileSettingWithLessThan } from './rules/file-setting-with-less-than.js';
import { filterNesting } from './rules/filter-nesting.js';
import { firstPassdbDropped } from './rules/first-passdb-dropped.js';
import { flagSetToNo } from './rules/flag-set-to-no.js';
import { haproxyWithoutTrust } from './rules/haproxy-without-trust.js';
import { hostAgainstHostip } from './rules/host-against-hostip.js';
import { hostNeedsDns } from './rules/host-needs-dns.js';
import { includeLoop } from './rules/include-loop.js';
import { includeMissing } from './rules/include-missing.js';
import { includeOfDirectory } from './rules/include-of-directory.js';
import { includeUnreadable } from './rules/include-unreadable.js';
import { internalFailureAccepts } from './rules/internal-failure-accepts.js';
import { invalidBoolean } from './rules/invalid-boolean.js';
import { invalidEnum } from './rules/invalid-enum.js';
import { invalidHostip } from './rules/invalid-hostip.js';
import { invalidList } from './rules/invalid-list.js';
import { invalidNumber } from './rules/invalid-number.js';
import { invalidPort } from './rules/invalid-port.js';
import { invalidPortField } from './rules/invalid-port-field.js';
import { invalidProxyTimeout } from './rules/invalid-proxy-timeout.js';
import { invalidSectionName } from './rules/invalid-section-name.js';
import { invalidSize } from './rules/invalid-size.js';
import { invalidSourceIp } from './rules/invalid-source-ip.js';
import { invalidTime } from './rules/invalid-time.js';
import { invalidTrustedNetwork } from './rules/invalid-trusted-network.js';
import { iterateColumns } from './rules/iterate-columns.js';
import { keyOfAnotherCertificate } from './rules/key-of-another-certificate.js';
import { lastPassdbContinues } from './rules/last-passdb-continues.js';
import { ldapFilter } from './rules/ldap-filter.js';
import { ldapUri } from './rules/ldap-uri.js';
import { limitsTooLow } from './rules/limits-too-low.js';
import { listenerOutsideService } from './rules/listener-outside-service.js';
import { listenerTls } from './rules/listener-tls.js';
import { lmtpProxyOff } from './rules/lmtp-proxy-off.js';
import { loginUserLoop } from './rules/login-user-loop.js';
import { lostContinuation } from './rules/lost-continuation.js';
import { lostLetterY } from './rules/lost-letter-y.js';
import { mainUnreadable } from './rules/main-unreadable.js';
import { masterAndDeny } from './rules/master-and-deny.js';
import { masterUserUnknown } from './rules/master-user-unknown.js';
import { masterWithoutPass } from './rules/master-without-pass.js';
import { masterWithoutSeparator } from './rules/master-without-separator.js';
import { mechanismWithoutCredentials } from './rules/mechanism-without-credentials.js';
import { mechanismsNone } from './rules/mechanisms-none.js';
import { memoryLimitTooLow } from './rules/memory-limit-too-low.js';
import { mergedBlocks } from './rules/merged-blocks.js';
import { missingRequired } from './rules/missing-required.js';
import { misspeltField } from './rules/misspelt-field.js';
import { misspeltPlugin } from './rules/misspelt-plugin.js';
import { misspeltPluginSetting } from './rules/misspelt-plugin-setting.js';
import { nameChangedEarly } from './rules/name-changed-early.js';
import { nameOf23 } from './rules/name-of-2.3.js';
import { nameOf24 } from './rules/name-of-2.4.js';
import { noPassdb } from './rules/no-passdb.js';
import { noauthenticateLast } from './rules/noauthenticate-last.js';
import { nopasswordWithPassword } from './rules/nopassword-with-password.js';
import { nopasswordWithoutProxy } from './rules/nopassword-without-proxy.js';
import { nulByte } from './rules/nul-byte.js';
import { nullPassword } from './rules/null-password.js';
import { obsoleteSetting } from './rules/obsolete-setting.js';
import { octalWithoutZero } from './rules/octal-without-zero.js';
import { oldTlsVersion } from './rules/old-tls-version.js';
import { passdbDefaultLost } from './rules/passdb-default-lost.js';
import { passdbSourceMissing } from './rules/passdb-source-missing.js';
import { passwdFileArgs } from './rules/passwd-file-args.js';
import { passwdFileHashLength } from './rules/passwd-file-hash-length.js';
import { passwdFileLoneY } from './rules/passwd-file-lone-y.js';
import { passwdFileMissing } from './rules/passwd-file-missing.js';
import { passwdFileScheme } from './rules/passwd-file-scheme.js';
import { passwdFileSplitVariable } from './rules/passwd-file-split-variable.js';
import { passwordColumnMissing } from './rules/password-column-missing.js';
import { passwordNotReturned } from './rules/password-not-returned.js';
import { passwordsInLog } from './rules/passwords-in-log.js';
import { penaltyBehindProxy } from './rules/penalty-behind-proxy.js';
import { portForAllProtocols } from './rules/port-for-all-protocols.js';
import { portUsedTwice } from './rules/port-used-twice.js';
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
import { quoteHidesComment } from './rules/quote-hides-comment.js';
import { readableKey } from './rules/readable-key.js';
import { readableSecrets } from './rules/readable-secrets.js';
import { repeatedSetting } from './rules/repeated-setting.js';
import { reservedWordAlias } from './rules/reserved-word-alias.js';
import { resultReturnNeverSucceeds } from './rules/result-return-never-succeeds.js';
import { sectionWithoutName } from './rules/section-without-name.js';
import { securityFixMissing } from './rules/security-fix-missing.js';
import { serviceCountOne } from './rules/service-count-one.js';
import { settingReferenceOf23 } from './rules/setting-reference-of-2.3.js';
import { severalRows } from './rules/several-rows.js';
import { shadowedGlobal } from './rules/shadowed-global.js';
import { sharedPassdbModule } from './rules/shared-passdb-module.js';
import { skipValueOfUserdb } from './rules/skip-value-of-userdb.js';
import { skippedAfterContinue } from './rules/skipped-after-continue.js';
import { sourceIpQuestionMark } from './rules/source-ip-question-mark.js';
import { sqlSyntax } from './rules/sql-syntax.js';
import { sslWithStarttls } from './rules/ssl-with-starttls.js';
import { suppressionWithoutReason } from './rules/suppression-without-reason.js';
import { swallowedSetting } from './rules/swallowed-setting.js';
import { syntaxError } from './rules/syntax-error.js';
import { tlsFileMissing } from './rules/tls-file-missing.js';
import { tlsOff } from './rules/tls-off.js';
import { tlsOnPlainPort } from './rules/tls-on-plain-port.js';
import { tlsValueIgnored } from './rules/tls-value-ignored.js';
import { tlsWithoutDefaultPort } from './rules/tls-without-default-port.js';
import { tooManyFiles } from './rules/too-many-files.js';
import { trustedNetworksTooWide } from './rules/trusted-networks-too-wide.js';
import { unclosedQuote } from './rules/unclosed-quote.js';
import { unclosedSection } from './rules/unclosed-section.js';
import { unknownAuthVariable } from './rules/unknown-auth-variable.js';
import { unknownColumn } from './rules/unknown-column.js';
import { unknownDriver } from './rules/unknown-driver.js';
import { unknownMailDriver } from './rules/unknown-mail-driver.js';
import { unknownMechanism } from './rules/unknown-mechanism.js';
import { unknownProxyMechanism } from './rules/unknown-proxy-mechanism.js';
import { unknownScheme } from './rules/unknown-scheme.js';
import { unknownSection } from './rules/unknown-section.js';
import { unknownSetting } from './rules/unknown-setting.js';
import { unknownVariable } from './rules/unknown-variable.js';
import { unreachablePassdb } from './rules/unreachable-passdb.js';
import { unusedSuppression } from './rules/unused-suppression.js';
import { userdbColumnWithoutPrefix } from './rules/userdb-column-without-prefix.js';
import { userdbFieldOf23 } from './rules/userdb-field-of-2.3.js';
import { variableCutShort } from './rules/variable-cut-short.js';
import { variableFunction } from './rules/variable-function.js';
import { variableIgnoredByte } from './rules/variable-ignored-byte.js';
import { variableInDoubleQuotes } from './rules/variable-in-double-quotes.js';
import { variableOf23 } from './rules/variable-of-2.3.js';
import { variableOf24 } from './rules/variable-of-2.4.js';
import { variableSyntax } from './rules/variable-syntax.js';
import { variableUnquoted } from './rules/variable-unquoted.js';
import { versionLine } from './rules/version-line.js';
import { weakCiphers } from './rules/weak-ciphers.js';
import { weakScheme } from './rules/weak-scheme.js';
import { wrongPasswordAccepted } from './rules/wrong-password-accepted.js';
import { wrongPlace } from './rules/wrong-place.js';
/** All rules. A problem of reading goes to the first that words it, so those that look closer come first. */
export const RULES: readonly Rule[] = [
  byteOrderMark,
  skipValueOfUserdb,
  portUsedTwice,
  nameOf23,
  nameOf24,
  sectionWithoutName,
  syntaxError,
  ambiguousHash,
  lostContinuation,
  unclosedSection,
  filterNesting,
  includeMissing,
  includeUnreadable,
  includeLoop,
  mainUnreadable,
  quoteHidesComment,
  unclosedQuote,
  nulByte,
  includeOfDirectory,
  swallowedSetting,
  unknownSetting,
  unknownSection,
  wrongPlace,
  invalidBoolean,
  invalidEnum,
  invalidNumber,
  invalidTime,
  invalidSize,
  invalidPort,
  invalidList,
  invalidSectionName,
  duplicateSection,
  missingRequired,
  versionLine,
  unknownVariable,
  obsoleteSetting,
  shadowedGlobal,
  limitsTooLow,
  listenerOutsideService,
  failedCheck,
  octalWithoutZero,
  repeatedSetting,
  misspeltPluginSetting,
  misspeltPlugin,
  unknownMailDriver,
  memoryLimitTooLow,
  resultReturnNeverSucceeds,
  failureRuleAccepts,
  internalFailureAccepts,
  lastPassdbContinues,
  continueBeforeUnknown,
  skippedAfterContinue,
  firstPassdbDropped,
  noPassdb,
  unknownDriver,
  unknownMechanism,
  mechanismWithoutCredentials,
  masterAndDeny,
  masterWithoutSeparator,
  unreachablePassdb,
  denyTooLate,
  emptyUsernameFormat,
  sharedPassdbModule,
  passwdFileArgs,
  authCacheTooSmall,
  passdbSourceMissing,
  authDoesNotStart,
  wrongPasswordAccepted,
  masterUserUnknown,
  fieldsLost,
  nameChangedEarly,
  loginUserLoop,
  mergedBlocks,
  allowNetsGoesOn,
  defaultFieldsLost,
  noauthenticateLast,
  cacheKeyTooShort,
  mechanismsNone,
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
  fileSettingWithLessThan,
  certificateWithoutLessThan,
  tlsOff,
  cleartextLogins,
  oldTlsVersion,
  passwordsInLog,
  backendCaMissing,
  caWithoutCrl,
  readableSecrets,
  readableKey,
  keyOfAnotherCertificate,
  certificateExpired,
  tlsFileMissing,
  weakCiphers,
  certificateChain,
  clientCertificates,
  trustedNetworksTooWide,
  invalidTrustedNetwork,
  haproxyWithoutTrust,
  serviceCountOne,
  sourceIpQuestionMark,
  tooManyFiles,
  penaltyBehindProxy,
  proxySessionsLimited,
  listenerTls,
  variableOf24,
  variableOf23,
  settingReferenceOf23,
  passdbDefaultLost,
  doublePercent,
  lostLetterY,
  bareDomainVariable,
  variableSyntax,
  variableIgnoredByte,
  variableCutShort,
  variableFunction,
  emptyVariable,
  unknownAuthVariable,
  securityFixMissing,
  userdbFieldOf23,
  extUnreadable,
  extSyntax,
  extUnknownSetting,
  extInvalidValue,
  extMissingRequired,
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
  suppressionWithoutReason,
  unusedSuppression,
];
