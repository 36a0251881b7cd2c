import { Chalk, type ChalkInstance } from 'chalk';

export type Colours = ChalkInstance;

/** `--color`, then NO_COLOR (no-color.org), then FORCE_COLOR, then whether a terminal that can do it reads the text. */
export function coloursFor(
  choice: 'auto' | 'always' | 'never',
  environment: Readonly<Record<string, string | undefined>>,
  isTty: boolean,
): Colours {
  return new Chalk({ level: wantsColours(choice, environment, isTty) ? 1 : 0 });
}

function wantsColours(
  choice: 'auto' | 'always' | 'never',
  environment: Readonly<Record<string, string | undefined>>,
  isTty: boolean,
): boolean {
  if (choice !== 'auto') return choice === 'always';
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  const force = environment['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTty && environment['TERM'] !== 'dumb';
}
