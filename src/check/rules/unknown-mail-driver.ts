import { similarNames } from '../../config/similar-names.js';
import { BOTH, defineRule } from '../rule.js';
import { settingsNamed, valuePlace } from '../statements.js';

/** Built in, and those of plugins (obox, rbox), in any case of letters. Dovecot 2.3.19.1 and 2.4.1 mail-storage.c */
const DRIVERS =
  'maildir mbox dbox sdbox mdbox imapc pop3c cydir virtual raw fail shared auto obox rbox'.split(' ');

export const unknownMailDriver = defineRule({
  code: 'DV224',
  name: 'unknown-mail-driver',
  severity: 'error',
  title: 'A mailbox format that Dovecot does not have',
  versions: BOTH,
  check({ config, series, report }) {
    for (const setting of settingsNamed(config, 'mail_location', 'location', 'mail_driver')) {
      const { key, value } = setting.node;
      const isLocation =
        series === '2.3' &&
        (key === 'mail_location' || (key === 'location' && setting.path.at(-1)?.key === 'namespace'));
      if (!isLocation && !(series === '2.4' && key === 'mail_driver')) continue;
      const name = isLocation ? (/^([A-Za-z]\w*):/.exec(value.text)?.[1] ?? '') : value.text;
      if (name === '' || /[%$]/.test(name) || DRIVERS.includes(name.toLowerCase())) continue;
      const place = valuePlace(setting);
      const quote = setting.source.text[place.span.start] === '"' ? 1 : 0;
      const start = place.span.start + quote;
      const [meant] = similarNames(name, DRIVERS, 1);
      report({
        message: `There is no mailbox format ${name}: no mailbox can be opened`,
        place: { source: place.source, span: { start, end: start + name.length } },
        help:
          meant === undefined ? 'Usual ones are maildir, sdbox, mdbox and mbox.' : `Did you mean ${meant}?`,
        dovecot: {
          message: `Initializing mail storage from ${isLocation ? 'mail_location' : `mail_driver=${name}`} setting failed: Unknown mail storage driver ${name}`,
          stage: 'runtime',
        },
      });
    }
  },
});
