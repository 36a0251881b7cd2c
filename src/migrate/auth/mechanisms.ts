import type { ByteString } from '../../../grammar/bytes.js';
import type { Place } from '../../../grammar/source.js';
import type { NewStatement } from '../change.js';
import { change, newSetting, type OldBlock } from './block-part.js';
import { isSame } from './lists.js';

/** `mechanisms` of a passdb: `none` of 2.3 is `lookup` of 2.4, for questions without a mechanism. */
export function mechanismsOf(old: OldBlock, text: ByteString, place: Place): NewStatement[] {
  const shared = sharedMechanisms(old);
  const names = shared ?? text.split(/[ ,]+/).filter((name) => name !== '');
  if (names.length === 0) return [];
  const lookups = names.some((name) => name.toLowerCase() === 'none');
  const others = names.filter((name) => name.toLowerCase() !== 'none');
  if (shared !== null) {
    const reason =
      'Two passdbs with the same driver and args share the mechanisms of the first one in 2.3; in 2.4 each has its own, so they are written here.';
    return [
      newSetting('mechanisms_filter', written(others, lookups), [change('DV778', 'exact', reason, place)]),
    ];
  }
  const reason = lookups
    ? 'The list has another name, and lookup stands for questions without a mechanism.'
    : 'The list has another name.';
  return [
    newSetting('mechanisms_filter', written(others, lookups), [change('DV778', 'exact', reason, place)]),
  ];
}

function written(names: readonly ByteString[], lookups: boolean): ByteString {
  // Observed 2.3.19.1: none alone matches nothing at all, and so does an unknown mechanism in 2.4.
  if (names.length === 0) return 'none';
  return [...names.map((name) => name.toLowerCase()), ...(lookups ? ['lookup'] : [])].join(' ');
}

/** Mechanisms of the first passdb with the same driver and args, where they are others. Dovecot 2.3.19.1 passdb.c */
function sharedMechanisms({ block, list }: OldBlock): readonly ByteString[] | null {
  if (block?.kind !== 'passdb') return null;
  const first = list.find((one) => one.driver === block.driver && one.args.text === block.args.text);
  if (first?.kind !== 'passdb' || isSame(first, block)) return null;
  return first.mechanisms.join() === block.mechanisms.join() ? null : first.mechanisms;
}
