import { randomInt } from 'node:crypto';
import { DisconnectSpread } from '../proxy/disconnect-spread.js';

/** One for the process, as each login process of Dovecot has one: reloads do not touch it. */
export const disconnects = new DisconnectSpread(Date.now, randomInt);
