import * as generated from './generated/settings-2.3.21.1.js';

/** A function, so that a run loads the tables of its own version alone. */
export function rows23211(): typeof generated {
  return generated;
}
