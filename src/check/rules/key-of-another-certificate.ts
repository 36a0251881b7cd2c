import { BOTH, defineRule } from '../rule.js';
import { certificateIn, keyIn, tlsPairs } from '../tls-files.js';

export const keyOfAnotherCertificate = defineRule({
  code: 'DV512',
  name: 'key-of-another-certificate',
  severity: 'error',
  title: 'A private key that does not belong to the certificate',
  versions: BOTH,
  check(context) {
    for (const { certificate, key, keyPassword } of tlsPairs(context)) {
      if (certificate === null || key === null) continue;
      const read = certificateIn(certificate);
      const secret = keyIn(key, keyPassword);
      if (read === null || secret === null || read.checkPrivateKey(secret)) continue;
      context.report({
        message: `${key.path} is not the key of ${certificate.path}: no TLS connection works`,
        place: key.place,
        related: [{ message: 'the certificate', place: certificate.place }],
      });
    }
  },
});
