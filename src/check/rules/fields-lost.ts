import type { PassdbBlock } from '../../config/effective.js';
import { allPassdbs, titleOf } from '../chains.js';
import { fieldsOf, passdbFields } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

/** What decides where a user ends up. */
const STEERING = /^(?:proxy|proxy_maybe|host|allow_nets|nologin|noauthenticate)$/;

// auth-chain.md section 2.3: fields of a look-up that fails are dropped, also where a rule makes it a success.
export const fieldsLost = defineRule({
  code: 'DV325',
  name: 'fields-lost',
  severity: 'error',
  title: 'Fields of a passdb that are rolled back while the user gets in',
  versions: BOTH,
  check({ config, report }) {
    const fields = passdbFields(config);
    for (const passdb of allPassdbs(config)) {
      const accepting = acceptingRule(passdb);
      if (!passdb.deny && accepting === undefined) continue;
      const first = fieldsOf(passdb, fields).find(({ name }) => STEERING.test(name));
      if (first === undefined) continue;
      if (passdb.deny) {
        report({
          message: `${first.name} has no effect: whoever ${titleOf(passdb)} finds is refused, and of all others its fields are dropped`,
          place: first.namePlace,
          severity: 'warning',
          help: 'Set the field in a passdb without deny.',
        });
      } else if (accepting !== undefined) {
        report({
          message: `Whoever gets in by "${accepting[0]} = ${accepting[1]}" gets in without ${first.name}: the fields of a failed look-up are rolled back`,
          place: first.namePlace,
          help: `Write "${accepting[0]} = continue", or set the fields in a later passdb.`,
        });
      }
    }
  },
});

/** The rule by which a failed look-up lets in, with its value. */
function acceptingRule({
  resultFailure,
  resultInternalfail,
}: PassdbBlock): readonly [string, string] | undefined {
  const accepts = (value: string) => value === 'return-ok' || value === 'continue-ok';
  if (accepts(resultFailure.value)) return ['result_failure', resultFailure.value];
  if (accepts(resultInternalfail.value)) return ['result_internalfail', resultInternalfail.value];
  return undefined;
}
