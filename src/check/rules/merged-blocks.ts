import { defineRule } from '../rule.js';
import { sectionsNamed } from '../statements.js';

// auth-chain.md trap 23. observed 2.4.1
export const mergedBlocks = defineRule({
  code: 'DV328',
  name: 'merged-blocks',
  severity: 'warning',
  title: 'Two passdb or userdb blocks with one name: 2.4 makes one of them',
  versions: ['2.4'],
  check({ config, report }) {
    for (const kind of ['passdb', 'userdb']) {
      const first = new Map<string, ReturnType<typeof sectionsNamed>[number]>();
      for (const one of sectionsNamed(config, kind)) {
        const name = one.node.name ?? '';
        const before = first.get(name);
        first.set(name, before ?? one);
        if (before === undefined || name === '') continue;
        report({
          message: `This is no second ${kind}: the settings of both blocks called ${name} apply together, the later ones win`,
          place: { source: one.source, span: one.node.nameSpan ?? one.node.keySpan },
          related: [
            {
              message: 'the first',
              place: { source: before.source, span: before.node.nameSpan ?? before.node.keySpan },
            },
          ],
          help: `Give each block its own name, with "driver = ${name}" in it.`,
        });
      }
    }
  },
});
