import type { PassdbBlock } from '../../config/effective.js';
import { headOf, passdbLists, titleOf } from '../chains.js';
import { defineRule } from '../rule.js';

// Dovecot 2.3.19.1 passdb.c passdb_preinit: blocks with the same driver and args share one module object.
export const sharedPassdbModule = defineRule({
  code: 'DV318',
  name: 'shared-passdb-module',
  severity: 'warning',
  title: 'Two 2.3 passdbs with the same args share the mechanisms and username_filter of the first',
  versions: ['2.3'],
  check({ config, report }) {
    for (const list of passdbLists(config)) {
      if (list.every(({ usernameFilter, mechanisms }) => usernameFilter === '' && mechanisms.length === 0))
        continue;
      const modules = new Map<string, PassdbBlock>();
      for (const passdb of list) {
        const module = `${passdb.driver}\0${passdb.args.text}`;
        const first = modules.get(module);
        if (first === undefined) modules.set(module, passdb);
        const differs =
          first !== undefined &&
          (first.usernameFilter !== passdb.usernameFilter ||
            first.mechanisms.join(' ') !== passdb.mechanisms.join(' '));
        if (!differs) continue;
        report({
          message: `mechanisms and username_filter of ${titleOf(passdb)} are not used: with the same driver and args, those of the first block count for both`,
          place: headOf(passdb),
          related: [{ message: 'the first block with these args', place: headOf(first) }],
          help: 'Give the second block another file name in args (a symbolic link does). This is CVE-2022-30550, fixed in 2.3.20.',
        });
      }
    }
  },
});
