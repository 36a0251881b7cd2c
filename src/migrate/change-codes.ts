/**
 * The kinds of change that a migration makes. DV720 to DV759: structure, settings, defaults, plugins, what is gone;
 * DV760 to DV799: strings with variables, passdbs, userdbs and their external files.
 */
export const CHANGE_CODES = {
  DV720: 'The version lines that 2.4 wants first',
} as const satisfies Readonly<Record<`DV7${number}`, string>>;

export type ChangeCode = keyof typeof CHANGE_CODES;
