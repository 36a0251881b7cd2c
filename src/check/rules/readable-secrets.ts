import type { Source } from '../../../grammar/source.js';
import { extFileUses } from '../ext-files.js';
import { BOTH, defineRule } from '../rule.js';
import { valuePlace, writtenSettings } from '../statements.js';
import { placeOfValue } from '../value-text.js';

const EXT_KEYS = ['connect', 'dnpass', 'client_secret'];
/** `mysql_password`, `ldap_auth_dn_password`, `oauth2_client_secret`, `pass` of a proxy, `doveadm_api_key`. */
const SECRET = /^(?:(?:\w+_)?(?:password|secret|api_key)|pass)$/;

export const readableSecrets = defineRule({
  code: 'DV509',
  name: 'readable-secrets',
  severity: 'warning',
  title: 'A file with a password in it that every user of the machine can read',
  versions: BOTH,
  check({ config, files, report }) {
    const told = new Set<string>();
    /** The mode of a file that everybody can read; null for others, and for those that a finding speaks of. */
    const readableMode = ({ path, realPath }: Source): string | null => {
      // A copy in a repository has the repository's modes, not the server's.
      if (realPath !== path || !path.startsWith('/etc/') || told.has(path)) return null;
      const look = files?.look(path);
      if (look?.kind !== 'file' || (look.mode & 0o004) === 0) return null;
      told.add(path);
      return look.mode.toString(8).padStart(4, '0');
    };
    for (const { ext } of extFileUses(config)) {
      const [source] = ext.sources;
      for (const key of EXT_KEYS) {
        const written = ext.values.get(key);
        if (source === undefined || written === undefined || written.origin === null) continue;
        if (key === 'connect' && !/password=/.test(written.text)) continue;
        const mode = readableMode(source);
        if (mode === null) continue;
        report({
          message: `Every user of this machine can read the database password in this file (mode ${mode})`,
          place: placeOfValue(written.origin),
          help: `chmod o= ${ext.path}`,
        });
      }
    }
    for (const setting of writtenSettings(config)) {
      const { key } = setting.node;
      if (!SECRET.test(key)) continue;
      // What `<file` and variables stand for is not in this file.
      const { form, text } = setting.node.value;
      if (text === '' || !(form === 'text' || form === 'quoted')) continue;
      const mode = readableMode(setting.source);
      if (mode === null) continue;
      report({
        message: `Every user of this machine can read ${key} in this file (mode ${mode})`,
        place: valuePlace(setting),
        help: `chmod o= ${setting.source.path}, or write it into a file that only root can read, and !include that.`,
      });
    }
  },
});
