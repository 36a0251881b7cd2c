import { defineRule } from '../rule.js';
import { templateFindings } from '../variable-values.js';

export const variableCutShort = defineRule({
  code: 'DV713',
  name: 'variable-cut-short',
  severity: 'warning',
  title: 'A variable that the end of the value cuts short',
  versions: ['2.3'],
  check({ config, report }) {
    const findings = templateFindings(config, ['unclosed', 'cut-short'], ({ text }) => ({
      message: text.startsWith('%{')
        ? `${text} has no closing brace: 2.3 reads past the end of the value`
        : `${text === '' ? 'The last %' : text} is no whole variable: 2.3 drops it`,
      help: 'Complete the variable, or write %% for a percent sign.',
    }));
    findings.forEach(report);
  },
});
