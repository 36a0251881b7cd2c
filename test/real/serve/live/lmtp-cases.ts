import type { LiveCases } from './case.js';
import { LMTP_BACKEND_CASES } from './lmtp-backend-cases.js';
import { LMTP_COMMAND_CASES } from './lmtp-command-cases.js';
import { LMTP_FIELD_CASES } from './lmtp-field-cases.js';
import { LMTP_SURROUNDINGS_CASES } from './surroundings-cases.js';

type Groups = Readonly<Record<string, LiveCases>>;

/** Where clients come from decides what they may. */
export const LMTP_CASES: Groups = {
  ...LMTP_COMMAND_CASES,
  ...LMTP_BACKEND_CASES,
  ...LMTP_FIELD_CASES,
  ...LMTP_SURROUNDINGS_CASES,
};

/** With `lenient` settings for all. */
export const LENIENT_LMTP_CASES: Groups = {
  'lenient LMTP arguments': LMTP_COMMAND_CASES['LMTP arguments'] ?? {},
};

/** With `bare` settings for all. */
export const BARE_LMTP_CASES: Groups = {
  'bare LMTP message': LMTP_COMMAND_CASES['LMTP message'] ?? {},
};
