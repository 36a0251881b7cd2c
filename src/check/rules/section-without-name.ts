import { asFinding, defineRule } from '../rule.js';

export const sectionWithoutName = defineRule({
  code: 'DV703',
  name: 'section-without-name',
  severity: 'error',
  title: 'passdb, userdb or namespace without a name, which 2.4 requires',
  versions: ['2.4'],
  problem(problem) {
    const text = problem.dovecot?.message ?? '';
    const match = /(\w+) \{ \} is missing section name/.exec(text);
    if (problem.kind !== 'invalid-section-name' || match === null) return null;
    const kind = match[1] ?? '';
    return {
      ...asFinding(problem),
      message: `A ${kind} needs a name in 2.4`,
      help:
        kind === 'passdb' || kind === 'userdb'
          ? `Write "${kind} DRIVER {" if there is one of its driver (the name then stands for the driver), else "${kind} NAME {" with a driver inside.`
          : `Write "${kind} NAME {".`,
    };
  },
});
