import { fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';
import { sectionsNamed } from '../statements.js';

// auth-chain.md section 8: failures are counted by the client's address; a proxy hands it on to those who trust it only.
export const penaltyBehindProxy = defineRule({
  code: 'DV609',
  name: 'penalty-behind-proxy',
  severity: 'warning',
  title: 'Servers that proxy to each other without trust: failed logins delay all users',
  versions: BOTH,
  check({ config, report }) {
    const [field] = fieldsNamed(config, 'proxy_maybe');
    if (field === undefined || config.effective.login({ protocol: 'imap' }).trustedNetworks.length > 0)
      return;
    const isOff = sectionsNamed(config, 'service').some(
      ({ source, node }) =>
        node.name === 'anvil' &&
        /anvil-auth-penalty\s*\{\s*mode\s*=\s*0+\s/.test(source.text.slice(node.span.start, node.span.end)),
    );
    if (isOff) return;
    report({
      message:
        'Users that another server proxies to here all come from its address: a few wrong passwords delay everybody, and the log shows the proxy as client',
      place: field.namePlace,
      help: 'List the addresses of the other servers in login_trusted_networks.',
    });
  },
});
