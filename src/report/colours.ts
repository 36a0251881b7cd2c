import { chalkColours } from './chalk-colours.js';

type Colour = (text: string) => string;

/** What the reports colour their texts with. */
export interface Colours {
  readonly bold: Colour;
  readonly dim: Colour;
  readonly red: Colour & { readonly bold: Colour };
  readonly green: Colour;
  readonly yellow: Colour;
  readonly blue: Colour;
  readonly cyan: Colour;
}

const plain: Colour = (text) => text;

/** Text as it is. */
export const NO_COLOURS: Colours = {
  bold: plain,
  dim: plain,
  red: Object.assign((text: string) => text, { bold: plain }),
  green: plain,
  yellow: plain,
  blue: plain,
  cyan: plain,
};

/** `--color`, then NO_COLOR (no-color.org), then FORCE_COLOR, then whether a terminal that can do it reads the text. */
export function coloursFor(
  choice: 'auto' | 'always' | 'never',
  environment: Readonly<Record<string, string | undefined>>,
  isTty: boolean,
): Colours {
  return wantsColours(choice, environment, isTty) ? chalkColours() : NO_COLOURS;
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
