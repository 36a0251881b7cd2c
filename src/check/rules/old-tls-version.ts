import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

const OLD = new Set(['ANY', 'SSLv3', 'TLSv1', 'TLSv1.1']);

export const oldTlsVersion = defineRule({
  code: 'DV505',
  name: 'old-tls-version',
  severity: 'warning',
  title: 'ssl_min_protocol allows TLS versions older than 1.2',
  versions: BOTH,
  check({ config, report }) {
    const written = config.effective.setting('ssl_min_protocol');
    if (written === null || written.origin === null || !OLD.has(written.text)) return;
    report({
      message: `ssl_min_protocol = ${written.text} allows TLS versions that were withdrawn in 2021 (RFC 8996)`,
      place: placeOfValue(written.origin),
      help: 'Write "ssl_min_protocol = TLSv1.2".',
    });
  },
});
