import type { Rule } from './rule.js';
import { cacheKeyTooShort } from './rules/cache-key-too-short.js';
import { certificateWithoutLessThan } from './rules/certificate-without-less-than.js';
import { mechanismsNone } from './rules/mechanisms-none.js';
import { memoryLimitTooLow } from './rules/memory-limit-too-low.js';
import { misspeltPluginSetting } from './rules/misspelt-plugin-setting.js';
import { passwdFileArgs } from './rules/passwd-file-args.js';
import { serviceCountOne } from './rules/service-count-one.js';
import { sharedPassdbModule } from './rules/shared-passdb-module.js';
import { variableCutShort } from './rules/variable-cut-short.js';
import { variableOf24 } from './rules/variable-of-2.4.js';

/** Rules that only a configuration of 2.3 needs. None of them words problems of reading. */
export function rulesOf23(): readonly Rule[] {
  return RULES;
}

const RULES: readonly Rule[] = [
  misspeltPluginSetting,
  memoryLimitTooLow,
  sharedPassdbModule,
  passwdFileArgs,
  cacheKeyTooShort,
  mechanismsNone,
  certificateWithoutLessThan,
  serviceCountOne,
  variableOf24,
  variableCutShort,
];
