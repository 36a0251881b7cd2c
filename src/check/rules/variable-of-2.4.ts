import { defineRule } from '../rule.js';
import { replacement, templateFindings } from '../variable-values.js';

export const variableOf24 = defineRule({
  code: 'DV704',
  name: 'variable-of-2.4',
  severity: 'error',
  title: '%{user | domain} in a 2.3 configuration: the look-up fails',
  versions: ['2.3'],
  check({ config, report }) {
    const findings = templateFindings(
      config,
      ['new-syntax'],
      ({ text, suggestion, place }, { isSqlQuery, isOfAuth }) => ({
        message: `${text} is written in the language of 2.4: ${isSqlQuery ? 'the auth worker of 2.3 crashes on it' : '2.3 has no variable of that name'}`,
        fixes: replacement(place, suggestion, isOfAuth),
        help:
          suggestion === null
            ? 'Write %u, %n (the part before the @) or %d (the domain), with L for lower case: %Lu.'
            : `Write ${suggestion}.`,
        // A worker that dies of a signal says nothing. observed 2.3.19.1
        dovecot: isSqlQuery
          ? null
          : { message: `Unknown variable '%${text.replace(/^%\{?|\}$/g, '')}'`, stage: 'runtime' },
      }),
    );
    findings.forEach(report);
  },
});
