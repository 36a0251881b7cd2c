import { compareLive } from './live/comparison.js';
import { BARE_LMTP_CASES, LENIENT_LMTP_CASES, LMTP_CASES } from './live/lmtp-cases.js';
import { BARE_LMTP_SETUP, LENIENT_LMTP_SETUP, LMTP_SETUP } from './live/lmtp-config.js';

compareLive('2.4.1', LMTP_SETUP, LMTP_CASES);
compareLive('2.4.1', LENIENT_LMTP_SETUP, LENIENT_LMTP_CASES);
compareLive('2.4.1', BARE_LMTP_SETUP, BARE_LMTP_CASES);
