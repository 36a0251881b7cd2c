import { BOTH, defineRule } from '../rule.js';
import { settingsNamed, valueInSection } from '../statements.js';
import { placeOfValue } from '../value-text.js';

export const haproxyWithoutTrust = defineRule({
  code: 'DV603',
  name: 'haproxy-without-trust',
  severity: 'warning',
  title: 'A listener with haproxy = yes, and no haproxy_trusted_networks',
  versions: BOTH,
  check({ config, report }) {
    if (settingsNamed(config, 'haproxy').length === 0) return;
    const { effective } = config;
    for (const listener of effective.listeners()) {
      if (!listener.haproxy || listener.at === null) continue;
      if (effective.login({ protocol: listener.protocol }).haproxyTrustedNetworks.length > 0) continue;
      report({
        message: `Nobody gets through the listener ${listener.name}: it takes only trusted HAProxy connections, and haproxy_trusted_networks is empty`,
        place: valueInSection(config, listener.at, 'haproxy') ?? placeOfValue(listener.at),
        help: 'List the addresses of the load balancers in haproxy_trusted_networks.',
      });
    }
  },
});
