import type { ByteString } from '../../../grammar/bytes.js';
import type { Section } from '../../../grammar/dovecot-conf/tree.js';
import { draft, setting } from '../old-setting.js';
import { resolveValue } from '../references.js';
import type { SettingTranslator } from '../settings/setting-translator.js';
import { translateSimple } from '../settings/simple-settings.js';
import type { Translation } from '../translation.js';

/** `prefix = shared/%%u/` of a shared namespace: the owner's part is $user in 2.4. */
export const namespacePrefix: SettingTranslator = (old, t) => {
  const { text } = resolveValue(old, t, true);
  if (!/%%[und]/.test(text)) return translateSimple(old, t);
  const owner: Readonly<Record<string, string>> = { u: '$user', n: '$username', d: '$domain' };
  const now = text.replaceAll(/%%([und])/g, (whole, letter: string) => owner[letter] ?? whole);
  const reason = '2.4 writes $user, $username and $domain for the owner of a shared namespace.';
  return [setting(old.key, now, old, [draft('DV722', 'exact', reason, old)])];
};

/** The name of a namespace that has none: 2.4 wants one. */
export function namespaceName(node: Section, t: Translation): ByteString {
  const read = (key: string) => {
    const found = node.body.findLast((one) => one.kind === 'setting' && one.key === key);
    return found?.kind === 'setting' ? found.value.text : '';
  };
  const prefix = read('prefix')
    .replaceAll(/%%?\w/g, ' ')
    .replaceAll(/[^A-Za-z0-9]+/g, ' ')
    .trim()
    .toLowerCase()
    .replaceAll(' ', '-');
  const isInbox = /^(?:y|yes|1)$/i.test(read('inbox'));
  const wanted = isInbox ? 'inbox' : prefix !== '' ? prefix : read('type') || 'private';
  return t.names.unique('namespace', wanted);
}
