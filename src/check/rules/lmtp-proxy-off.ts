import { headOf } from '../chains.js';
import { fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

export const lmtpProxyOff = defineRule({
  code: 'DV421',
  name: 'lmtp-proxy-off',
  severity: 'warning',
  title: 'Proxied users and LMTP, but lmtp_proxy is off: their mail is delivered here',
  versions: BOTH,
  check({ config, report }) {
    const { effective } = config;
    const origin = effective.setting('protocols')?.origin ?? null;
    const [proxy] = fieldsNamed(config, 'proxy', 'proxy_maybe');
    if (origin === null || proxy === undefined || !effective.protocols.includes('lmtp')) return;
    if (effective.login({ protocol: 'lmtp' }).lmtpProxy) return;
    report({
      message: 'LMTP delivers mail of proxied users on this machine: lmtp_proxy is off',
      place: placeOfValue(origin),
      related: [
        {
          message: 'these users are proxied',
          place: proxy.setter === 'column' ? proxy.namePlace : headOf(proxy.passdb),
        },
      ],
      help: 'Write "lmtp_proxy = yes", or take lmtp out of protocols.',
    });
  },
});
