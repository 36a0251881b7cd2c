import type { Config } from '../config/config.js';
import { seriesOf } from '../knowledge/versions.js';
import { allPassdbs, allUserdbs } from './chains.js';
import { extFileUses } from './ext-files.js';
import type { Rule } from './rule.js';
import { ambiguousHash } from './rules/ambiguous-hash.js';
import { authCacheTooSmall } from './rules/auth-cache-too-small.js';
import { authDoesNotStart } from './rules/auth-does-not-start.js';
import { byteOrderMark } from './rules/byte-order-mark.js';
import { certificateChain } from './rules/certificate-chain.js';
import { certificateExpired } from './rules/certificate-expired.js';
import { cleartextLogins } from './rules/cleartext-logins.js';
import { clientCertificates } from './rules/client-certificates.js';
import { continueBeforeUnknown } from './rules/continue-before-unknown.js';
import { denyTooLate } from './rules/deny-too-late.js';
import { duplicateSection } from './rules/duplicate-section.js';
import { extInvalidValue } from './rules/ext-invalid-value.js';
import { extMissingRequired } from './rules/ext-missing-required.js';
import { extSyntax } from './rules/ext-syntax.js';
import { extUnknownSetting } from './rules/ext-unknown-setting.js';
import { extUnreadable } from './rules/ext-unreadable.js';
import { failedCheck } from './rules/failed-check.js';
import { failureRuleAccepts } from './rules/failure-rule-accepts.js';
import { filterNesting } from './rules/filter-nesting.js';
import { firstPassdbDropped } from './rules/first-passdb-dropped.js';
import { haproxyWithoutTrust } from './rules/haproxy-without-trust.js';
import { includeLoop } from './rules/include-loop.js';
import { includeMissing } from './rules/include-missing.js';
import { includeOfDirectory } from './rules/include-of-directory.js';
import { includeUnreadable } from './rules/include-unreadable.js';
import { internalFailureAccepts } from './rules/internal-failure-accepts.js';
import { invalidBoolean } from './rules/invalid-boolean.js';
import { invalidEnum } from './rules/invalid-enum.js';
import { invalidList } from './rules/invalid-list.js';
import { invalidNumber } from './rules/invalid-number.js';
import { invalidPort } from './rules/invalid-port.js';
import { invalidSectionName } from './rules/invalid-section-name.js';
import { invalidSize } from './rules/invalid-size.js';
import { invalidTime } from './rules/invalid-time.js';
import { invalidTrustedNetwork } from './rules/invalid-trusted-network.js';
import { keyOfAnotherCertificate } from './rules/key-of-another-certificate.js';
import { lastPassdbContinues } from './rules/last-passdb-continues.js';
import { limitsTooLow } from './rules/limits-too-low.js';
import { listenerOutsideService } from './rules/listener-outside-service.js';
import { listenerTls } from './rules/listener-tls.js';
import { lostContinuation } from './rules/lost-continuation.js';
import { mainUnreadable } from './rules/main-unreadable.js';
import { masterAndDeny } from './rules/master-and-deny.js';
import { masterUserUnknown } from './rules/master-user-unknown.js';
import { masterWithoutSeparator } from './rules/master-without-separator.js';
import { mechanismWithoutCredentials } from './rules/mechanism-without-credentials.js';
import { missingRequired } from './rules/missing-required.js';
import { misspeltPlugin } from './rules/misspelt-plugin.js';
import { nameOf23 } from './rules/name-of-2.3.js';
import { nameOf24 } from './rules/name-of-2.4.js';
import { noPassdb } from './rules/no-passdb.js';
import { nulByte } from './rules/nul-byte.js';
import { obsoleteSetting } from './rules/obsolete-setting.js';
import { octalWithoutZero } from './rules/octal-without-zero.js';
import { oldTlsVersion } from './rules/old-tls-version.js';
import { passdbSourceMissing } from './rules/passdb-source-missing.js';
import { passwordsInLog } from './rules/passwords-in-log.js';
import { portUsedTwice } from './rules/port-used-twice.js';
import { quoteHidesComment } from './rules/quote-hides-comment.js';
import { readableKey } from './rules/readable-key.js';
import { readableSecrets } from './rules/readable-secrets.js';
import { repeatedSetting } from './rules/repeated-setting.js';
import { resultReturnNeverSucceeds } from './rules/result-return-never-succeeds.js';
import { sectionWithoutName } from './rules/section-without-name.js';
import { securityFixMissing } from './rules/security-fix-missing.js';
import { shadowedGlobal } from './rules/shadowed-global.js';
import { skipValueOfUserdb } from './rules/skip-value-of-userdb.js';
import { skippedAfterContinue } from './rules/skipped-after-continue.js';
import { suppressionWithoutReason } from './rules/suppression-without-reason.js';
import { swallowedSetting } from './rules/swallowed-setting.js';
import { syntaxError } from './rules/syntax-error.js';
import { tlsFileMissing } from './rules/tls-file-missing.js';
import { tlsOff } from './rules/tls-off.js';
import { tooManyFiles } from './rules/too-many-files.js';
import { trustedNetworksTooWide } from './rules/trusted-networks-too-wide.js';
import { unclosedQuote } from './rules/unclosed-quote.js';
import { unclosedSection } from './rules/unclosed-section.js';
import { unknownAuthVariable } from './rules/unknown-auth-variable.js';
import { unknownDriver } from './rules/unknown-driver.js';
import { unknownMailDriver } from './rules/unknown-mail-driver.js';
import { unknownMechanism } from './rules/unknown-mechanism.js';
import { unknownSection } from './rules/unknown-section.js';
import { unknownSetting } from './rules/unknown-setting.js';
import { unknownVariable } from './rules/unknown-variable.js';
import { unreachablePassdb } from './rules/unreachable-passdb.js';
import { unusedSuppression } from './rules/unused-suppression.js';
import { variableFunction } from './rules/variable-function.js';
import { variableSyntax } from './rules/variable-syntax.js';
import { versionLine } from './rules/version-line.js';
import { weakCiphers } from './rules/weak-ciphers.js';
import { wrongPlace } from './rules/wrong-place.js';
import { rulesOf23 } from './rules-of-2.3.js';
import { rulesOf24 } from './rules-of-2.4.js';
import { rulesOfLookups } from './rules-of-lookups.js';

/** Rules that look at every configuration. A problem of reading goes to the first that words it, so those that look closer come first. */
const COMMON_RULES: readonly Rule[] = [
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
  misspeltPlugin,
  unknownMailDriver,
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
  masterUserUnknown,
  masterWithoutSeparator,
  unreachablePassdb,
  denyTooLate,
  authCacheTooSmall,
  passdbSourceMissing,
  authDoesNotStart,
  tlsOff,
  cleartextLogins,
  oldTlsVersion,
  passwordsInLog,
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
  tooManyFiles,
  listenerTls,
  variableSyntax,
  variableFunction,
  unknownAuthVariable,
  securityFixMissing,
  extUnreadable,
  extSyntax,
  extUnknownSetting,
  extInvalidValue,
  extMissingRequired,
  suppressionWithoutReason,
  unusedSuppression,
];

export function allRules(): readonly Rule[] {
  return [...COMMON_RULES, ...rulesOf23(), ...rulesOf24(), ...rulesOfLookups()];
}

/** Rules that may find something in a configuration; the others are not even loaded. */
export function rulesFor(config: Config): readonly Rule[] {
  const series = seriesOf(config.version);
  const rules = [
    ...COMMON_RULES,
    ...(series === '2.3' ? rulesOf23() : rulesOf24()),
    ...(asksSystemAlone(config) ? [] : rulesOfLookups()),
  ];
  return rules.filter((rule) => rule.versions.includes(series));
}

/** Drivers of the system's own users, which have no database of ours and set no fields. */
const SYSTEM_DRIVERS: ReadonlySet<string> = new Set(['pam', 'passwd', 'shadow', 'bsdauth']);

function asksSystemAlone(config: Config): boolean {
  return (
    [...allPassdbs(config), ...allUserdbs(config)].every(
      (block) =>
        SYSTEM_DRIVERS.has(block.driver) &&
        block.fields.length + block.defaultFields.length + block.overrideFields.length === 0,
    ) && extFileUses(config).length === 0
  );
}
