import { fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';
import { sectionsNamed, valueInSection } from '../statements.js';

// A proxied session stays in its login process. observed both
export const proxySessionsLimited = defineRule({
  code: 'DV610',
  name: 'proxy-sessions-limited',
  severity: 'warning',
  title: 'A login process for each proxied session: process_limit is the number of users',
  versions: BOTH,
  check({ config, series, report }) {
    const key = series === '2.3' ? 'service_count' : 'restart_request_count';
    if (fieldsNamed(config, 'proxy', 'proxy_maybe').length === 0) return;
    for (const { source, node } of sectionsNamed(config, 'service')) {
      const name = node.name ?? '';
      if (!/^(?:imap|pop3|submission|managesieve)-login$/.test(name)) continue;
      const service = config.effective.service(name);
      if (service === null || service.serviceCount !== 1 || node.body.every(({ kind }) => kind !== 'setting'))
        continue;
      const at = { source, span: node.span };
      const place = valueInSection(config, at, key) ?? valueInSection(config, at, 'process_limit');
      if (place === null) continue;
      report({
        message: `Only ${service.processLimit} users can be connected: a proxied session keeps its ${name} process, and each process takes one`,
        place,
        help:
          series === '2.3'
            ? 'Write "service_count = 0" and "client_limit" for as many sessions as a process may hold.'
            : 'Write "restart_request_count = unlimited" and "client_limit" for as many sessions as a process may hold.',
      });
    }
  },
});
