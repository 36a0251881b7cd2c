import type { Place } from '../../../grammar/source.js';
import { successorOfField } from '../../knowledge/userdb-fields.js';
import { allPassdbs, allUserdbs } from '../chains.js';
import { allQueries } from '../passdb-queries.js';
import { defineRule } from '../rule.js';
import { placeIn } from '../value-text.js';

/** What nearly every userdb returns. */
const USUAL = /^(?:uid|gid|home|user|password|username|domain|mail_(?:path|driver)|quota_storage_size)$/;

// observed 2.4.1: `doveadm user` shows the field, and mail_path stays empty
export const userdbFieldOf23 = defineRule({
  code: 'DV718',
  name: 'userdb-field-of-2.3',
  severity: 'warning',
  title: 'A field of a userdb that sets a setting of 2.3: 2.4 takes no notice of it',
  versions: ['2.4'],
  check({ config, report }) {
    const judge = (name: string, place: Place) => {
      if (USUAL.test(name)) return;
      const instead = successorOfField(name);
      if (instead === null) return;
      report({
        message: `${name} set a setting of 2.3, and sets nothing in 2.4`,
        place,
        help: instead === '' ? 'Nothing takes its place.' : `Return ${instead} in its place.`,
      });
    };
    const ownName = (kind: 'passdb' | 'userdb', name: string): string =>
      kind === 'userdb' ? name : name.startsWith('userdb_') ? name.slice('userdb_'.length) : '';
    for (const block of [...allPassdbs(config), ...allUserdbs(config)]) {
      for (const { name, origin } of block.fields) {
        const own = ownName(block.kind, name.replace(/:.*$/, ''));
        if (origin !== null && own !== '') judge(own, origin);
      }
    }
    for (const { kind, block, select, value } of allQueries(config)) {
      if (kind === 'iterate') continue;
      for (const { name, nameSpan } of select?.columns ?? []) {
        const own = name === null ? '' : ownName(block.kind, name);
        if (own !== '') judge(own, placeIn(value, nameSpan));
      }
    }
  },
});
