import { allPassdbs } from '../chains.js';
import { fieldsOf, passdbFields } from '../passdb-fields.js';
import { entriesOf, readPasswdFiles } from '../passwd-files.js';
import { defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

// auth-chain.md trap 11. Dovecot 2.4.1 password-scheme.c
const WEAK = /^(?:MD5|MD5-CRYPT|SMD5|HMAC-MD5|PLAIN-MD4|PLAIN-MD5|LDAP-MD5|DES-CRYPT)$/i;

export const weakScheme = defineRule({
  code: 'DV822',
  name: 'weak-scheme',
  severity: 'error',
  title: 'Passwords in a scheme that 2.4 refuses',
  versions: ['2.4'],
  check({ config, files, report }) {
    if (config.effective.auth().allowWeakSchemes) return;
    const help =
      'Let the users set new passwords (ARGON2ID, BLF-CRYPT), and until then write "auth_allow_weak_schemes = yes".';
    const dovecot = (scheme: string) => ({
      message: `Invalid password in passdb: Weak password scheme '${scheme.toUpperCase()}' used and refused`,
      stage: 'runtime' as const,
    });
    const fields = passdbFields(config);
    for (const passdb of allPassdbs(config)) {
      const written = passdb.setting('passdb_default_password_scheme');
      if (written?.origin != null && WEAK.test(written.text))
        report({
          message: `2.4 refuses ${written.text}: every login with such a password fails temporarily`,
          place: placeOfValue(written.origin),
          help,
          dovecot: dovecot(written.text),
        });
      for (const { name, literals } of fieldsOf(passdb, fields)) {
        if (name !== 'password') continue;
        for (const { text, place } of literals) {
          const scheme = /^\{([\w-]+)/.exec(text)?.[1] ?? '';
          if (WEAK.test(scheme))
            report({
              message: `2.4 refuses {${scheme}}: every login fails temporarily`,
              place,
              help,
              dovecot: dovecot(scheme),
            });
        }
      }
    }
    for (const source of readPasswdFiles(config, files)) {
      for (const { user, password, passwordSpan } of entriesOf(source)) {
        const scheme = password.startsWith('$1$') ? 'MD5-CRYPT' : (/^\{([\w-]+)/.exec(password)?.[1] ?? '');
        if (!WEAK.test(scheme)) continue;
        report({
          message: `2.4 refuses ${scheme}: each login of ${user} fails temporarily`,
          place: { source, span: passwordSpan },
          help,
          dovecot: dovecot(scheme),
        });
      }
    }
  },
});
