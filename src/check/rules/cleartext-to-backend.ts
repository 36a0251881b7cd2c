import { isInNetwork, type Network, parseNetwork } from '../../auth/ip-network.js';
import { ipVersion } from '../../config/ip-version.js';
import { fieldsNamed, fieldsOf, passdbFields } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

const NETWORKS = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '100.64.0.0/10',
  // Of examples: RFC 5737, RFC 3849.
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
  '2001:db8::/32',
];
let parsed: readonly Network[] | undefined;

function privateNetworks(): readonly Network[] {
  parsed ??= NETWORKS.map(parseNetwork).filter((network) => network !== null);
  return parsed;
}

export const cleartextToBackend = defineRule({
  code: 'DV425',
  name: 'cleartext-to-backend',
  severity: 'warning',
  title: 'Passwords go to a backend outside of this network without TLS',
  versions: BOTH,
  check({ config, report }) {
    const fields = passdbFields(config);
    for (const { passdb, literals } of fieldsNamed(config, 'host', 'hostip')) {
      const outside = literals.find(({ text }) => isOutside(text));
      if (outside === undefined) continue;
      const own = fieldsOf(passdb, fields);
      if (!own.some(({ name }) => /^proxy(?:_maybe)?$/.test(name))) continue;
      if (own.some(({ name }) => name === 'ssl' || name === 'starttls' || name === 'passdb_import')) continue;
      report({
        message: `Passwords go to ${outside.text} in clear text, over networks that are not private`,
        place: outside.place,
        help: "Return starttls=yes (or ssl=yes with port=993), and give the backends' CA.",
      });
    }
  },
});

function isOutside(text: string): boolean {
  // Most backends have such an address; the networks themselves are slower to ask.
  if (/^(?:10|127|192\.168)\./.test(text)) return false;
  const address = text.replace(/^\[(.*)\]$/, '$1');
  return ipVersion(address) !== 0 && !privateNetworks().some((network) => isInNetwork(address, network));
}
