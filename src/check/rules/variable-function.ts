import { BOTH, defineRule } from '../rule.js';
import { templateFindings } from '../variable-values.js';

const FILTERS =
  'Filters of 2.4: lower, upper, domain, username, default, if, substr, md5, sha256, hexlify, regexp and others.';

export const variableFunction = defineRule({
  code: 'DV714',
  name: 'variable-function',
  severity: 'error',
  title: 'A filter or function of a variable that does not exist or never works',
  versions: BOTH,
  check({ config, series, report }) {
    const findings = templateFindings(config, ['unknown-function', 'bad-function'], ({ text, message }) => ({
      message: `${text} is no filter or function that works here: every expansion fails`,
      dovecot: { message, stage: 'runtime' },
      ...(series === '2.4' ? { help: FILTERS } : {}),
    }));
    findings.forEach(report);
  },
});
