import { allPassdbs } from '../chains.js';
import { defineRule } from '../rule.js';
import { placeIn, valueText } from '../value-text.js';

// Dovecot 2.3.19.1 passdb-pam.c, passdb-lua.c: cache_key is the administrator's own.
export const cacheKeyTooShort = defineRule({
  code: 'DV332',
  name: 'cache-key-too-short',
  severity: 'warning',
  title: 'A cache_key without a variable that the answer depends on',
  versions: ['2.3'],
  check({ config, report }) {
    if (config.effective.auth().cacheSize === 0) return;
    for (const { driver, args } of allPassdbs(config)) {
      if (args.origin === null || (driver !== 'pam' && driver !== 'lua')) continue;
      const value = valueText(args.origin);
      const match = /(?:^|\s)cache_key=(\S*)/.exec(value.text);
      if (match === null || match[1] === '') continue;
      const key = match[1] ?? '';
      const span = { start: match.index + match[0].length - key.length, end: match.index + match[0].length };
      // `*` is the service's name, as %s is.
      const bySecondWord = driver === 'pam' && /(?:^|\s)(?:\*|%L?s|%\{service\})(?:\s|$)/.test(value.text);
      const isOfUser = /%[A-Z]?(?:u|\{(?:user|orig_user|login_user|auth_user)\})/.test(key);
      const isOfNameAndDomain = /%[A-Z]?n/.test(key) && /%[A-Z]?d/.test(key);
      const isOfService = /%[A-Z]?(?:s|\{service\})/.test(key);
      if (!isOfUser && !isOfNameAndDomain)
        report({
          message:
            'The cached answer of one user is given to others: the cache key does not hold the whole name',
          place: placeIn(value, span),
          severity: 'error',
          help: 'Write "cache_key=%u", with %s where it matters which service asks.',
        });
      else if (bySecondWord && !isOfService)
        report({
          message:
            'The cached answer of one service is given to others: PAM is asked under the name of the service, and the cache key has no %s',
          place: placeIn(value, span),
          help: `Write "cache_key=${key}%s".`,
        });
    }
  },
});
