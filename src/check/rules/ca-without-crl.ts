import { fieldsNamed } from '../passdb-fields.js';
import { defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

// observed 2.3.19.1: with ssl_ca and ssl_require_crl = yes (the default) verification wants a CRL in the same file.
export const caWithoutCrl = defineRule({
  code: 'DV508',
  name: 'ca-without-crl',
  severity: 'warning',
  title: 'ssl_ca with ssl_require_crl = yes: backends are refused unless the file holds revocation lists',
  versions: ['2.3'],
  check({ config, files, report }) {
    const { tlsClient } = config.effective.login({ protocol: 'imap' });
    const ca = config.effective.setting('ssl_ca');
    if (ca === null || ca.origin === null || ca.text === '' || !tlsClient.requireCrl) return;
    const verified = fieldsNamed(config, 'ssl', 'starttls').find(({ literals }) =>
      literals.some(({ text }) => text !== 'any-cert'),
    );
    if (verified === undefined || hasCrl()) return;
    report({
      message:
        'Backends are refused unless this file holds a revocation list beside the CA: ssl_require_crl is yes by default',
      place: placeOfValue(ca.origin),
      related: [{ message: 'certificates are verified here', place: verified.namePlace }],
      help: 'Write "ssl_require_crl = no", or add the CRL of the CA to the file.',
      dovecot: { message: 'unable to get certificate CRL', stage: 'runtime' },
    });

    function hasCrl(): boolean {
      const path = tlsClient.ca?.path ?? null;
      const look = path === null ? null : (files?.look(path) ?? null);
      return look?.kind === 'file' && look.read().includes('BEGIN X509 CRL');
    }
  },
});
