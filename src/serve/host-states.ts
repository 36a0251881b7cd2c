import { HostStates } from '../proxy/host-states.js';

/** One for the process, as each login process of Dovecot has one: reloads do not touch it. */
export const hostStates = new HostStates();
