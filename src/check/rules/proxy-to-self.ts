import { fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

export const proxyToSelf = defineRule({
  code: 'DV413',
  name: 'proxy-to-self',
  severity: 'warning',
  title: 'A host that is one of this server’s own addresses',
  versions: BOTH,
  check({ config, report }) {
    const own = new Set(config.effective.auth().proxySelf);
    if (own.size === 0 || fieldsNamed(config, 'proxy').length === 0) return;
    for (const field of fieldsNamed(config, 'host', 'hostip')) {
      for (const literal of field.literals) {
        const { text } = literal;
        if (!own.has(text)) continue;
        report({
          message: `${text} is in auth_proxy_self: with "proxy" this server would connect to itself`,
          place: literal.place,
          help: 'Return "proxy_maybe" instead of "proxy": users of this server then log in here.',
          dovecot: { message: 'proxy(USER): Proxying loops to itself', stage: 'runtime' },
        });
      }
    }
  },
});
