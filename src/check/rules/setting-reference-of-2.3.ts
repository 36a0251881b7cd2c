import { defineRule } from '../rule.js';
import { settingsBeside, valuePlace, type WrittenSetting } from '../statements.js';
import { placeIn, valueText } from '../value-text.js';

/** `$name` of a dict's map stands for a part of the pattern. Dovecot 2.4.1 dict-sql.c */
function isMapVariable({ node, path }: WrittenSetting): boolean {
  return (
    node.key === 'dict_map_key_field_value' || path.some(({ key }) => /^(?:dict_map_)?key_field$/.test(key))
  );
}

// config-language.md section 0, fact 3.
export const settingReferenceOf23 = defineRule({
  code: 'DV706',
  name: 'setting-reference-of-2.3',
  severity: 'error',
  title: '$name in a 2.4 configuration is plain text',
  versions: ['2.4'],
  check({ config, report }) {
    for (const setting of settingsBeside(config, '$')) {
      if (setting.node.value.form !== 'variable' || isMapVariable(setting)) continue;
      const value = valueText(valuePlace(setting));
      for (const match of value.text.matchAll(/(?<![^\s])\$(?!SET:|ENV:)([a-z][a-z0-9_]*)(?![^\s])/g)) {
        const list = /^(?:mail_plugins|protocols|auth_mechanisms|imap_capability)$/.test(setting.node.key);
        report({
          message: `${match[0]} is plain text in 2.4: the value is not put in its place`,
          place: placeIn(value, { start: match.index, end: match.index + match[0].length }),
          help: list
            ? `Write a block that adds to the list: "${setting.node.key} { NAME = yes }".`
            : `Write $SET:${match[1]}.`,
        });
      }
    }
  },
});
