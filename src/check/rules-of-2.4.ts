import type { Rule } from './rule.js';
import { bareDomainVariable } from './rules/bare-domain-variable.js';
import { doublePercent } from './rules/double-percent.js';
import { emptyUsernameFormat } from './rules/empty-username-format.js';
import { emptyVariable } from './rules/empty-variable.js';
import { fileSettingWithLessThan } from './rules/file-setting-with-less-than.js';
import { lostLetterY } from './rules/lost-letter-y.js';
import { mergedBlocks } from './rules/merged-blocks.js';
import { passdbDefaultLost } from './rules/passdb-default-lost.js';
import { settingReferenceOf23 } from './rules/setting-reference-of-2.3.js';
import { sourceIpQuestionMark } from './rules/source-ip-question-mark.js';
import { variableIgnoredByte } from './rules/variable-ignored-byte.js';
import { variableOf23 } from './rules/variable-of-2.3.js';

/** Rules that only a configuration of 2.4 needs. None of them words problems of reading. */
export function rulesOf24(): readonly Rule[] {
  return RULES;
}

const RULES: readonly Rule[] = [
  emptyUsernameFormat,
  mergedBlocks,
  fileSettingWithLessThan,
  sourceIpQuestionMark,
  variableOf23,
  settingReferenceOf23,
  passdbDefaultLost,
  doublePercent,
  lostLetterY,
  bareDomainVariable,
  variableIgnoredByte,
  emptyVariable,
];
