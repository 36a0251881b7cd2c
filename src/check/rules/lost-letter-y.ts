import { defineRule } from '../rule.js';
import { templateFindings } from '../variable-values.js';

// variables.md T4: a rule of the lexer in 2.4.0 to 2.4.2.
export const lostLetterY = defineRule({
  code: 'DV709',
  name: 'lost-letter-y',
  severity: 'warning',
  title: 'A single letter y between variables disappears in 2.4.1',
  versions: ['2.4'],
  check({ config, report }) {
    const findings = templateFindings(config, ['lost-text'], () => ({
      message: '2.4.1 drops a "y" that stands alone between variables',
      help: "Write %{literal('y')}, or join it with its neighbours. Repaired in 2.4.3.",
    }));
    findings.forEach(report);
  },
});
