import { allUserdbs } from '../chains.js';
import { fieldsOf, passdbFields, passdbsWith } from '../passdb-fields.js';
import { BOTH, defineRule, listOf } from '../rule.js';

const OF_USERDB = new Set(['home', 'uid', 'gid', 'mail', 'quota_rule', 'mail_path', 'mail_driver', 'quota']);

export const userdbColumnWithoutPrefix = defineRule({
  code: 'DV817',
  name: 'userdb-column-without-prefix',
  severity: 'info',
  title: 'Columns of userdb in a password query without the prefix userdb_',
  versions: BOTH,
  check({ config, report }) {
    const fields = passdbFields(config);
    const prefetch = allUserdbs(config).some((userdb) => userdb.driver === 'prefetch');
    for (const passdb of passdbsWith(config, ...OF_USERDB)) {
      const plain = fieldsOf(passdb, fields).filter(
        (field) => field.setter === 'column' && OF_USERDB.has(field.name),
      );
      const [first] = plain;
      if (first === undefined) continue;
      const names = plain.map(({ name }) => name);
      report({
        message: `${listOf(names, 'and')} ${names.length === 1 ? 'has' : 'have'} no effect here: a passdb hands only fields called userdb_... on to userdb prefetch`,
        place: first.namePlace,
        severity: prefetch ? 'warning' : 'info',
        help: `Write "AS userdb_${first.name}" and add "userdb { driver = prefetch }", or leave the ${names.length === 1 ? 'column' : 'columns'} to the user query.`,
      });
    }
  },
});
