import { passdbFields } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

export const proxyToSelf = defineRule({
  code: 'DV413',
  name: 'proxy-to-self',
  severity: 'warning',
  title: 'A host that is one of this server’s own addresses',
  versions: BOTH,
  check({ config, report }) {
    const own = new Set(config.effective.auth().proxySelf);
    const fields = passdbFields(config);
    if (!fields.some(({ name }) => name === 'proxy')) return;
    for (const field of fields.filter(({ name }) => name === 'host' || name === 'hostip')) {
      for (const { text, place } of field.literals) {
        if (!own.has(text)) continue;
        report({
          message: `${text} is in auth_proxy_self: with "proxy" this server would connect to itself`,
          place,
          help: 'Return "proxy_maybe" instead of "proxy": users of this server then log in here.',
          dovecot: { message: 'proxy(USER): Proxying loops to itself', stage: 'runtime' },
        });
      }
    }
  },
});
