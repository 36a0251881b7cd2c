import { entriesOf, readPasswdFiles } from '../passwd-files.js';
import { defineRule } from '../rule.js';

// observed 2.4.1 (auth-chain.md trap 14): fields are cut at spaces before variables are looked at.
export const passwdFileSplitVariable = defineRule({
  code: 'DV808',
  name: 'passwd-file-split-variable',
  severity: 'error',
  title: 'A space inside %{...} in a passwd-file: the field is cut in two',
  versions: ['2.4'],
  check({ config, files, report }) {
    for (const source of readPasswdFiles(config, files)) {
      for (const { user, extra, extraSpan } of entriesOf(source)) {
        for (const match of extra.matchAll(/%\{[^}]*\s[^}]*\}/g)) {
          const start = extraSpan.start + match.index;
          report({
            message: `Fields of a passwd-file end at every space, inside of %{...} too: logins of ${user} fail temporarily`,
            place: { source, span: { start, end: start + match[0].length } },
            help: `Write ${match[0].replaceAll(/\s+/g, '')}.`,
          });
        }
      }
    }
  },
});
