import { defineRule } from '../rule.js';
import { templateFindings } from '../variable-values.js';

// variables.md T11: without file or line.
export const variableSyntax = defineRule({
  code: 'DV711',
  name: 'variable-syntax',
  severity: 'error',
  title: 'A mistake inside %{...}: doveconf and dovecot of 2.4 abort',
  versions: ['2.4'],
  check({ config, report }) {
    const findings = templateFindings(config, ['syntax'], ({ message }, { value }) => ({
      message: `This expression cannot be read (${message})`,
      help: 'An expression is %{variable} or %{variable | filter | filter(argument)}, with text arguments in single quotes.',
      dovecot: { message: `Panic: ${value.text.trim()}: ${message}`, stage: 'doveconf' },
    }));
    findings.forEach(report);
  },
});
