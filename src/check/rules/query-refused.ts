import { toUtf8 } from '../../../grammar/bytes.js';
import { writtenFor } from '../asked-settings.js';
import { BOTH, defineRule } from '../rule.js';

const FAILED: Readonly<Record<string, string>> = {
  password_query: 'Password query failed',
  passdb_sql_query: 'Password query failed',
  user_query: 'User query failed',
  userdb_sql_query: 'User query failed',
};

export const queryRefused = defineRule({
  code: 'DV831',
  name: 'query-refused',
  severity: 'error',
  title: 'A query or search that the database refuses (with --connect or --fixture)',
  versions: BOTH,
  check({ config, databases, report }) {
    for (const one of databases) {
      const { answer, label, setting } = one;
      if (answer.kind !== 'refused') continue;
      const failed = FAILED[setting];
      // PostgreSQL shows the place in the text that was sent, which is not the one that stands here.
      const [said = ''] = answer.message.split('\n');
      report({
        message: `${label} refuses ${setting}: ${toUtf8(said.replace(/^ERROR: +/, ''))}`,
        place: writtenFor(config, one),
        help: 'Every look-up with it fails temporarily.',
        dovecot: failed === undefined ? null : { message: `${failed}: ${said}`, stage: 'runtime' },
      });
    }
  },
});
