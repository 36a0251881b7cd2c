import { compareLive } from './live/comparison.js';
import { LIVE_CASES } from './live/live-cases.js';

compareLive('2.4.1', LIVE_CASES);
