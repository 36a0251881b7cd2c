import { allPassdbs, titleOf } from '../chains.js';
import { defineRule } from '../rule.js';
import { placeIn, valueText } from '../value-text.js';

// Dovecot 2.3.19.1 passdb-passwd-file.c: words in front of the path are settings.
export const passwdFileArgs = defineRule({
  code: 'DV319',
  name: 'passwd-file-args',
  severity: 'error',
  title: 'args of a passwd-file with a setting that it does not know',
  versions: ['2.3'],
  check({ config, report }) {
    for (const passdb of allPassdbs(config)) {
      const { origin } = passdb.args;
      if (passdb.driver !== 'passwd-file' || origin === null) continue;
      const value = valueText(origin);
      for (const match of value.text.matchAll(/\S+/g)) {
        const [word] = match;
        if (word.startsWith('/')) break;
        const name = word.split('=', 1)[0] ?? word;
        if (/^(?:scheme|username_format)=/.test(word) || /^[%$@.]/.test(word) || !word.includes('='))
          continue;
        report({
          message: `${titleOf(passdb)} does not know the setting ${name}`,
          place: placeIn(value, { start: match.index, end: match.index + word.length }),
          help: 'args is a path, with scheme=NAME and username_format=VARIABLES in front of it.',
          dovecot: {
            message: `auth: Fatal: passdb passwd-file: Unknown setting: ${name}`,
            stage: 'auth-start',
          },
        });
        break;
      }
    }
  },
});
