import type { NewStatement } from './change.js';
import type { Translation } from './translation.js';

/** 2.4 settings with the 2.3 default, where another default would change what happens. */
interface Pin {
  readonly key: string;
  readonly value: string;
  readonly reason: string;
  /** Whether this configuration is concerned. */
  readonly applies: (t: Translation) => boolean;
}

function isSet(t: Translation, name: string): boolean {
  return t.assignments.some(({ node }) => node.key === name);
}

function storesMail(t: Translation): boolean {
  return isSet(t, 'mail_location') || isSet(t, 'location') || isSet(t, 'mail_home');
}

const PINS: readonly Pin[] = [
  {
    key: 'mailbox_list_drop_noselect',
    value: 'no',
    reason:
      '2.4 deletes folders that hold nothing but deleted ones; 2.3 kept them unless NO-NOSELECT was set.',
    applies: (t) =>
      storesMail(t) && !(t.config.effective.setting('mail_location')?.text ?? '').includes('NO-NOSELECT'),
  },
  {
    key: 'lmtp_user_concurrency_limit',
    value: 'unlimited',
    reason: '2.4 takes 10 deliveries at once for one user; 2.3 had no limit.',
    applies: (t) => t.config.effective.protocols.includes('lmtp') && !isSet(t, 'lmtp_user_concurrency_limit'),
  },
];

/** Settings that 2.3 had by default and 2.4 has not, for the head of the main file. */
export function defaultPins(t: Translation): readonly NewStatement[] {
  return PINS.filter(({ applies }) => applies(t)).map(({ key, value, reason }) => ({
    kind: 'setting',
    key,
    value,
    changes: [{ code: 'DV730', kind: 'exact', reason, old: null }],
  }));
}
