import { ipVersion } from '../../config/ip-version.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn, valueText } from '../value-text.js';

export const trustedNetworksTooWide = defineRule({
  code: 'DV601',
  name: 'trusted-networks-too-wide',
  severity: 'warning',
  title: 'A trusted network that holds far more than a few proxies',
  versions: BOTH,
  check({ config, report }) {
    for (const name of ['login_trusted_networks', 'haproxy_trusted_networks']) {
      const origin = config.effective.setting(name)?.origin ?? null;
      if (origin === null) continue;
      const value = valueText(origin);
      for (const match of value.text.matchAll(/[^\s,"]+/g)) {
        const [address = '', bits = ''] = match[0].split('/');
        const bare = address.replace(/^\[|\]$/g, '');
        const version = ipVersion(bare);
        if (version === 0 || !/^\d{1,3}$/.test(bits)) continue;
        if (Number(bits) >= (version === 4 ? 16 : 48)) continue;
        if (bare === '127.0.0.0') continue;
        const everybody = Number(bits) === 0;
        report({
          message: everybody
            ? `${match[0]} trusts everybody: any client may claim any address and counts as secured`
            : `${match[0]} trusts a whole range of networks: whoever sends from there may claim any client address`,
          place: placeIn(value, { start: match.index, end: match.index + match[0].length }),
          severity: everybody ? 'error' : 'warning',
          help: 'List the addresses of the proxies only.',
        });
      }
    }
  },
});
