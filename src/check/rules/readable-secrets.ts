import { extFileUses } from '../ext-files.js';
import { defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

const SECRET_KEYS = ['connect', 'dnpass', 'client_secret'];

export const readableSecrets = defineRule({
  code: 'DV509',
  name: 'readable-secrets',
  severity: 'warning',
  title: 'A database file with a password that every user of the machine can read',
  versions: ['2.3'],
  check({ config, files, report }) {
    for (const { ext } of extFileUses(config)) {
      const [source] = ext.sources;
      // A copy in a repository has the repository's modes, not the server's.
      if (source === undefined || source.realPath !== source.path || !ext.path.startsWith('/etc/')) continue;
      const look = files?.look(ext.path);
      if (look?.kind !== 'file' || (look.mode & 0o004) === 0) continue;
      for (const key of SECRET_KEYS) {
        const written = ext.values.get(key);
        if (written === undefined || written.origin === null) continue;
        if (key === 'connect' && !/password=/.test(written.text)) continue;
        report({
          message: `Every user of this machine can read the database password in this file (mode ${look.mode.toString(8).padStart(4, '0')})`,
          place: placeOfValue(written.origin),
          help: `chmod o= ${ext.path}`,
        });
      }
    }
  },
});
