import { defineRule } from '../rule.js';
import { templateFindings } from '../variable-values.js';

// variables.md T5.
export const bareDomainVariable = defineRule({
  code: 'DV710',
  name: 'bare-domain-variable',
  severity: 'error',
  title: '%{domain} and %{username} are filters in 2.4, not variables',
  versions: ['2.4'],
  check({ config, report }) {
    const findings = templateFindings(config, ['filter-without-value'], ({ text, message, suggestion }) => ({
      message: `${text} is a filter without a value in 2.4: the expansion always fails`,
      help: `Write %{${suggestion ?? `user | ${text}`}}.`,
      dovecot: { message, stage: 'runtime' },
    }));
    findings.forEach(report);
  },
});
