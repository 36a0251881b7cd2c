import { inspectTemplate } from '../../variables/inspect.js';
import { asFinding, defineRule } from '../rule.js';
import { placeIn, valueText } from '../value-text.js';

// variables.md T11: without file or line.
export const variableSyntax = defineRule({
  code: 'DV711',
  name: 'variable-syntax',
  severity: 'error',
  title: 'A mistake inside %{...}: doveconf and dovecot of 2.4 abort',
  versions: ['2.4'],
  problem(problem) {
    if (problem.kind !== 'variable-syntax') return null;
    const finding = asFinding(problem);
    const help =
      'An expression is %{variable} or %{variable | filter | filter(argument)}, with text arguments in single quotes.';
    if (problem.place === null) return { ...finding, help };
    // The mistake itself; it may stand in another value that this one refers to.
    const value = valueText(problem.place);
    const mistake = inspectTemplate('2.4', value.text).problems.find(({ kind }) => kind === 'syntax');
    if (mistake === undefined) return { ...finding, help };
    const message = `This expression cannot be read (${mistake.message})`;
    return { ...finding, message, place: placeIn(value, mistake.span), help };
  },
});
