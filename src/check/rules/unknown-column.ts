import { passdbFieldFact } from '../../knowledge/passdb-fields.js';
import { fieldsOf, passdbFields } from '../passdb-fields.js';
import { passwordQueries } from '../passdb-queries.js';
import { BOTH, defineRule, listOf } from '../rule.js';

/** Columns that rules of their own speak of. */
const OF_USERDB = /^(?:home|uid|gid|mail|quota_rule\d*|mail_path|mail_driver|quota)$/;
const FREE = /^(?:userdb_|forward_|event_|user_|passdb_)/;

export const unknownColumn = defineRule({
  code: 'DV826',
  name: 'unknown-column',
  severity: 'info',
  title: 'A column of a password query that Dovecot does nothing with',
  versions: BOTH,
  check({ config, report }) {
    const fields = passdbFields(config);
    for (const { block, select } of passwordQueries(config)) {
      if (select === null || block.kind !== 'passdb') continue;
      const own = fieldsOf(block, fields);
      // One of them may be meant as password.
      if (!own.some(({ name }) => /^password(?:_noscheme)?$/.test(name))) continue;
      const unknown = own.filter(
        ({ name, setter }) =>
          setter === 'column' &&
          passdbFieldFact(name.toLowerCase()) === null &&
          !OF_USERDB.test(name) &&
          !FREE.test(name),
      );
      const [first] = unknown;
      if (first === undefined) continue;
      const names = unknown.map(({ name }) => name);
      report({
        message: `Dovecot knows no passdb field called ${listOf(names, 'or')}: ${names.length === 1 ? 'the column has' : 'the columns have'} no effect`,
        place: first.namePlace,
        related: unknown.slice(1).map(({ name, namePlace }) => ({ message: name, place: namePlace })),
        help: `Leave ${names.length === 1 ? 'it' : 'them'} out, or rename with AS.`,
      });
    }
  },
});
