import { fieldsNamed } from '../passdb-fields.js';
import { defineRule } from '../rule.js';

// observed 2.4.1: the login process asks its auth process with an EXTERNAL that has no initial response.
export const redirectReauth = defineRule({
  code: 'DV427',
  name: 'redirect-reauth',
  severity: 'warning',
  title: 'proxy_redirect_reauth: a login that a backend redirects fails',
  versions: ['2.4'],
  check({ config, report }) {
    for (const { namePlace } of fieldsNamed(config, 'proxy_redirect_reauth'))
      report({
        message:
          'With proxy_redirect_reauth a login that a backend redirects fails: 2.4.1 cannot look the user up again',
        place: namePlace,
        help: 'Leave it out: redirects to an address are then followed with the credentials at hand.',
      });
  },
});
