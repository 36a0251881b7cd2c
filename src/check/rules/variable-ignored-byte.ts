import { defineRule } from '../rule.js';
import { templateFindings } from '../variable-values.js';

// variables.md T10.
export const variableIgnoredByte = defineRule({
  code: 'DV712',
  name: 'variable-ignored-byte',
  severity: 'warning',
  title: 'A character inside %{...} that 2.4 skips without a word',
  versions: ['2.4'],
  check({ config, report }) {
    const findings = templateFindings(config, ['ignored-byte'], ({ text }) => ({
      message: `2.4 skips "${text}" here, as if it were not written`,
      help: 'Remove it, or correct the name of the variable.',
    }));
    findings.forEach(report);
  },
});
