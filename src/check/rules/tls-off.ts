import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

export const tlsOff = defineRule({
  code: 'DV503',
  name: 'tls-off',
  severity: 'warning',
  title: 'ssl = no: clients cannot use TLS at all',
  versions: BOTH,
  check({ config, report }) {
    const written = config.effective.setting('ssl');
    if (written === null || written.text !== 'no' || written.origin === null) return;
    report({
      message: 'ssl = no switches TLS off for all clients, STARTTLS and the TLS ports too',
      place: placeOfValue(written.origin),
      help: 'Write "ssl = required" and give a certificate.',
    });
  },
});
