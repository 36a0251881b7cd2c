import { nameTable } from '../../../grammar/name-table.js';
import type { Place } from '../../../grammar/source.js';
import { similarNames } from '../../config/similar-names.js';
import type { Series } from '../../knowledge/versions.js';
import { lookUpScheme, schemesOf } from '../../passwords/schemes.js';
import { allPassdbs } from '../chains.js';
import { extFileOf } from '../ext-files.js';
import { fieldsNamed } from '../passdb-fields.js';
import { entriesOf, readPasswdFiles } from '../passwd-files.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn, placeOfValue, valueText } from '../value-text.js';

/** What other programs call schemes of Dovecot. */
const ELSEWHERE: Readonly<Record<string, string>> = nameTable({
  BCRYPT: 'BLF-CRYPT',
  BLOWFISH: 'BLF-CRYPT',
  'SHA-1': 'SHA1',
  'SHA-256': 'SHA256',
  'SHA-512': 'SHA512',
  PLAINTEXT: 'PLAIN',
  NONE: 'PLAIN',
});

// Dovecot 2.3.19.1 and 2.4.1 password-scheme.c; observed in both
export const unknownScheme = defineRule({
  code: 'DV824',
  name: 'unknown-scheme',
  severity: 'error',
  title: 'A password scheme that Dovecot does not have',
  versions: BOTH,
  check({ config, series, files, report }) {
    const judge = (name: string, place: Place, who: string) => {
      if (name === '' || /[%$]/.test(name) || lookUpScheme(series, name) !== null) return;
      const meant = meantBy(name, series);
      report({
        message: `There is no password scheme ${name}: ${who} can never log in`,
        place,
        help: meant === undefined ? '"doveadm pw -l" lists the schemes.' : `Did you mean ${meant}?`,
        dovecot: { message: `Unknown scheme ${name}`, stage: 'runtime' },
      });
    };
    for (const passdb of allPassdbs(config)) {
      const ext = extFileOf(passdb, config);
      const written =
        ext === null
          ? passdb.setting('passdb_default_password_scheme')
          : (ext.values.get('default_pass_scheme') ?? null);
      const who = 'whoever has a password without a scheme of its own';
      if (written?.origin != null) judge(written.text, placeOfValue(written.origin), who);
      if (series === '2.3' && passdb.driver === 'passwd-file' && passdb.args.origin !== null) {
        const args = valueText(passdb.args.origin);
        const match = /(?:^|\s)scheme=(\S+)/.exec(args.text);
        const end = match === null ? 0 : match.index + match[0].length;
        const [, name = ''] = match ?? [];
        judge(name, placeIn(args, { start: end - name.length, end }), who);
      }
    }
    for (const { literals } of fieldsNamed(config, 'password'))
      for (const { text, place } of literals) judge(prefixOf(text), place, 'users of this passdb');
    for (const source of readPasswdFiles(config, files)) {
      for (const { user, password, passwordSpan } of entriesOf(source))
        judge(prefixOf(password), { source, span: passwordSpan }, user);
    }
  },
});

/** `{SCHEME}` before a stored password; '' without one. */
function prefixOf(password: string): string {
  return /^\{([^{}]*)\}/.exec(password)?.[1] ?? '';
}

function meantBy(name: string, series: Series): string | undefined {
  const upper = name.toUpperCase();
  const names = schemesOf(series).map((scheme) => scheme.name);
  return ELSEWHERE[upper] ?? similarNames(upper.replaceAll('_', '-'), names, 1)[0];
}
