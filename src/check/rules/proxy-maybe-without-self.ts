import { fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

export const proxyMaybeWithoutSelf = defineRule({
  code: 'DV412',
  name: 'proxy-maybe-without-self',
  severity: 'info',
  title: 'proxy_maybe without auth_proxy_self',
  versions: BOTH,
  check({ config, report }) {
    const [field] = fieldsNamed(config, 'proxy_maybe');
    if (field === undefined || config.effective.auth().proxySelf.length > 0) return;
    report({
      message:
        'proxy_maybe keeps a user here only if host is the very address that the client connected to; auth_proxy_self is empty',
      place: field.namePlace,
      help: 'List all addresses of this server in auth_proxy_self, those behind a load balancer too.',
    });
  },
});
