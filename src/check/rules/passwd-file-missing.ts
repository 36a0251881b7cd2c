import { headOf, titleOf } from '../chains.js';
import { passwdFiles } from '../passwd-files.js';
import { BOTH, defineRule } from '../rule.js';

// observed 2.3.19.1 and 2.4.1: no error at the start; look-ups answer "unknown user", later temporary failures.
export const passwdFileMissing = defineRule({
  code: 'DV806',
  name: 'passwd-file-missing',
  severity: 'warning',
  title: 'A passwd-file that is not there: every user is unknown',
  versions: BOTH,
  check({ config, files, report }) {
    for (const { block, path } of passwdFiles(config)) {
      // On another machine than the server only a copy can tell.
      const isAtHand = files?.isMapped(path) === true || config.main.realPath.startsWith('/etc/');
      if (!isAtHand || files?.look(path).kind !== 'missing') continue;
      report({
        message: `${titleOf(block)} knows nobody: ${path} does not exist`,
        place: headOf(block),
        help: 'Correct the path, or create the file.',
        dovecot: { message: `missing passwd file: ${path}`, stage: 'runtime' },
      });
    }
  },
});
