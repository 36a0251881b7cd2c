import { defineRule } from '../rule.js';
import { replacement, templateFindings } from '../variable-values.js';

// observed 2.4.1: doveconf, dovecot and auth end by a signal, without a word.
export const emptyVariable = defineRule({
  code: 'DV716',
  name: 'empty-variable',
  severity: 'error',
  title: 'An empty %{} between other text: doveconf and dovecot of 2.4.1 crash',
  versions: ['2.4'],
  check({ config, report }) {
    const findings = templateFindings(config, ['crash'], ({ place }) => ({
      message: 'Dovecot 2.4.1 crashes on an empty %{} with text before and behind it',
      help: 'Remove it, or name a variable: %{user}.',
      fixes: replacement(place, '', false),
    }));
    findings.forEach(report);
  },
});
