import type { Place } from '../../../grammar/source.js';
import { editDistance } from '../../config/similar-names.js';
import { BOTH, defineRule } from '../rule.js';
import { keyPlace, sectionsNamed, settingsNamed, valuePlace, writtenSettings } from '../statements.js';

/** Of Dovecot and Pigeonhole of both versions (lib*_plugin.so), and those that many people build. */
const PLUGINS = (
  'acl apparmor charset_alias fts fts_flatcurve fts_lucene fts_solr fts_squat fts_xapian imap_acl ' +
  'imap_filter_sieve imap_old_stats imap_quota imap_sieve imap_zlib last_login lazy_expunge listescape ' +
  'mail_compress mail_crypt mail_crypt_acl mail_filter mail_log mail_lua mailbox_alias notify notify_status ' +
  'old_stats pop3_migration push_notification push_notification_lua quota quota_clone replication sieve ' +
  'snarf trash virtual welcome zlib antispam expire autocreate stats imap_stats fts_dovecot fts_elastic'
).split(' ');

// Dovecot 2.3.19.1 and 2.4.1 module-dir.c
export const misspeltPlugin = defineRule({
  code: 'DV225',
  name: 'misspelt-plugin',
  severity: 'error',
  title: 'A plugin whose name is one letter away from a known one: no mailbox can be opened',
  versions: BOTH,
  check({ config, series, report }) {
    const judge = (name: string, place: Place) => {
      if (name.length < 4 || PLUGINS.includes(name)) return;
      const near = PLUGINS.find((known) => known.length >= 4 && editDistance(name, known, 1) === 1);
      if (near === undefined) return;
      report({
        message: `There is no plugin ${name}: every mail process ends when it starts`,
        place,
        help: `Did you mean ${near}?`,
        dovecot: {
          message: `Fatal: Plugin '${name}' not found from directory /usr/lib/dovecot/modules`,
          stage: 'runtime',
        },
        fixes: [{ title: `Write ${near}`, safe: false, edits: [{ place, text: near }] }],
      });
    };
    for (const setting of settingsNamed(config, 'mail_plugins')) {
      if (setting.node.key !== 'mail_plugins') continue;
      const { source, span } = valuePlace(setting);
      const text = source.text.slice(span.start, span.end);
      for (const match of text.matchAll(/(?<![$\w:.{])[a-z]\w*(?![\w:.])/g)) {
        const start = span.start + match.index;
        judge(match[0], { source, span: { start, end: start + match[0].length } });
      }
    }
    if (series === '2.3' || sectionsNamed(config, 'mail_plugins').length === 0) return;
    for (const setting of writtenSettings(config)) {
      const { key, value } = setting.node;
      const isOfList = setting.path.at(-1)?.key === 'mail_plugins' && key !== 'mail_plugins';
      if (isOfList && value.text !== 'no') judge(key, keyPlace(setting));
    }
  },
});
