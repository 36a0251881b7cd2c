import { BOTH, defineRule } from '../rule.js';
import { tlsPairs } from '../tls-files.js';

export const tlsFileMissing = defineRule({
  code: 'DV510',
  name: 'tls-file-missing',
  severity: 'error',
  title: 'A certificate or key file that is not there',
  versions: BOTH,
  check(context) {
    for (const { certificate, key } of tlsPairs(context)) {
      for (const file of [certificate, key]) {
        if (file?.look.kind !== 'missing') continue;
        context.report({
          message: `${file.path} does not exist: no TLS connection works`,
          place: file.place,
        });
      }
    }
  },
});
