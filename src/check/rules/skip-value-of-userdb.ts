import { asFinding, BOTH, defineRule } from '../rule.js';
import { removalOf, settingAt } from '../statements.js';

const OF_USERDB = new Set(['found', 'notfound']);
const OF_PASSDB = new Set(['authenticated', 'unauthenticated']);

// auth-settings.c of both versions: the two kinds of block have different enums for skip.
export const skipValueOfUserdb = defineRule({
  code: 'DV301',
  name: 'skip-value-of-userdb',
  severity: 'error',
  title: 'skip with a value that belongs to the other kind of block (found, notfound: userdb only)',
  versions: BOTH,
  problem(problem, { config }) {
    const value = problem.subject?.value ?? '';
    const name = problem.subject?.name ?? '';
    if (problem.kind !== 'invalid-enum' || !/(?:^|[_/])skip$/.test(name)) return null;
    const setting = problem.place === null ? null : settingAt(config, problem.place);
    const removal = setting === null ? null : removalOf(setting);
    const fixes = (safe: boolean) =>
      removal === null ? [] : [{ title: 'Remove the line', safe, edits: [{ place: removal, text: '' }] }];
    if (OF_USERDB.has(value)) {
      return {
        ...asFinding(problem),
        // A passdb is never asked for a user whom an earlier one has accepted, unless that one says "continue".
        fixes: fixes(value === 'notfound'),
        message: `"skip = ${value}" is a value of userdb; in a passdb skip is never, authenticated or unauthenticated`,
        help:
          'Remove the line. A user that this passdb does not find goes on to the next one anyway ' +
          '(result_failure = continue); "skip = authenticated" leaves this passdb out once a passdb has accepted the user.',
      };
    }
    if (OF_PASSDB.has(value)) {
      return {
        ...asFinding(problem),
        fixes: fixes(false),
        message: `"skip = ${value}" is a value of passdb; in a userdb skip is never, found or notfound`,
        help: 'Remove the line, or write "skip = found" to ask this userdb only while no userdb has found the user.',
      };
    }
    return null;
  },
});
