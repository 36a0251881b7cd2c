import { BOTH, defineRule } from '../rule.js';
import { certificateIn, tlsPairs } from '../tls-files.js';

const DAY_MS = 86_400_000;

export const certificateExpired = defineRule({
  code: 'DV511',
  name: 'certificate-expired',
  severity: 'error',
  title: 'A certificate that has expired, or does within 30 days',
  versions: BOTH,
  check(context) {
    const { now } = context;
    if (now === null) return;
    for (const { certificate } of tlsPairs(context)) {
      const read = certificate === null ? null : certificateIn(certificate);
      if (certificate === null || read === null) continue;
      const days = Math.floor((Date.parse(read.validTo) - now) / DAY_MS);
      if (days >= 30) continue;
      const until = new Date(read.validTo).toISOString().slice(0, 10);
      context.report({
        message:
          days < 0
            ? `The certificate expired on ${until}: clients refuse it`
            : `The certificate expires on ${until}, within 30 days`,
        severity: days < 0 ? 'error' : 'warning',
        place: certificate.place,
        help: 'Renew it, and reload Dovecot.',
      });
    }
  },
});
