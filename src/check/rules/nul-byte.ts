import { BOTH, defineRule } from '../rule.js';

export const nulByte = defineRule({
  code: 'DV112',
  name: 'nul-byte',
  severity: 'warning',
  title: 'A NUL byte: Dovecot ignores the rest of the line',
  versions: BOTH,
  check({ config, report }) {
    for (const { source } of config.trees) {
      const at = source.text.indexOf('\0');
      if (at === -1) continue;
      report({
        message:
          'This file holds NUL bytes (is it text in UTF-8?): Dovecot ignores the rest of each such line',
        place: { source, span: { start: at, end: at + 1 } },
        help: 'Save the file as UTF-8 text.',
      });
    }
  },
});
