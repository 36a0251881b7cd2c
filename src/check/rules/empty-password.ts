import { entriesOf, passwdFiles, readPasswdFiles } from '../passwd-files.js';
import { BOTH, defineRule } from '../rule.js';

// auth-chain.md trap 9. observed both
export const emptyPassword = defineRule({
  code: 'DV823',
  name: 'empty-password',
  severity: 'error',
  title: 'A user without a password in a passwd-file',
  versions: BOTH,
  check({ config, series, files, report }) {
    const paths = new Set(
      passwdFiles(config).flatMap(({ block, path }) =>
        block.kind === 'passdb' && !block.deny && !block.master ? [path] : [],
      ),
    );
    for (const source of readPasswdFiles(config, files)) {
      if (!paths.has(source.path)) continue;
      for (const { user, password, passwordSpan, extra } of entriesOf(source)) {
        if (password !== '' || /(?:^|\s)nopassword(?:=|\s|$)/.test(extra) || user === '') continue;
        const lineStart = source.lineStarts[source.lineAt(passwordSpan.start) - 1] ?? 0;
        report({
          message:
            series === '2.3'
              ? `${user} can never log in: the entry has no password`
              : `Anybody can log in as ${user} with an empty password`,
          place: { source, span: { start: lineStart, end: lineStart + user.length } },
          severity: series === '2.3' ? 'warning' : 'error',
          help: 'Give a hash, or nopassword where a backend checks the password.',
        });
      }
    }
  },
});
