import type { NewStatement } from '../change.js';
import type { OldSetting } from '../old-setting.js';
import type { Translation } from '../translation.js';

/** One setting of 2.3 in the words of 2.4. */
export type SettingTranslator = (old: OldSetting, t: Translation) => readonly NewStatement[];

export type SettingTranslators = Readonly<Record<string, SettingTranslator>>;
