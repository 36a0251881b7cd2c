import { entriesOf, passwdFiles, readPasswdFiles } from '../passwd-files.js';
import { defineRule } from '../rule.js';

// auth-chain.md trap 9: the built-in CRYPT default never matches the driver's name. observed 2.4.1
export const passwdFileScheme = defineRule({
  code: 'DV819',
  name: 'passwd-file-scheme',
  severity: 'error',
  title: 'A hash without its scheme in a passwd-file: 2.4 takes it for the password itself',
  versions: ['2.4'],
  check({ config, files, report }) {
    const hasDefault = passwdFiles(config).some(
      ({ block }) =>
        block.kind === 'passdb' &&
        block.defaultPasswordScheme !== null &&
        !/^plain$/i.test(block.defaultPasswordScheme),
    );
    if (hasDefault) return;
    for (const source of readPasswdFiles(config, files)) {
      for (const { user, password, passwordSpan } of entriesOf(source)) {
        const scheme = schemeOf(password);
        if (scheme === null) continue;
        report({
          message: `${user} can log in with the text of the hash and not with the password: 2.4 reads passwords of a passwd-file as PLAIN`,
          place: { source, span: passwordSpan },
          help: `Write "{${scheme}}" before the hash, or "default_password_scheme = ${scheme}" in the passdb.`,
          fixes: [
            {
              title: `Write {${scheme}} before it`,
              safe: false,
              edits: [
                {
                  place: { source, span: { start: passwordSpan.start, end: passwordSpan.start } },
                  text: `{${scheme}}`,
                },
              ],
            },
          ],
        });
      }
    }
  },
});

/** What a text can only be; `$1$` is known without its scheme. */
function schemeOf(password: string): string | null {
  if (/^\$(?:5|6|2[aby]|y|7)\$/.test(password)) return 'CRYPT';
  return /^\$argon2/.test(password) ? 'ARGON2ID' : null;
}
