import { blocksOfDriver } from '../chains.js';
import { dialectOfBlock } from '../passdb-queries.js';
import { defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

// observed 2.3.19.1: the default fields stay in the auth-worker, and are not in the answer.
export const defaultFieldsLost = defineRule({
  code: 'DV330',
  name: 'default-fields-lost',
  severity: 'warning',
  title: 'default_fields of an SQL passdb that runs in a worker: they are lost',
  versions: ['2.3'],
  check({ config, report }) {
    for (const passdb of blocksOfDriver(config, 'sql')) {
      const [field] = passdb.defaultFields;
      if (passdb.kind !== 'passdb' || field === undefined || field.origin === null) continue;
      const dialect = dialectOfBlock(passdb, config);
      if (dialect !== 'sqlite' && dialect !== 'mysql') continue;
      report({
        message: `default_fields have no effect with ${dialect}: they do not come back from the auth worker`,
        place: placeOfValue(field.origin),
        help: 'Return the values from the query (COALESCE(host, ...) AS host), or use override_fields.',
      });
    }
  },
});
