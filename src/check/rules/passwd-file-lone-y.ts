import { passdbFieldFact } from '../../knowledge/passdb-fields.js';
import { entriesOf, readPasswdFiles } from '../passwd-files.js';
import { defineRule } from '../rule.js';

// observed 2.4.1 (auth-chain.md trap 13).
export const passwdFileLoneY = defineRule({
  code: 'DV809',
  name: 'passwd-file-lone-y',
  severity: 'warning',
  title: 'A field of a passwd-file with the value y, which 2.4.1 empties',
  versions: ['2.4'],
  check({ config, files, report }) {
    for (const source of readPasswdFiles(config, files)) {
      for (const { extra, extraSpan } of entriesOf(source)) {
        for (const match of extra.matchAll(/(?<![^\s])([\w-]+)=y(?![^\s])/g)) {
          const [text, name = ''] = match;
          // Flags count by presence, so the lost value does no harm.
          const fact = passdbFieldFact(name);
          if (fact !== null && fact.kind !== 'value') continue;
          const start = extraSpan.start + match.index;
          report({
            message: `2.4.1 makes the value y of ${name} empty`,
            place: { source, span: { start, end: start + text.length } },
            help: `Write ${name}=Y or ${name}=yes if the receiver takes it.`,
          });
        }
      }
    }
  },
});
