import { editDistance } from '../../config/similar-names.js';
import { PLUGIN_SETTINGS_2_3 } from '../../knowledge/external-settings-2.3.js';
import { defineRule } from '../rule.js';
import { keyPlace, sectionsNamed, writtenSettings } from '../statements.js';

const KNOWN = PLUGIN_SETTINGS_2_3.split(' ').filter((name) => name.length >= 5 && /^[a-z0-9_]+$/.test(name));
const NAMES = new Set(KNOWN);

// config-language.md section 9: 2.3 has no list of plugin settings, so nothing is an error.
export const misspeltPluginSetting = defineRule({
  code: 'DV221',
  name: 'misspelt-plugin-setting',
  severity: 'warning',
  title: 'A setting inside plugin { } that is one letter away from a known one',
  versions: ['2.3'],
  check({ config, report }) {
    if (sectionsNamed(config, 'plugin').length === 0) return;
    for (const setting of writtenSettings(config)) {
      const { key } = setting.node;
      if (setting.path.at(-1)?.key !== 'plugin' || NAMES.has(key)) continue;
      // quota_rule2, sieve_before3 continue a list; other plugins have names of their own.
      if (NAMES.has(key.replace(/\d+$/, '')) || key.length < 4) continue;
      const near = KNOWN.find((name) => editDistance(key, name, 1) === 1 && isSlip(key, name));
      if (near === undefined) continue;
      report({
        message: `No plugin of Dovecot knows ${key}: 2.3 accepts any name inside plugin { }, and nobody reads this one`,
        place: keyPlace(setting),
        help: `Did you mean ${near}?`,
        fixes: [{ title: `Write ${near}`, safe: false, edits: [{ place: keyPlace(setting), text: near }] }],
      });
    }
  },
});

/** Plural and singular, or a number, are more often another name than a slip. */
function isSlip(key: string, name: string): boolean {
  return `${name}s` !== key && `${key}s` !== name && key.replace(/\d/g, '') === key;
}
