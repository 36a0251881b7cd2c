import { fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';
import { sectionsNamed, valueInSection } from '../statements.js';

/** LimitNOFILE of the unit files of Dovecot and of Debian. */
const FILES = 65_535;

export const tooManyFiles = defineRule({
  code: 'DV608',
  name: 'too-many-files',
  severity: 'warning',
  title: 'client_limit above the file descriptors that a process may have',
  versions: BOTH,
  check({ config, report }) {
    const proxies = fieldsNamed(config, 'proxy', 'proxy_maybe').length > 0;
    for (const { source, node } of sectionsNamed(config, 'service')) {
      const name = node.name ?? '';
      const place = valueInSection(config, { source, span: node.span }, 'client_limit');
      const service = config.effective.service(name);
      if (place === null || service === null) continue;
      // A proxied session holds the client's connection and the backend's.
      const each = proxies && name.endsWith('-login') ? 2 : 1;
      if (!Number.isFinite(service.clientLimit) || service.clientLimit * each <= FILES) continue;
      report({
        message: `${service.clientLimit} clients need ${service.clientLimit * each} file descriptors${each === 2 ? ', two for a proxied one' : ''}, and the unit file of Dovecot allows ${FILES}`,
        place,
        help: `Lower client_limit to ${Math.floor((FILES - 1000) / each / 1000) * 1000} and let more processes share the clients, or raise LimitNOFILE.`,
      });
    }
  },
});
