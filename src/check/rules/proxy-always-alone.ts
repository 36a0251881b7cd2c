import { fieldsOf, passdbFields, passdbsWith } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

export const proxyAlwaysAlone = defineRule({
  code: 'DV420',
  name: 'proxy-always-alone',
  severity: 'warning',
  title: 'proxy_always without proxy_maybe',
  versions: BOTH,
  check({ config, report }) {
    const fields = passdbFields(config);
    for (const passdb of passdbsWith(config, 'proxy_always')) {
      const own = fieldsOf(passdb, fields);
      const always = own.find((field) => field.name === 'proxy_always');
      if (always === undefined || own.some((field) => field.name === 'proxy_maybe')) continue;
      report({
        message: 'proxy_always has no effect without proxy_maybe: the user is not proxied by it',
        place: always.namePlace,
        help: 'Return "proxy" to proxy every user. proxy_always is for directors only.',
      });
    }
  },
});
