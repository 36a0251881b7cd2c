import type { ByteString } from '../../../grammar/bytes.js';
import type { Section } from '../../../grammar/dovecot-conf/tree.js';
import type { Translation } from '../translation.js';

/** The name of a namespace that has none: 2.4 wants one. */
export function namespaceName(node: Section, t: Translation): ByteString {
  const read = (key: string) => {
    const found = node.body.findLast((one) => one.kind === 'setting' && one.key === key);
    return found?.kind === 'setting' ? found.value.text : '';
  };
  const prefix = read('prefix')
    .replaceAll(/%%?\w|[^A-Za-z0-9]+/g, ' ')
    .trim()
    .toLowerCase()
    .replaceAll(' ', '-');
  const isInbox = /^(?:y|yes|1)$/i.test(read('inbox'));
  const wanted = isInbox ? 'inbox' : prefix !== '' ? prefix : read('type') || 'private';
  return t.names.unique('namespace', wanted);
}
