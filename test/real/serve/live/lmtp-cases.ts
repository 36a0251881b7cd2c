import type { LiveCases } from './case.js';
import { LMTP_ARGUMENTS } from './lmtp-argument-cases.js';
import { LMTP_BACKEND_CASES } from './lmtp-backend-cases.js';
import { LMTP_COMMANDS } from './lmtp-command-cases.js';
import { LMTP_FIELD_CASES } from './lmtp-field-cases.js';
import { LMTP_FRONT_CASES } from './lmtp-front-cases.js';
import { LMTP_MESSAGES } from './lmtp-message-cases.js';
import { LMTP_SURROUNDINGS_CASES } from './surroundings-cases.js';

type Groups = Readonly<Record<string, LiveCases>>;

/** Where clients come from decides what they may. */
export const LMTP_CASES: Groups = {
  'LMTP commands': LMTP_COMMANDS,
  'LMTP arguments': LMTP_ARGUMENTS,
  'LMTP message': LMTP_MESSAGES,
  ...LMTP_BACKEND_CASES,
  ...LMTP_FIELD_CASES,
  ...LMTP_FRONT_CASES,
  ...LMTP_SURROUNDINGS_CASES,
};

/** With `lenient` settings for all. */
export const LENIENT_LMTP_CASES: Groups = { 'lenient LMTP arguments': LMTP_ARGUMENTS };

/** With `bare` settings for all. */
export const BARE_LMTP_CASES: Groups = { 'bare LMTP message': LMTP_MESSAGES };
