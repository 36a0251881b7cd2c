import { passdbLists, titleOf } from '../chains.js';
import { fieldsNamed, fieldsOf, passdbFields } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

// auth-chain.md trap 25: a right password from a forbidden address counts as "user unknown".
export const allowNetsGoesOn = defineRule({
  code: 'DV329',
  name: 'allow-nets-goes-on',
  severity: 'warning',
  title: 'allow_nets before another passdb, which may let the same user in from anywhere',
  versions: BOTH,
  check({ config, report }) {
    if (fieldsNamed(config, 'allow_nets', 'allow_real_nets').length === 0) return;
    const fields = passdbFields(config);
    for (const list of passdbLists(config)) {
      const users = list.filter((passdb) => !passdb.master);
      users.forEach((passdb, index) => {
        const field = fieldsOf(passdb, fields).find(({ name }) => /^allow_(?:real_)?nets$/.test(name));
        if (field === undefined || !passdb.resultFailure.value.startsWith('continue')) return;
        const next = users.slice(index + 1).find((one) => !one.deny);
        if (next === undefined) return;
        if (fieldsOf(next, fields).some(({ name }) => /^allow_(?:real_)?nets$/.test(name))) return;
        report({
          message: `From a forbidden address ${titleOf(next)} is asked as if the user were unknown here, and it may let him in`,
          place: field.namePlace,
          help: `Write "result_failure = return-fail" in ${titleOf(passdb)}, or return ${field.name} from the other passdb as well.`,
        });
      });
    }
  },
});
