import { ipVersion } from '../../config/ip-version.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn, valueText } from '../value-text.js';

export const invalidTrustedNetwork = defineRule({
  code: 'DV602',
  name: 'invalid-trusted-network',
  severity: 'error',
  title: 'A trusted network that is neither an address nor a network',
  versions: BOTH,
  check({ config, series, report }) {
    for (const name of ['login_trusted_networks', 'haproxy_trusted_networks']) {
      const origin = config.effective.setting(name)?.origin ?? null;
      if (origin === null) continue;
      const value = valueText(origin);
      for (const match of value.text.matchAll(/[^\s,"]+/g)) {
        if (isNetwork(match[0]) || /^[<$]|%\{/.test(match[0])) continue;
        report({
          message:
            series === '2.3'
              ? `"${match[0]}" is no network: every login process dies when a client connects`
              : `"${match[0]}" is neither an address nor a network`,
          place: placeIn(value, { start: match.index, end: match.index + match[0].length }),
          help: 'Write addresses or networks such as 192.0.2.1 or 192.0.2.0/24, separated by spaces or commas; names are not looked up.',
        });
      }
    }
  },
});

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = ipVersion(address.replace(/^\[(.*)\]$/, '$1'));
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
