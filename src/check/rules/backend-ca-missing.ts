import { fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

// proxy-protocol.md section 1.3: the login proxy of 2.3 verifies against ssl_ca only, that of 2.4 against ssl_client_ca_*.
export const backendCaMissing = defineRule({
  code: 'DV507',
  name: 'backend-ca-missing',
  severity: 'warning',
  title: 'Backends’ certificates are to be verified, and no CA is given',
  versions: BOTH,
  check({ config, series, report }) {
    const { tlsClient } = config.effective.login({ protocol: 'imap' });
    if (tlsClient.ca !== null || (series === '2.4' && tlsClient.caDirectory !== null)) return;
    if (!tlsClient.requireValidCertificate) return;
    for (const field of fieldsNamed(config, 'ssl', 'starttls')) {
      const verified = field.literals.find(({ text }) => text === 'yes' || text === 'y' || text === 'Y');
      if (verified === undefined) continue;
      const name = series === '2.3' ? 'ssl_ca' : 'ssl_client_ca_file';
      report({
        message: `No backend's certificate can be verified: ${name} is empty`,
        place: verified.place,
        help:
          series === '2.3'
            ? 'Write "ssl_ca = </path/to/ca.pem" and "ssl_require_crl = no" (ssl_client_ca_file is not used by login proxies in 2.3).'
            : 'Write "ssl_client_ca_file = /path/to/ca.pem".',
      });
      return;
    }
  },
});
