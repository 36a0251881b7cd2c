import type { PassdbBlock } from '../../config/effective.js';
import { allPassdbs, isSameBlock, titleOf } from '../chains.js';
import { fieldsOf, type PassdbField, passdbFields, passdbsWith } from '../passdb-fields.js';
import { hasBrokenQuery, passwordQueries } from '../passdb-queries.js';
import { BOTH, defineRule } from '../rule.js';

export const nopasswordWithoutProxy = defineRule({
  code: 'DV422',
  name: 'nopassword-without-proxy',
  severity: 'error',
  title: 'nopassword for users who are not proxied: any password opens the mailbox',
  versions: BOTH,
  check({ config, report }) {
    const fields = passdbFields(config);
    const stars = passwordQueries(config).filter(({ select }) => select === null || select.star !== null);
    // Who may come is limited in another way: addresses, a mechanism with its own proof, or LMTP look-ups only.
    const limited = passdbsWith(
      config,
      'allow_nets',
      'allow_real_nets',
      'noauthenticate',
      'proxy',
      'proxy_maybe',
      'nologin',
      'fail',
    );
    for (const passdb of passdbsWith(config, 'nopassword')) {
      if (limited.has(passdb)) continue;
      const own = fieldsOf(passdb, fields);
      const nopassword = own.find((field) => field.name === 'nopassword' && !field.canBeNull && !field.open);
      if (nopassword === undefined || passdb.master || passdb.deny) continue;
      if (hasBrokenQuery(passdb, config)) continue;
      if (passdb.skip.value === 'unauthenticated' || !letsIn(passdb.resultSuccess.value)) continue;
      if (own.some((field) => field.name === 'password' && !isOnlyNull(field))) continue;
      if (passdb.mechanisms.length > 0 || passdb.usernameFilter !== '') continue;
      if (stars.some(({ block }) => isSameBlock(block, passdb))) continue;
      // A later passdb may still add proxy: static blocks that only add fields come behind one that checks.
      if (passdb.resultSuccess.value.startsWith('continue')) continue;
      if (isBehindCheck(passdb, allPassdbs(config))) continue;
      report({
        message: `${titleOf(passdb)} lets everybody in with any password, into a mailbox on this machine`,
        place: nopassword.namePlace,
        help: 'Return "proxy" with a "host" if the password is checked by a backend; otherwise remove nopassword.',
      });
    }
  },
});

/** `NULL AS password`. */
function isOnlyNull({ literals, open }: PassdbField): boolean {
  return literals.length === 0 && !open;
}

function letsIn(rule: string): boolean {
  return rule === 'return-ok' || rule === 'continue-ok' || rule === 'continue';
}

/** An earlier passdb hands on only users whose password it has checked. */
function isBehindCheck(passdb: PassdbBlock, all: readonly PassdbBlock[]): boolean {
  return all.some(
    (one) =>
      one.index < passdb.index &&
      !one.master &&
      one.resultSuccess.value.startsWith('continue') &&
      one.resultFailure.value.startsWith('return') &&
      one.resultInternalfail.value.startsWith('return'),
  );
}
