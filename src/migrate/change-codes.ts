import { CHAIN_CODES } from './chain-codes.js';

/**
 * The kinds of change that a migration makes. DV720 to DV759: structure, settings, defaults, plugins, what is gone;
 * DV760 to DV799: strings with variables, passdbs, userdbs and their external files.
 */
export const CHANGE_CODES = {
  DV720: 'the version lines that 2.4 wants first',
  DV721: 'a setting has another name',
  DV722: 'a value is written in another way',
  DV723: 'a setting takes a path, without <',
  DV724: 'a mail location is split into settings',
  DV725: 'a list is a list of its own kind',
  DV726: '$name is written in another way, or its value stands there',
  DV727: 'a section needs a name',
  DV728: 'a service or listener setting has another name or value',
  DV729: 'a dict has settings of its own',
  DV730: 'a default changed: the 2.3 value is written out',
  DV731: 'a default changed: the 2.4 value is used',
  DV732: 'a setting that 2.4 does not need any more',
  DV733: 'a feature that 2.4 does not have any more',
  DV734: 'a plugin setting is a global setting',
  DV735: 'quota',
  DV736: 'Sieve scripts and their storages',
  DV737: 'Sieve scripts at IMAP commands',
  DV738: 'full text search',
  DV739: 'access control lists',
  DV740: 'compression and encryption of mails',
  DV741: 'a plugin whose settings have another shape',
  DV742: 'a plugin has another name, or is gone',
  DV743: 'metrics and event exporters',
  DV744: 'a setting that was obsolete in 2.3 already',
  DV745: 'an include names another path',
  DV746: 'a filter with several names becomes several filters',
  DV747: 'the configuration is written anew from its settings',
  DV748: 'a plugin setting that no plugin of 2.4 knows',
  DV749: 'a filter stands behind a wider one',
  ...CHAIN_CODES,
} as const satisfies Readonly<Record<`DV7${number}`, string>>;

export type ChangeCode = keyof typeof CHANGE_CODES;
