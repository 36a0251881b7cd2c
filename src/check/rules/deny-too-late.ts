import { headOf, passdbLists, titleOf } from '../chains.js';
import { BOTH, defineRule } from '../rule.js';

export const denyTooLate = defineRule({
  code: 'DV316',
  name: 'deny-too-late',
  severity: 'error',
  title: 'A passdb with deny = yes behind one that has already let the user in',
  versions: BOTH,
  check({ config, report }) {
    for (const list of passdbLists(config)) {
      const users = list.filter((passdb) => !passdb.master);
      users.forEach((passdb, index) => {
        if (!passdb.deny) return;
        const before = users
          .slice(0, index)
          .find((one) => !one.deny && one.resultSuccess.value.startsWith('return-ok'));
        if (before === undefined) return;
        report({
          message: `${titleOf(passdb)} denies nobody whom ${titleOf(before)} has let in: the search ends there`,
          place: headOf(passdb),
          related: [{ message: 'lets users in first', place: headOf(before) }],
          help: 'Move the block with deny = yes above all other passdbs.',
        });
      });
    }
  },
});
