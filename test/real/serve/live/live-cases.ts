import type { LiveCases } from './case.js';
import { IMAP_CASES } from './imap-cases.js';
import { POP3_CASES } from './pop3-cases.js';

export const LIVE_CASES: Readonly<Record<string, LiveCases>> = {
  ...IMAP_CASES,
  pop3: POP3_CASES,
};
