import { compareLive } from './live/comparison.js';
import { LIVE_CASES } from './live/live-cases.js';
import { LOGIN_SETUP } from './live/live-config.js';

compareLive('2.3.19.1', LOGIN_SETUP, LIVE_CASES);
