import { toUtf8 } from '../../../grammar/bytes.js';
import { BOTH, defineRule } from '../rule.js';
import { includes } from '../statements.js';

export const includeOfDirectory = defineRule({
  code: 'DV114',
  name: 'include-of-directory',
  severity: 'warning',
  title: 'An include of a directory, which contributes nothing',
  versions: BOTH,
  check({ config, files, report }) {
    for (const { source, node } of includes(config)) {
      const place = { source, span: node.patternSpan };
      if (node.pattern.trim() === '') {
        report({
          message: 'An include without a file name contributes nothing',
          place: { source, span: { start: node.span.start, end: node.patternSpan.end } },
          help: 'Write the file to include, such as conf.d/*.conf.',
        });
        continue;
      }
      const path = node.pattern.startsWith('/') ? node.pattern : null;
      const directory =
        /\/$/.test(node.pattern) || (path !== null && files?.look(toUtf8(path)).kind === 'directory');
      if (!directory) continue;
      report({
        message: 'A directory contributes nothing to an include, and Dovecot says no word of it',
        place,
        help: `Write "!include ${node.pattern.replace(/\/+$/, '')}/*.conf".`,
      });
    }
  },
});
