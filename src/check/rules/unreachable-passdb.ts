import type { PassdbBlock } from '../../config/effective.js';
import { headOf, passdbLists, titleOf } from '../chains.js';
import { BOTH, defineRule } from '../rule.js';

export const unreachablePassdb = defineRule({
  code: 'DV315',
  name: 'unreachable-passdb',
  severity: 'warning',
  title: 'A passdb behind one whose every result ends the search',
  versions: BOTH,
  check({ config, report }) {
    for (const list of passdbLists(config)) {
      for (const kind of [true, false]) {
        const users = list.filter((passdb) => passdb.master === kind);
        const wall = users.find((passdb) => endsAlways(passdb));
        if (wall === undefined) continue;
        for (const passdb of users.slice(users.indexOf(wall) + 1)) {
          report({
            message: `${titleOf(passdb)} is never asked: ${titleOf(wall)} above ends the search whatever it finds`,
            place: headOf(passdb),
            related: [
              { message: 'ends the search on success, failure and internal failure', place: headOf(wall) },
            ],
            help: 'Remove this block, or let the other one go on with "result_failure = continue".',
          });
        }
      }
    }
  },
});

function endsAlways(passdb: PassdbBlock): boolean {
  const { resultSuccess, resultFailure, resultInternalfail } = passdb;
  if (passdb.deny || passdb.mechanisms.length > 0 || passdb.usernameFilter !== '') return false;
  if (passdb.skip.value !== 'never') return false;
  return isReturn(resultSuccess) && isReturn(resultFailure) && isReturn(resultInternalfail);
}

function isReturn({ value }: PassdbBlock['resultSuccess']): boolean {
  return value.startsWith('return');
}
