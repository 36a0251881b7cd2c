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
      list.forEach((passdb, index) => {
        const first = list
          .slice(0, index)
          .find((one) => one.driver === passdb.driver && one.args.text === passdb.args.text);
        if (first === undefined) return;
        const differs =
          first.usernameFilter !== passdb.usernameFilter ||
          first.mechanisms.join(' ') !== passdb.mechanisms.join(' ');
        if (!differs) return;
        report({
          message: `mechanisms and username_filter of ${titleOf(passdb)} are not used: with the same driver and args, those of the first block count for both`,
          place: headOf(passdb),
          related: [{ message: 'the first block with these args', place: headOf(first) }],
          help: 'Give the second block another file name in args (a symbolic link does). This is CVE-2022-30550, fixed in 2.3.20.',
        });
      });
    }
  },
});
