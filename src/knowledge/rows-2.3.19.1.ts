import * as generated from './generated/settings-2.3.19.1.js';

/** A function, so that a run loads the tables of its own version alone. */
export function rows23191(): typeof generated {
  return generated;
}
