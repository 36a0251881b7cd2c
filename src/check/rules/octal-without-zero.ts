import { BOTH, defineRule } from '../rule.js';
import { settingsNamed, valuePlace, writtenNames } from '../statements.js';

// config-language.md section 5: without the leading 0 the digits are decimal.
export const octalWithoutZero = defineRule({
  code: 'DV219',
  name: 'octal-without-zero',
  severity: 'warning',
  title: 'mode = 600 without a leading zero is the decimal number 600',
  versions: BOTH,
  check({ config, report }) {
    const modes = writtenNames(config).filter((name) => /(?:^|_)mode$/.test(name));
    for (const setting of settingsNamed(config, ...modes)) {
      const { node, path } = setting;
      if (!/_listener$/.test(path.at(-1)?.key ?? node.key.split('/').at(-3) ?? '')) continue;
      const { text } = node.value;
      if (!/^[1-7][0-7]{2,3}$/.test(text)) continue;
      report({
        message: `${node.key} = ${text} is the decimal number ${text}, which is mode 0${Number(text).toString(8)}`,
        place: valuePlace(setting),
        help: `Write "${node.key} = 0${text}".`,
        fixes: [
          {
            title: 'Add the leading zero',
            safe: false,
            edits: [{ place: valuePlace(setting), text: `0${text}` }],
          },
        ],
      });
    }
  },
});
