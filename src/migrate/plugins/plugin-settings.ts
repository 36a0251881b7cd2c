import type { ByteString } from '../../../grammar/bytes.js';
import { changeOf } from '../../knowledge/changes.js';
import type { NewStatement } from '../change.js';
import { newType } from '../new-settings.js';
import { commentedOut, draft, type OldSetting } from '../old-setting.js';
import type { SettingTranslator, SettingTranslators } from '../settings/setting-translator.js';
import { translateSimple } from '../settings/simple-settings.js';
import type { Translation } from '../translation.js';
import { ftsSettings, ftsTranslator } from './fts.js';
import { imapsieveMailbox } from './imapsieve.js';
import { antispam, isAntispam, otherPluginSettings } from './other-plugins.js';
import { quotaSettings } from './quota.js';
import { sieveSettings } from './sieve.js';

const TRANSLATORS: SettingTranslators = {
  ...quotaSettings,
  ...sieveSettings,
  ...ftsSettings,
  ...otherPluginSettings,
};

/** One line of `plugin { }`. */
export function translatePluginSetting(old: OldSetting, t: Translation): readonly NewStatement[] {
  const translator = translatorOf(old.key);
  if (translator !== undefined) return translator(old, t);
  const change = changeOf(old.path);
  const name = change?.kind === 'moved' ? change.names[0] : undefined;
  const key = name ?? (newType(old.key) === undefined ? null : old.key);
  if (key === null) {
    const reason =
      'No plugin of 2.4 knows this setting; if a plugin of somebody else does, write it as its manual for 2.4 says.';
    return commentedOut(old, draft('DV748', 'decide', reason, old));
  }
  const reason =
    key === old.key
      ? `The plugin setting ${old.key} is a global setting in 2.4.`
      : `The plugin setting ${old.key} is the global setting ${key} in 2.4.`;
  return translateSimple(old, t, key, [draft('DV734', 'exact', reason, old)]);
}

/** Numbers behind a name say that there are several: `quota_rule2`, `sieve_before3`. */
function translatorOf(key: ByteString): SettingTranslator | undefined {
  if (/^imapsieve_mailbox\d+_/.test(key)) return imapsieveMailbox;
  if (isAntispam(key)) return antispam;
  return (
    TRANSLATORS[key] ??
    ftsTranslator(key) ??
    TRANSLATORS[key.replace(/^(quota)\d+/, '$1').replace(/\d+$/, '')]
  );
}
