import * as generated from './generated/settings-2.4.1.js';

/** A function, so that a run loads the tables of its own version alone. */
export function rows241(): typeof generated {
  return generated;
}
