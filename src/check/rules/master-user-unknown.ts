import { authSettings, headOf, titleOf } from '../chains.js';
import { fieldsOf, passdbFields } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

// auth-chain.md section 2.5: return-ok ends a master login without a look at the user's own passdbs.
export const masterUserUnknown = defineRule({
  code: 'DV324',
  name: 'master-user-unknown',
  severity: 'warning',
  title: 'A master login that asks no passdb about the user himself',
  versions: BOTH,
  check({ config, report }) {
    const fields = passdbFields(config);
    for (const { passdbs: list, masterUserSeparator } of authSettings(config)) {
      // Without it nobody comes here: a finding of its own.
      if (masterUserSeparator === '') continue;
      const users = list.filter((passdb) => !passdb.master && !passdb.deny);
      const proxied = users.find((user) =>
        fieldsOf(user, fields).some(({ name }) => /^proxy(?:_maybe)?$/.test(name)),
      );
      for (const master of list) {
        if (
          !master.master ||
          master.deny ||
          master.resultSuccess.value.startsWith('continue') ||
          users.length === 0
        )
          continue;
        if (fieldsOf(master, fields).some(({ name }) => /^proxy(?:_maybe)?$/.test(name))) continue;
        const { origin } = master.resultSuccess;
        report({
          message:
            proxied === undefined
              ? `A master user of ${titleOf(master)} can log in as any name at all: nobody looks whether that user exists`
              : `A master user of ${titleOf(master)} is not proxied: ${titleOf(proxied)}, which knows the user's host, is not asked`,
          place: origin === null ? headOf(master) : placeOfValue(origin),
          severity: proxied === undefined ? 'info' : 'warning',
          help: 'Write "result_success = continue" in the master passdb: then the passdbs for users are asked, without their password.',
        });
      }
    }
  },
});
