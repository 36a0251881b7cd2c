import { writtenFor } from '../asked-settings.js';
import { BOTH, defineRule } from '../rule.js';

export const databaseUnreachable = defineRule({
  code: 'DV830',
  name: 'database-unreachable',
  severity: 'error',
  title: 'A database that cannot be asked (with --connect)',
  versions: BOTH,
  check({ config, databases, report }) {
    for (const one of databases) {
      const { answer, label } = one;
      if (answer.kind !== 'unreachable') continue;
      report({
        message: `${label} does not let us in: ${answer.message}`,
        place: writtenFor(config, one),
        help: 'While a database does not answer, every look-up in it fails temporarily.',
      });
    }
  },
});
