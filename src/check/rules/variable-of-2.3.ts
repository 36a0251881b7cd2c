import { defineRule } from '../rule.js';
import { replacement, templateFindings } from '../variable-values.js';

/** Values that are only read by people: a wrong one does no harm. */
const FOR_PEOPLE = /log|greeting|subject|reason/;

// variables.md T2.
export const variableOf23 = defineRule({
  code: 'DV705',
  name: 'variable-of-2.3',
  severity: 'error',
  title: '%u, %n, %d and their kind in a 2.4 configuration: 2.4 takes them for plain text',
  versions: ['2.4'],
  check({ config, report }) {
    const findings = templateFindings(
      config,
      ['old-syntax'],
      ({ text, suggestion, place }, { name, isOfAuth }) => ({
        message: `${text} is a variable of 2.3: 2.4 takes it as the text "${text}", the same for every user`,
        severity: FOR_PEOPLE.test(name) ? 'warning' : 'error',
        fixes: replacement(place, suggestion, isOfAuth && !FOR_PEOPLE.test(name)),
        help: suggestion === null ? 'Write the %{...} form of 2.4.' : `Write ${suggestion}.`,
      }),
    );
    findings.filter(({ message }) => !message.startsWith('%%')).forEach(report);
  },
});
