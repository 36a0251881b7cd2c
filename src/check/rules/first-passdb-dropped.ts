import { passdbLists, titleOf } from '../chains.js';
import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

// auth.c of both versions: while the list is empty, a block with skip = unauthenticated is not taken up.
export const firstPassdbDropped = defineRule({
  code: 'DV308',
  name: 'first-passdb-dropped',
  severity: 'warning',
  title: 'The first passdb has skip = unauthenticated and is silently dropped',
  versions: BOTH,
  check({ config, report }) {
    for (const list of passdbLists(config)) {
      for (const kind of [true, false]) {
        for (const passdb of list.filter((one) => one.master === kind)) {
          const { value, origin } = passdb.skip;
          if (value !== 'unauthenticated' || origin === null) break;
          report({
            message: `${titleOf(passdb)} is never asked: nobody can be authenticated before the first passdb, so Dovecot drops it`,
            place: placeOfValue(origin),
            help: 'Move the block below the passdb that authenticates, or remove the line.',
          });
        }
      }
    }
  },
});
