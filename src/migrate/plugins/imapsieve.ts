import type { ByteString } from '../../../grammar/bytes.js';
import type { ChangeDraft, NewStatement } from '../change.js';
import { draft, type OldSetting, section, setting } from '../old-setting.js';
import type { SettingTranslator } from '../settings/setting-translator.js';
import type { Translation } from '../translation.js';
import { block, said } from './plugin-setting.js';
import { storageBody } from './sieve.js';

/**
 * `imapsieve_mailboxN_*`: all settings of a number become one block where the first of them stands. 2.3 reads numbers
 * from 1 until one has no name.
 */
export const imapsieveMailbox: SettingTranslator = (old, t) => {
  const number = /^imapsieve_mailbox(\d+)_/.exec(old.key)?.[1] ?? '';
  const group = [...t.pluginSettings(old.frames)].filter(([key]) =>
    key.startsWith(`imapsieve_mailbox${number}_`),
  );
  const first = group.reduce<OldSetting['node'] | null>((found, [, { node }]) => {
    return found === null || t.orderOf(node) < t.orderOf(found) ? node : found;
  }, null);
  if (first !== old.node) return said(old, 'DV737', `the script of imapsieve_mailbox${number} above`);
  const read = (name: string): ByteString =>
    group.find(([key]) => key === `imapsieve_mailbox${number}_${name}`)?.[1].node.value.text ?? '';
  const reason =
    '2.4 has sieve_script { cause = ... } inside the mailbox, or inside imapsieve_from, for imapsieve_mailbox settings.';
  const change = draft('DV737', 'exact', reason, old);
  return wrapped(scripts(number, read, old, t), read('name'), read('from'), old, [change]);
};

function scripts(
  number: string,
  read: (name: string) => ByteString,
  old: OldSetting,
  t: Translation,
): readonly NewStatement[] {
  const causes = read('causes')
    .split(/[ ,\t]+/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
  const one = (type: 'before' | 'after' | 'copy_source_after'): NewStatement[] => {
    const text = read(type);
    if (text === '') return [];
    const body: NewStatement[] = [
      setting('type', type.replaceAll('_', '-')),
      // Without causes 2.3 runs the script for each of them.
      setting('cause', causes.length === 0 ? 'append copy flag' : causes.join(' ')),
      ...storageBody(text, old, t),
    ];
    return [section('sieve_script', `imapsieve${number}-${type.replaceAll('_', '-')}`, body)];
  };
  return [...one('before'), ...one('after'), ...one('copy_source_after')];
}

function wrapped(
  body: readonly NewStatement[],
  name: ByteString,
  from: ByteString,
  old: OldSetting,
  changes: readonly ChangeDraft[],
): readonly NewStatement[] {
  const isAny = name === '' || name === '*';
  const isFromAny = from === '' || from === '*';
  const inside = isFromAny ? body : [section('imapsieve_from', from, body)];
  if (!isAny) return [block('mailbox', name, inside, old, changes)];
  const [head, ...rest] = inside;
  return head?.kind === 'section' ? [{ ...head, changes }, ...rest] : inside;
}
