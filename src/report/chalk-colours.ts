import { Chalk, type ChalkInstance } from 'chalk';

/** The sixteen colours that every terminal has. A module of its own: most runs need no colours, and no chalk. */
export function chalkColours(): ChalkInstance {
  return new Chalk({ level: 1 });
}
