import type { LiveCases } from './case.js';
import { IMAP_CASES } from './imap-cases.js';
import { POP3_CASES } from './pop3-cases.js';
import { SIEVE_CASES } from './sieve-cases.js';
import { SUBMISSION_CASES } from './submission-cases.js';
import { SURROUNDINGS_CASES } from './surroundings-cases.js';

export const LIVE_CASES: Readonly<Record<string, LiveCases>> = {
  ...IMAP_CASES,
  ...POP3_CASES,
  ...SUBMISSION_CASES,
  ...SIEVE_CASES,
  ...SURROUNDINGS_CASES,
};
